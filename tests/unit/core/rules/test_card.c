/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/rules/card.h"
#include "fx_stanza.h"
#include "fx_table.h"

#define HEAD "Cards: 1b00 - 1d56\nGeneration: Pascal\n"
#define REST "Sriov: no\nEvidence: [source] x\n"
#define HOOKED HEAD "Vgpu: hooks\nTwin: 1b38\nDriver: 418 - 535\n" REST
#define NATIVE "Cards: 1b38, 1bb3\nGeneration: Pascal\nVgpu: native\nDriver: 418 - 535\n" REST
#define NEITHER "Cards: 2200 - 25ff\nGeneration: Ampere\nVgpu: neither\nReason: r\n a\nSriov: yes\nEvidence: y\n"
#define AMPERE \
	"Cards: 2230\nGeneration: Ampere\nVgpu: native\nDriver: >= 460\nSriov: yes\nMdev-Kernel: < 6.8\n" \
	"Vendor-Vfio: >= 550\nEvidence: z\n"
#define ADA \
	"Cards: 26b5\nGeneration: Ada\nVgpu: native\nDriver: >= 525\nSriov: yes\nMdev-Driver: < 550\n" \
	"Mdev-Kernel: < 6.8\nVendor-Vfio: >= 550\nEvidence: z\n"

static int parse(const char *text, struct gp_card_list *l, struct gp_err *err)
{
	return FX_READ(text, "cards", gp_cards_parse, l, err);
}

static const struct bad_case {
	const char *name, *text, *why;
} bads[] = {
	{ "no ids", "Generation: x\nVgpu: native\nDriver: 460\n" REST,
	  "'cards:1': cards with 'Vgpu: native' need 'Cards'" },
	{ "no generation", "Cards: 1b38\nVgpu: native\nDriver: 460\n" REST, "need 'Generation'" },
	{ "no way", HEAD "Driver: 460\n" REST, "'cards:1': cards need 'Vgpu'" },
	{ "no driver", HEAD "Vgpu: native\n" REST, "need 'Driver'" },
	{ "no twin", HEAD "Vgpu: hooks\nDriver: 460\n" REST, "'Vgpu: hooks' need 'Twin'" },
	{ "no reason", HEAD "Vgpu: neither\n" REST, "'Vgpu: neither' need 'Reason'" },
	{ "no sriov", HEAD "Vgpu: native\nDriver: 460\nEvidence: x\n", "need 'Sriov'" },
	{ "no evidence", HEAD "Vgpu: native\nDriver: 460\nSriov: no\n", "need 'Evidence'" },
	{ "an empty one", HEAD "Vgpu: native\nDriver: 460\nSriov: no\nEvidence:\n", "'cards:6'" },
	{ "a twin of its own kind", HEAD "Vgpu: native\nTwin: 1b38\nDriver: 460\n" REST, "have no 'Twin'" },
	{ "drivers of neither", HEAD "Vgpu: neither\nReason: r\nDriver: 460\n" REST, "have no 'Driver'" },
	{ "an interface of neither", HEAD "Vgpu: neither\nReason: r\nVendor-Vfio: 460\n" REST,
	  "have no 'Vendor-Vfio'" },
	{ "another way", HEAD "Vgpu: maybe\nDriver: 460\n" REST, "'cards:3'" },
	{ "unset is no way", HEAD "Vgpu: unset\nDriver: 460\n" REST, "'cards:3'" },
	{ "another sriov", HEAD "Vgpu: native\nDriver: 460\nSriov: perhaps\nEvidence: x\n", "'cards:5'" },
	{ "a short id", "Cards: 1b3\n", "'cards:1'" },
	{ "a long id", "Cards: 1b380\n", "'cards:1'" },
	{ "a vendor, too", "Cards: 10de:1b38\n", "'cards:1'" },
	{ "capitals", "Cards: 1B38\n", "'cards:1'" },
	{ "no hex", "Cards: 1b3g\n", "'cards:1'" },
	{ "a NUL's neighbour", "Cards: \x01\x31\x32\x33\n", "'cards:1'" },
	{ "upside down", "Cards: 1d56 - 1b00\n", "ascending" },
	{ "a range of one", "Cards: 1b00 - 1b00\n", "ascending" },
	{ "twice", "Cards: 1b38, 1b38\n", "ascending" },
	{ "inside", "Cards: 1b00 - 1d56, 1b38\n", "ascending" },
	{ "half a range", "Cards: 1b00 -\n", "'cards:1'" },
	{ "a range of three", "Cards: 1b00 - 1b01 - 1b02\n", "'cards:1'" },
	{ "nothing", "Cards:\n", "'cards:1'" },
	{ "a bad twin", HEAD "Vgpu: hooks\nTwin: P40\nDriver: 460\n" REST, "'cards:4'" },
	{ "no twin is 0", HEAD "Vgpu: hooks\nTwin: 0000\nDriver: 460\n" REST, "'cards:4'" },
	{ "no range", HEAD "Vgpu: native\nDriver: 5 - 4\n" REST, "'cards:4'" },
	{ "another field", HOOKED "Status: blocked\n", "'cards:8': unknown field 'Status'" },
	{ "in a later paragraph", HOOKED "\nCards: x\n", "'cards:9'" },
};

static void refuses(void **state)
{
	const struct bad_case *c = *state;
	gp_auto(gp_cards_release) struct gp_card_list l = { 0 };
	struct gp_err err = { 0 };

	fx_refused(parse(c->text, &l, &err), &err, c->why);
}

static void finds(void **state)
{
	gp_auto(gp_cards_release) struct gp_card_list l = { 0 };
	unsigned first, last;

	(void)state;
	assert_int_equal(parse(NATIVE "\n" HOOKED "\n" NEITHER, &l, NULL), 0);
	assert_int_equal(l.n, 3);
	assert_ptr_equal(gp_card_find(&l, 0x1b38), &l.v[0]);
	assert_ptr_equal(gp_card_find(&l, 0x1bb3), &l.v[0]);
	assert_ptr_equal(gp_card_find(&l, 0x1b00), &l.v[1]);
	assert_ptr_equal(gp_card_find(&l, 0x1d56), &l.v[1]);
	assert_ptr_equal(gp_card_find(&l, 0x2230), &l.v[2]);
	assert_null(gp_card_find(&l, 0x1aff));
	assert_null(gp_card_find(&l, 0x1d57));
	assert_int_equal(l.v[1].twin, 0x1b38);
	assert_string_equal(l.v[2].reason, "r a");
	assert_int_equal(l.v[1].lineno, 8);
	gp_card_branches(&l.v[1], &first, &last);
	assert_int_equal(first, 418);
	assert_int_equal(last, 535);
	/* What a later directory says of the same cards counts. */
	assert_int_equal(parse(AMPERE, &l, NULL), 0);
	assert_ptr_equal(gp_card_find(&l, 0x2230), &l.v[3]);
	gp_card_branches(&l.v[3], &first, &last);
	assert_int_equal(first, 460);
	assert_int_equal(last, 0);
	assert_int_equal(parse("Cards: 1b38\nGeneration: P\nVgpu: neither\nReason: r\n" REST, &l, NULL), 0);
	assert_ptr_equal(gp_card_find(&l, 0x1b38), &l.v[4]);
	assert_ptr_equal(gp_card_find(&l, 0x1bb3), &l.v[0]);
}

/* --- verdicts --- */

static const struct verdict_case {
	const char *name;
	unsigned device;
	const char *driver, *kernel, *fit, *framework;
} verdicts[] = {
	{ "a P40", 0x1b38, "535.309.01", "6.18.44-Unraid", "native", "mdev" },
	{ "a P40, and no kernel", 0x1b38, "535.309.01", NULL, "native", "mdev" },
	{ "its first branch", 0x1b38, "418.66", NULL, "native", "mdev" },
	{ "before it", 0x1b38, "390.12", NULL, "branch-too-old", "unknown" },
	{ "after its last", 0x1b38, "550.54.10", "6.8", "branch-too-new", "unknown" },
	{ "a GTX 1080", 0x1b80, "460.73.01", "5.10.0-30-amd64", "hooks", "mdev" },
	{ "a GTX 1080 after its last", 0x1b80, "580.65.05", "6.8", "branch-too-new", "unknown" },
	{ "an RTX 3090", 0x2204, "535.309.01", "6.8", "not-with-hooks", "unknown" },
	{ "an A6000 of old", 0x2230, "535.161.05", "5.15.0-130-generic", "native", "mdev" },
	{ "a kernel decides", 0x2230, "580.159.01", NULL, "native", "unknown" },
	{ "an older kernel", 0x2230, "580.159.01", "5.14.0-570.el9_6.x86_64", "native", "mdev" },
	{ "the kernel before", 0x2230, "550.90.05", "6.5.13-6-pve", "native", "mdev" },
	{ "a newer kernel", 0x2230, "580.159.01", "6.8.12-15-pve", "native", "vendor-vfio" },
	{ "neither of both", 0x2230, "535.161.05", "6.8.12-15-pve", "native", "unknown" },
	{ "an L40 of old", 0x26b5, "535.161.05", "5.15", "native", "mdev" },
	{ "an L40", 0x26b5, "550.54.10", "5.15", "native", "vendor-vfio" },
	{ "a driver decides", 0x26b5, "550.54.10", NULL, "native", "vendor-vfio" },
	{ "an L40 before", 0x26b5, "510.47.03", "5.15", "branch-too-old", "unknown" },
};

static void judges(void **state)
{
	const struct verdict_case *c = *state;
	gp_auto(gp_cards_release) struct gp_card_list l = { 0 };
	struct gp_version driver;
	struct gp_release kernel;
	struct gp_card_verdict v;

	assert_int_equal(parse(NATIVE "\n" HOOKED "\n" NEITHER "\n" AMPERE "\n" ADA, &l, NULL), 0);
	assert_int_equal(gp_version_parse(gp_str_of(c->driver), &driver, NULL), 0);
	if (c->kernel)
		assert_int_equal(gp_release_parse(c->kernel, &kernel, NULL), 0);
	v = gp_card_judge(gp_card_find(&l, c->device), &driver, c->kernel ? &kernel : NULL);
	assert_string_equal(gp_card_fit_name(v.fit), c->fit);
	assert_string_equal(gp_framework_name(v.framework), c->framework);
	assert_int_equal(gp_card_served(v.fit), strcmp(c->fit, "native") == 0 || strcmp(c->fit, "hooks") == 0);
}

static void names(void **state)
{
	(void)state;
	assert_string_equal(gp_way_name(GP_WAY_UNSET), "unset");
	assert_string_equal(gp_way_name(GP_WAY_NEITHER), "neither");
}

int main(void)
{
	FX_ROWS(bads, refuses, NULL, NULL);
	FX_ROWS(verdicts, judges, NULL, NULL);
	FX_TEST(finds, NULL, NULL);
	FX_TEST(names, NULL, NULL);
	return fx_run(NULL, NULL);
}
