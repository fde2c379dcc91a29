/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/rules/platform.h"
#include "fx_stanza.h"
#include "fx_table.h"

#define REST "Headers: linux-headers-%r\nPin: hold %r\nDkms: dkms\nEvidence: [source] x\n"
#define UBUNTU \
	"Platform: ubuntu-24.04\nTitle: Ubuntu 24.04 (noble)\nNames: Ubuntu 24.04 LTS, noble\n" \
	"Kernels: 6.8.0-87-generic 6.11.0-29-generic\n 6.14.0-37-generic\n" REST
#define PVE "Platform: proxmox-9\nTitle: Proxmox VE 9\nNames: Proxmox 9, PVE 9\nKernels: 6.14.11-9-pve\n" REST
#define RHEL "Platform: rhel-9\nTitle: RHEL 9\nNames: el9, RHEL 9\nKernels: 5.14.0-570.el9_6.x86_64\n" REST
#define UNRAID \
	"Platform: unraid-7\nTitle: Unraid 7\nKernels: 6.12.24-Unraid\nHeaders: none\nPin: none\nDkms: none\nReason: r\n" \
	"Evidence: x\n"

static int parse(const char *text, struct gp_platform_list *l, struct gp_err *err)
{
	return FX_READ(text, "platforms", gp_platforms_parse, l, err);
}

#define START "Platform: x-1\nTitle: X 1\n"

static const struct bad_case {
	const char *name, *text, *why;
} bads[] = {
	{ "no name", "Title: X\nKernels: 6.8\n" REST, "'platforms:1': a platform needs 'Platform'" },
	{ "no title", "Platform: x-1\nKernels: 6.8\n" REST, "needs 'Title'" },
	{ "no kernel", START REST, "needs 'Kernels'" },
	{ "nothing of headers", START "Kernels: 6.8\nPin: x\nDkms: x\nEvidence: x\n", "needs 'Headers'" },
	{ "nothing of dkms", START "Kernels: 6.8\nPin: x\nHeaders: x\nEvidence: x\n", "needs 'Dkms'" },
	{ "nothing of a pin", START "Kernels: 6.8\nDkms: x\nHeaders: x\nEvidence: x\n", "needs 'Pin'" },
	{ "no evidence", START "Kernels: 6.8\nHeaders: x\nPin: x\nDkms: x\n", "needs 'Evidence'" },
	{ "none, and no reason", START "Kernels: 6.8\nHeaders: x\nPin: x\nDkms: none\nEvidence: x\n",
	  "needs a 'Reason'" },
	{ "no release", START "Kernels: six\n" REST, "'platforms:3'" },
	{ "out of order", START "Kernels: 6.11.0-29-generic 6.8.0-87-generic\n" REST, "does not follow" },
	{ "twice", START "Kernels: 6.8.0-87-generic 6.8.0-87-generic\n" REST, "does not follow" },
	{ "kernels, but none", START "Kernels:\n" REST, "'platforms:3'" },
	{ "a name of nothing", "Platform: -\nTitle: X\nKernels: 6.8\n" REST, "'platforms:1'" },
	{ "a name with a bell", "Platform: x\007\nTitle: X\nKernels: 6.8\n" REST, "'platforms:1'" },
	{ "another name of nothing", START "Names: a, -\nKernels: 6.8\n" REST, "'platforms:3'" },
	{ "another field", PVE "Status: blocked\n", "'platforms:9': unknown field 'Status'" },
	{ "there twice", PVE "\n" PVE, "'platforms:10': platform 'proxmox-9' is there already, in line 1" },
};

static void refuses(void **state)
{
	const struct bad_case *c = *state;
	gp_auto(gp_platforms_release) struct gp_platform_list l = { 0 };
	struct gp_err err = { 0 };

	fx_refused(parse(c->text, &l, &err), &err, c->why);
}

/* What people say, and who is meant; NULL with 0: not known. */
static const struct name_case {
	const char *name, *meant;
	enum gp_code code;
} said[] = {
	{ "proxmox-9", "proxmox-9", 0 },
	{ "Proxmox 9", "proxmox-9", 0 },
	{ "PROXMOX VE 9", "proxmox-9", 0 },
	{ "pve9", "proxmox-9", 0 },
	{ "pve-9", "proxmox-9", 0 },
	{ "proxmox-9.1", "proxmox-9", 0 },
	{ "proxmox 9.1.4", "proxmox-9", 0 },
	{ "proxmox", NULL, GP_E_NO },
	{ "proxmox-8", NULL, GP_E_NO },
	{ "proxmox-99", NULL, GP_E_NO },
	{ "ubuntu-24.04", "ubuntu-24.04", 0 },
	{ "Ubuntu 24.04 LTS", "ubuntu-24.04", 0 },
	{ "ubuntu2404", NULL, GP_E_NO },
	{ "ubuntu-24.04.3", "ubuntu-24.04", 0 },
	{ "ubuntu-24.10", NULL, GP_E_NO },
	{ "ubuntu-24", NULL, GP_E_NO },
	{ "noble", "ubuntu-24.04", 0 },
	{ "el9", "rhel-9", 0 },
	{ "el9_6", "rhel-9", 0 },
	{ "rhel-9.6", "rhel-9", 0 },
	{ "RHEL 9", "rhel-9", 0 },
	{ "unraid-7.1.4", "unraid-7", 0 },
	{ ".", NULL, GP_E_NO },
	{ "x.", NULL, GP_E_NO },
	{ "", NULL, GP_E_USAGE },
	{ "-", NULL, GP_E_USAGE },
	{ "debian=12", NULL, GP_E_USAGE },
	{ "debian\n12", NULL, GP_E_USAGE },
	{ "debian-12;", NULL, GP_E_USAGE },
	{ "d\xc3\xa9"
	  "bian",
	  NULL, GP_E_USAGE },
	{ "a234567890123456789012345678901234567890123456789012345678901234", NULL, GP_E_NO },
	{ "a2345678901234567890123456789012345678901234567890123456789012345", NULL, GP_E_USAGE },
};

static void finds(void **state)
{
	const struct name_case *c = *state;
	gp_auto(gp_platforms_release) struct gp_platform_list l = { 0 };
	const struct gp_platform *p;
	struct gp_err err = { 0 };

	assert_int_equal(parse(UBUNTU "\n" PVE "\n" RHEL "\n" UNRAID, &l, NULL), 0);
	assert_int_equal(gp_platform_find(&l, c->name, &p, &err), c->meant ? 0 : -1);
	assert_int_equal(err.code, c->code);
	if (c->meant)
		assert_string_equal(p->name, c->meant);
	else
		assert_null(p);
}

static void reads(void **state)
{
	gp_auto(gp_platforms_release) struct gp_platform_list l = { 0 };

	(void)state;
	assert_int_equal(parse(UBUNTU "\n" UNRAID, &l, NULL), 0);
	assert_int_equal(l.v[0].n, 3);
	assert_string_equal(l.v[0].releases[2].text, "6.14.0-37-generic");
	assert_string_equal(l.v[0].headers, "linux-headers-%r");
	assert_null(l.v[1].headers);
	assert_null(l.v[1].dkms);
	/* A later directory's takes its place. */
	assert_int_equal(parse("Platform: ubuntu-24.04\nTitle: mine\nKernels: 6.8\n" REST, &l, NULL), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.v[0].title, "mine");
}

static void fills(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = { { "linux-headers-%r", "linux-headers-6.8" },
		      { "%r%r", "6.86.8" },
		      { "%", "%" },
		      { "100% of %r", "100% of 6.8" },
		      { "", "" } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *got = gp_platform_fill(cases[i].text, "6.8");

		assert_string_equal(got, cases[i].want);
		free(got);
	}
	assert_null(gp_platform_fill(NULL, "6.8"));
}

int main(void)
{
	FX_ROWS(bads, refuses, NULL, NULL);
	FX_ROWS(said, finds, NULL, NULL);
	FX_TEST(reads, NULL, NULL);
	FX_TEST(fills, NULL, NULL);
	return fx_run(NULL, NULL);
}
