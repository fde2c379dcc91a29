/* SPDX-License-Identifier: MIT */
/* Tests: core/rules/distro */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rules/release.h"
#include "fx_table.h"

/* --- releases --- */

struct release_case {
	const char *name;
	const char *line; /* NULL: must be refused */
	const char *distro;
	bool sublevel_known;
	unsigned rc;
	int el_major, el_minor;
};

static const struct release_case releases[] = {
	{ "5.10.0-32-amd64", "5.10", "debian", false, 0, 0, -1 },
	{ "6.12.95+deb12-amd64", "6.12", "debian", true, 0, 0, -1 },
	{ "6.1.0-0.deb11.5-amd64", "6.1", "debian", false, 0, 0, -1 },
	{ "6.10.11+bpo-cloud-amd64", "6.10", "debian", true, 0, 0, -1 },
	{ "5.11.22-7-pve", "5.11", "pve", true, 0, 0, -1 },
	{ "6.8.12-4-pve", "6.8", "pve", true, 0, 0, -1 },
	{ "5.12.9", "5.12", "none", true, 0, 0, -1 },
	{ "5.12.9-1-pve", "5.12", "pve", true, 0, 0, -1 },
	{ "5.12", "5.12", "none", false, 0, 0, -1 },
	{ "5.10.0", "5.10", "none", true, 0, 0, -1 },
	{ "5.10.0-custom", "5.10", "none", true, 0, 0, -1 },
	{ "5.10-custom", "5.10", "none", false, 0, 0, -1 },
	{ "4.18.0-305.el8.x86_64", "4.18", "rhel", false, 0, 8, -1 },
	{ "4.18.0-305.25.1.el8_4.x86_64", "4.18", "rhel", false, 0, 8, 4 },
	{ "4.18.0-553.el8_10.x86_64+debug", "4.18", "rhel", false, 0, 8, 10 },
	{ "5.14.0-503.el9.x86_64", "5.14", "rhel", false, 0, 9, -1 },
	{ "4.18.0-305.rt7.72.el8.x86_64", "4.18", "rhel", false, 0, 8, -1 },
	{ "5.14.0-427.13.1.el9_4.x86_64+rt", "5.14", "rhel", false, 0, 9, 4 },
	{ "6.12.0-55.9.1.el10_0.x86_64", "6.12", "rhel", false, 0, 10, 0 },
	{ "6.6.30-1.el9.x86_64", "6.6", "none", true, 0, 0, -1 },
	{ "5.15.0-100.96.32.el9uek.x86_64", "5.15", "uek", true, 0, 0, -1 },
	{ "5.15.0-101.103.2.1.el8uek.x86_64", "5.15", "uek", true, 0, 0, -1 },
	{ "6.12.0-100.28.2.el10uek.x86_64", "6.12", "uek", true, 0, 0, -1 },
	{ "5.4.17-2136.300.7.el8uek.x86_64", "5.4", "uek6", false, 0, 0, -1 },
	{ "6.1.12-1.el8.elrepo.x86_64", "6.1", "elrepo", true, 0, 0, -1 },
	{ "6.0.0-1.el9.elrepo.x86_64", "6.0", "elrepo", true, 0, 0, -1 },
	{ "5.10.0-60.18.0.50.oe2203.x86_64", "5.10", "openeuler", false, 0, 0, -1 },
	{ "6.6.0-28.0.0.34.oe2403.x86_64", "6.6", "openeuler", false, 0, 0, -1 },
	{ "5.10.0-60.18.0.50.r1002_48.hce2.x86_64", "5.10", "euleros", false, 0, 0, -1 },
	{ "4.19.90-24.4.v2101.ky10.x86_64", "4.19", "kylin", false, 0, 0, -1 },
	{ "5.10.134-16.2.an8.x86_64", "5.10", "anolis", false, 0, 0, -1 },
	{ "6.6.25-2.1.an23.x86_64", "6.6", "anolis", false, 0, 0, -1 },
	{ "5.10.134-16.1.al8.x86_64", "5.10", "alinux", false, 0, 0, -1 },
	{ "5.4.119-19-0009.28", "5.4", "tencent", false, 0, 0, -1 },
	{ "6.6.47-12.tl4.x86_64", "6.6", "tencent", false, 0, 0, -1 },
	{ "6.6.34-9.oc9.x86_64", "6.6", "tencent", false, 0, 0, -1 },
	{ "5.4.241-1-tlinux4-0017", "5.4", "tencent", false, 0, 0, -1 },
	{ "5.4.241-24.0017.23", "5.4", "tencent", false, 0, 0, -1 },
	{ "5.10.0-46.uel20.x86_64", "5.10", "other", false, 0, 0, -1 },
	{ "5.10.0-106.18.0.68.ctl3.aarch64", "5.10", "other", false, 0, 0, -1 },
	{ "6.1.0-12mx-amd64", "6.1", "none", false, 0, 0, -1 },
	{ "6.12.9-310.current", "6.12", "none", true, 0, 0, -1 },
	{ "6.1.10-x86_64-linode159", "6.1", "none", true, 0, 0, -1 },
	{ "5.10.205-195.804.amzn2.x86_64", "5.10", "amazon", true, 0, 0, -1 },
	{ "6.1.72-96.166.amzn2023.x86_64", "6.1", "amazon", true, 0, 0, -1 },
	{ "6.6.29.1-4.azl3", "6.6", "azurelinux", true, 0, 0, -1 },
	{ "6.1.10-10.ph5", "6.1", "photon", true, 0, 0, -1 },
	{ "6.6.22-desktop-1.mga9", "6.6", "mageia", true, 0, 0, -1 },
	{ "6.1.79-Unraid", "6.1", "unraid", true, 0, 0, -1 },
	{ "6.6.44-production+truenas", "6.6", "truenas", true, 0, 0, -1 },
	{ "5.15.79+truenas", "5.15", "truenas", true, 0, 0, -1 },
	{ "6.5.9-x64v3-xanmod1", "6.5", "xanmod", true, 0, 0, -1 },
	{ "6.6.9-1-liquorix-amd64", "6.6", "liquorix", true, 0, 0, -1 },
	{ "5.15.0-16.1-liquorix-amd64", "5.15", "liquorix", false, 0, 0, -1 },
	{ "6.6.8-zen1-1-zen", "6.6", "zen", true, 0, 0, -1 },
	{ "6.12.1-2-cachyos", "6.12", "cachyos", true, 0, 0, -1 },
	{ "6.6.20+rpt-rpi-v8", "6.6", "raspberry", true, 0, 0, -1 },
	{ "6.1.21-v8+", "6.1", "raspberry", true, 0, 0, -1 },
	{ "5.15.133.1-microsoft-standard-WSL2", "5.15", "wsl", true, 0, 0, -1 },
	{ "6.6.8-gentoo-dist", "6.6", "gentoo", true, 0, 0, -1 },
	{ "6.6.8-2-MANJARO", "6.6", "manjaro", true, 0, 0, -1 },
	{ "6.6.8-0-lts", "6.6", "alpine", true, 0, 0, -1 },
	{ "6.1.0-kali5-amd64", "6.1", "kali", false, 0, 0, -1 },
	{ "6.1.0-1parrot1-amd64", "6.1", "parrot", false, 0, 0, -1 },
	{ "4.19.0-amd64-desktop", "4.19", "deepin", false, 0, 0, -1 },
	{ "6.1.0-57-rt-amd64", "6.1", "debian", false, 0, 0, -1 },
	{ "5.15.0-1050-oracle", "5.15", "ubuntu-flavour", false, 0, 0, -1 },
	{ "5.15.0-1053-aws", "5.15", "ubuntu-flavour", false, 0, 0, -1 },
	{ "5.15.0-1057-azure-fde", "5.15", "ubuntu-flavour", false, 0, 0, -1 },
	{ "5.15.0-91-lowlatency", "5.15", "ubuntu", false, 0, 0, -1 },
	{ "6.8.0-31-generic-64k", "6.8", "ubuntu", false, 0, 0, -1 },
	{ "6.5.0-060500-generic", "6.5", "mainline", true, 0, 0, -1 },
	{ "6.6.10-76060610-generic", "6.6", "pop", true, 0, 0, -1 },
	{ "6.5.6-300.fc39.x86_64", "6.5", "fedora", true, 0, 0, -1 },
	{ "6.5.0-57.fc39.x86_64", "6.5", "fedora", true, 0, 0, -1 },
	{ "6.7.0-0.rc1.16.fc40.x86_64", "6.7", "fedora", true, 1, 0, -1 },
	{ "6.5.0-1023-oem", "6.5", "ubuntu-flavour", false, 0, 0, -1 },
	{ "5.4.0-26-generic", "5.4", "ubuntu", false, 0, 0, -1 },
	{ "6.6.8-arch1-1", "6.6", "arch", true, 0, 0, -1 },
	{ "6.1.69-1-lts", "6.1", "arch", true, 0, 0, -1 },
	{ "5.14.21-150500.55.7-default", "5.14", "suse", false, 0, 0, -1 },
	{ "6.4.0-150600.21-default", "6.4", "suse", false, 0, 0, -1 },
	{ "5.14.21-150400.14.10-azure", "5.14", "suse", false, 0, 0, -1 },
	{ "5.3.18-57-default", "5.3", "suse", false, 0, 0, -1 },
	{ "6.5.9-1-default", "6.5", "tumbleweed", true, 0, 0, -1 },
	{ "7.0.0-rc1", "7.0", "none", true, 1, 0, -1 },
	{ "7.0-rc3", "7.0", "none", true, 3, 0, -1 },
	{ "", NULL, NULL, false, 0, 0, 0 },
	{ "5", NULL, NULL, false, 0, 0, 0 },
	{ " +6.-1", NULL, NULL, false, 0, 0, 0 },
	{ "v5.10", NULL, NULL, false, 0, 0, 0 },
	{ "5.10x", NULL, NULL, false, 0, 0, 0 },
	{ "5..10", NULL, NULL, false, 0, 0, 0 },
	{ "../5.10", NULL, NULL, false, 0, 0, 0 },
	{ "5.10.0/../../etc", NULL, NULL, false, 0, 0, 0 },
	{ "5.10.0-\x1b[31m", NULL, NULL, false, 0, 0, 0 },
	{ "5.99999999999999999999", NULL, NULL, false, 0, 0, 0 },
	{ "5.10.0-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL, NULL, false, 0, 0, 0 },
};

static void check_release(void **state)
{
	const struct release_case *c = *state;
	struct gp_err err = { 0 };
	struct gp_release r;
	char line[GP_LINE_NAME];
	int rc = gp_release_parse(c->name, &r, &err);

	if (!c->line) {
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, GP_E_FORMAT);
		return;
	}
	assert_int_equal(rc, 0);
	gp_release_line(&r, line);
	assert_string_equal(line, c->line);
	assert_string_equal(r.text, c->name);
	assert_string_equal(gp_distro_name(r.distro), c->distro);
	assert_int_equal(r.sublevel_known, c->sublevel_known);
	assert_int_equal(r.rc, c->rc);
	assert_int_equal(r.el_major, c->el_major);
	assert_int_equal(r.el_minor, c->el_minor);
}

static void test_release_order(void **state)
{
	static const char *const sorted[] = { "4.18.0-80.el8.x86_64",
					      "4.18.0-305.el8.x86_64",
					      "4.18.0-305.25.1.el8_4.x86_64",
					      "5.9.1",
					      "5.10.0-9-amd64",
					      "5.10.0-32-amd64",
					      "5.10.9",
					      "5.10.101",
					      "5.11.22-7-pve",
					      "5.11.22-10-pve",
					      "6.6.8-arch1-1",
					      "6.6.8-arch1-2",
					      "7.0.0-rc1",
					      "7.0.0-rc10",
					      "7.0.0" };

	(void)state;
	for (size_t i = 0; i + 1 < GP_COUNT(sorted); i++) {
		struct gp_release a, b;

		assert_int_equal(gp_release_parse(sorted[i], &a, NULL), 0);
		assert_int_equal(gp_release_parse(sorted[i + 1], &b, NULL), 0);
		assert_int_equal(gp_release_cmp(&a, &b), -1);
		assert_int_equal(gp_release_cmp(&b, &a), 1);
		assert_int_equal(gp_release_cmp(&a, &a), 0);
	}
}

/* Each distribution's own releases, oldest first. The judge is not ours: sort -V
 * for all that it knows, dpkg for Debian's family; rpm's rules are in rpmvercmp
 * of its documentation: a number is above a word, so 553.5.1.el8_10 is newer
 * than 553.el8_10 (where sort -V says the opposite of both). */
enum judge { JUDGE_SORT = 1, JUDGE_DPKG = 2 };

struct order_case {
	const char *name;
	unsigned judges;
	const char *sorted[12];
};

static const struct order_case orders[] = {
	{ "order: debian",
	  JUDGE_SORT | JUDGE_DPKG,
	  { "5.10.0-8-amd64", "5.10.0-9-amd64", "5.10.0-32-amd64", "5.10.0-46-amd64", "6.1.0-0.deb11.5-amd64",
	    "6.1.0-9-amd64", "6.1.0-10-amd64", "6.1.0-56-amd64", "6.10.11+bpo-amd64", "6.12.9+bpo-amd64",
	    "6.12.95+deb12-amd64" } },
	{ "order: ubuntu",
	  JUDGE_SORT | JUDGE_DPKG,
	  { "5.4.0-26-generic", "5.4.0-216-generic", "5.11.0-46-generic", "5.15.0-33-generic", "5.15.0-100-generic",
	    "6.5.0-14-generic", "6.5.0-1023-oem", "6.8.0-31-generic", "6.8.0-110-generic" } },
	{ "order: proxmox",
	  JUDGE_SORT | JUDGE_DPKG,
	  { "5.4.106-1-pve", "5.11.22-7-pve", "5.11.22-10-pve", "6.2.16-3-pve", "6.8.4-2-pve", "6.8.12-4-pve",
	    "6.8.12-16-pve", "6.14.8-2-pve", "6.14.11-1-pve" } },
	{ "order: rhel",
	  0,
	  { "4.18.0-80.el8.x86_64", "4.18.0-305.el8.x86_64", "4.18.0-305.25.1.el8_4.x86_64", "4.18.0-553.el8_10.x86_64",
	    "4.18.0-553.5.1.el8_10.x86_64", "4.18.0-553.16.1.el8_10.x86_64", "5.14.0-70.13.1.el9_0.x86_64",
	    "5.14.0-162.6.1.el9_1.x86_64", "5.14.0-427.13.1.el9_4.x86_64", "5.14.0-503.11.1.el9_5.x86_64",
	    "6.12.0-55.9.1.el10_0.x86_64" } },
	{ "order: fedora",
	  JUDGE_SORT,
	  { "6.5.6-200.fc38.x86_64", "6.5.6-300.fc39.x86_64", "6.5.12-300.fc39.x86_64", "6.7.0-0.rc1.16.fc40.x86_64",
	    "6.7.0-0.rc8.61.fc40.x86_64", "6.7.0-68.fc40.x86_64", "6.11.4-301.fc41.x86_64" } },
	{ "order: arch",
	  JUDGE_SORT,
	  { "6.1.69-1-lts", "6.1.100-1-lts", "6.6.8-arch1-1", "6.6.8-arch1-2", "6.6.10-arch1-1", "6.12.1-arch1-1" } },
	{ "order: suse",
	  JUDGE_SORT,
	  { "5.3.18-150300.59.106-default", "5.14.21-150400.24.11-default", "5.14.21-150500.55.7-default",
	    "5.14.21-150500.55.65-default", "6.4.0-150600.21-default", "6.4.0-150600.23.7-default" } },
	{ "order: plain",
	  JUDGE_SORT,
	  { "4.4.302", "4.19.0", "5.4.9", "5.4.10", "5.9.16", "5.10.0", "5.10.195", "5.19.17", "6.0.0", "6.19.1",
	    "7.0.0" } },
	{ "order: release candidates",
	  0,
	  { "5.9.16", "5.10.0-rc2", "5.10.0-rc10", "5.10.0", "5.10.1", "6.19.0-rc5", "6.19.0", "7.0-rc1", "7.0.0" } },
};

/* "true" when there is no such program here: then the list has to do. */
static bool agrees(const char *program, const char *command)
{
	char have[64];

	snprintf(have, sizeof(have), "command -v %s >/dev/null", program);
	return system(have) != 0 || system(command) == 0;
}

static void check_order(void **state)
{
	const struct order_case *c = *state;

	for (size_t i = 0; i + 1 < GP_COUNT(c->sorted) && c->sorted[i + 1]; i++) {
		const char *x = c->sorted[i], *y = c->sorted[i + 1];
		struct gp_release a, b;
		char command[256];

		assert_int_equal(gp_release_parse(x, &a, NULL), 0);
		assert_int_equal(gp_release_parse(y, &b, NULL), 0);
		if (gp_release_cmp(&a, &b) != -1 || gp_release_cmp(&b, &a) != 1)
			fail_msg("%s is not before %s", x, y);
		snprintf(command, sizeof(command), "printf '%%s\\n' %s %s | LC_ALL=C sort -V -C", x, y);
		if (c->judges & JUDGE_SORT && !agrees("sort", command))
			fail_msg("sort -V does not have %s before %s", x, y);
		snprintf(command, sizeof(command), "dpkg --compare-versions %s lt %s", x, y);
		if (c->judges & JUDGE_DPKG && !agrees("dpkg", command))
			fail_msg("dpkg does not have %s before %s", x, y);
	}
}

/* What a name says besides: the upstream version, the package number, whether it
 * is a real-time kernel. */
static void test_names(void **state)
{
	static const struct {
		const char *name, *ver;
		unsigned number;
		bool rt;
	} cases[] = { { "5.15.0-101.103.2.1.el8uek.x86_64", "5.15.103", 101, false },
		      { "5.15.0-200.131.27.el9uek.x86_64", "5.15.131", 200, false },
		      { "5.10.0-26-amd64", "5.10.0", 26, false },
		      { "5.10.0-0.deb10.26-amd64", "5.10.0", 26, false },
		      { "5.10.0-0.bpo.15-amd64", "5.10.0", 15, false },
		      { "6.1.0-57-rt-amd64", "6.1.0", 57, true },
		      { "6.1.0-kali5-amd64", "6.1.0", 0, false },
		      { "5.15.0-1032-realtime", "5.15.0", 1032, true },
		      { "4.18.0-305.rt7.72.el8.x86_64", "4.18.0", 305, true },
		      { "5.14.0-427.13.1.el9_4.x86_64+rt", "5.14.0", 427, true },
		      { "6.6.8-rt18", "6.6.8", 0, true },
		      { "5.14.21-150400.15.5-rt", "5.14.21", 150400, true },
		      { "6.6.20+rpt-rpi-v8", "6.6.20", 0, false },
		      { "6.6.8-art1", "6.6.8", 0, false } };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		struct gp_release r;

		assert_int_equal(gp_release_parse(cases[i].name, &r, NULL), 0);
		assert_string_equal(r.ver.text, cases[i].ver);
		assert_int_equal(r.name.part[3], cases[i].number);
		assert_int_equal(r.name.n, cases[i].number ? 4 : 3);
		assert_int_equal(r.rt, cases[i].rt);
	}
}

static void test_distros(void **state)
{
	(void)state;
	for (int i = 0; i < GP_DISTRO_COUNT; i++) {
		enum gp_distro d;

		assert_true(gp_distro_parse(gp_str_of(gp_distro_name((enum gp_distro)i)), &d));
		assert_int_equal(d, i);
		assert_non_null(gp_distro_title(d));
	}
}

static void test_set_sublevel(void **state)
{
	struct gp_release r;

	(void)state;
	gp_release_parse("5.10.0-32-amd64", &r, NULL);
	gp_release_set_sublevel(&r, 262);
	assert_true(r.sublevel_known);
	assert_string_equal(r.ver.text, "5.10.262");
	assert_int_equal(r.name.part[2], 0);
	assert_int_equal(r.name.part[3], 32);
	assert_string_equal(r.text, "5.10.0-32-amd64");
	gp_release_parse("4.18.0-305.el8.x86_64", &r, NULL);
	gp_release_set_sublevel(&r, 7);
	assert_false(r.sublevel_known);
	/* Their headers have the base: 5.15.0 and 5.14.21. */
	gp_release_parse("5.15.0-101.103.2.1.el8uek.x86_64", &r, NULL);
	gp_release_set_sublevel(&r, 0);
	assert_string_equal(r.ver.text, "5.15.103");
	gp_release_parse("5.14.21-150400.24.100-default", &r, NULL);
	gp_release_set_sublevel(&r, 21);
	assert_false(r.sublevel_known);
}

/* --- driver versions --- */

static void test_version_order(void **state)
{
	static const char *const sorted[] = {
		"418.66",  "450.80", "460",    "460.32.03",  "460.32.04",  "460.73.01", "460.91.03",
		"460.107", "470",    "470.63", "470.141.03", "470.141.05", "510.47.03",
	};

	(void)state;
	for (size_t i = 0; i + 1 < GP_COUNT(sorted); i++) {
		struct gp_version a, b;

		assert_int_equal(gp_version_parse(gp_str_of(sorted[i]), &a, NULL), 0);
		assert_int_equal(gp_version_parse(gp_str_of(sorted[i + 1]), &b, NULL), 0);
		assert_int_equal(gp_version_cmp(&a, &b), -1);
		assert_int_equal(gp_version_cmp(&b, &a), 1);
		assert_string_equal(a.text, sorted[i]);
	}
}

static void test_version_refused(void **state)
{
	static const char *const bad[] = {
		"",      ".",    "460.", ".460",      "460..1",   "460.73.01-grid",
		"460 ",  "-460", "+460", "1.2.3.4.5", "99999999", "000000000000000000000000000000000460",
		"460.x",
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		struct gp_err err = { 0 };
		struct gp_version v;

		assert_int_equal(gp_version_parse(gp_str_of(bad[i]), &v, &err), -1);
		assert_int_equal(err.code, GP_E_FORMAT);
	}
}

static void test_branch(void **state)
{
	struct gp_version v;

	(void)state;
	gp_version_parse(GP_STR("460.73.01"), &v, NULL);
	assert_int_equal(gp_version_branch(&v), 460);
}

/* --- ranges --- */

struct range_case {
	const char *name; /* "range ? version" */
	const char *range, *version;
	bool holds;
};

static const struct range_case ranges[] = {
	{ "any", "any", "460.73.01", true },
	{ "branch", "460", "460.73.01", true },
	{ "branch, other", "460", "470.63", false },
	{ "exact", "460.107", "460.107", true },
	{ "exact speaks for its prefix", "470.141", "470.141.05", true },
	{ "span", "460.32.03 - 460.106.00", "460.73.01", true },
	{ "span, 107 is not below 106", "460.32.03 - 460.106.00", "460.107", false },
	{ "span, lower end", "460.32.03 - 460.106.00", "460.32.03", true },
	{ "span, below", "460.32.03 - 460.106.00", "460.27.04", false },
	{ "span, upper end", "460.32.03 - 460.106.00", "460.106.00", true },
	{ "span, shorter version", "460.32.03 - 460.106.00", "460.106", true },
	{ "upper bound covers its branch", "510 - 535", "535.309.01", true },
	{ "upper bound, next branch", "510 - 535", "545.23", false },
	{ "upper bound 470.141", "450 - 470.141", "470.141.05", true },
	{ "upper bound 470.141, next", "450 - 470.141", "470.142", false },
	{ "at least", ">= 470.42", "470.42.01", true },
	{ "at least, below", ">= 470.42", "470.41.9", false },
	{ "at most covers its prefix", "<= 470.141", "470.141.05", true },
	{ "above leaves its prefix out", "> 470.141", "470.141.05", false },
	{ "above", "> 470.141", "470.161.03", true },
	{ "below", "< 460", "450.80", true },
	{ "below leaves its prefix out", "< 460", "460.32.03", false },
	{ "no blank", ">=470", "470.63", true },
	{ "blanks around", "  450 - 460 ", "460.1", true },
};

static void check_range(void **state)
{
	const struct range_case *c = *state;
	struct gp_version v;
	struct gp_range r;

	assert_int_equal(gp_range_parse(gp_str_of(c->range), &r, NULL), 0);
	assert_int_equal(gp_version_parse(gp_str_of(c->version), &v, NULL), 0);
	assert_int_equal(gp_range_holds(&r, &v), c->holds);
}

static void test_range_refused(void **state)
{
	static const char *const bad[] = { "",
					   "<",
					   ">=",
					   "all",
					   "460 -",
					   "- 460",
					   "460-470",
					   "470 - 460",
					   "460.2 - 460.1.9",
					   ">= 460 - 470",
					   "460, 470",
					   "= 460",
					   "=> 460",
					   "<= 5.10.0-32-amd64" };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		struct gp_err err = { 0 };
		struct gp_range r;

		assert_int_equal(gp_range_parse(gp_str_of(bad[i]), &r, &err), -1);
		assert_int_equal(err.code, GP_E_FORMAT);
	}
}

static void test_window_refused(void **state)
{
	static const char *const bad_windows[] = {
		"5.10.0-26 - 5.10.9",    "5.10-26", "5.10.0-", "5.10.0-26-amd64", "5.10.0-x",
		"5.10.0-99 - 5.10.0-26", "-26",
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad_windows); i++) {
		struct gp_err err = { 0 };
		struct gp_range r;

		assert_int_equal(gp_range_parse_window(gp_str_of(bad_windows[i]), &r, &err), -1);
		assert_int_equal(err.code, GP_E_FORMAT);
	}
}

struct window_case {
	const char *name;
	const char *range, *release, *holds;
};

static const struct window_case windows[] = {
	{ "window, known", "< 5.10.195", "5.10.101", "yes" },
	{ "window, known, outside", "< 5.10.195", "5.10.195", "no" },
	{ "window, Debian hides the patch level", "< 5.10.195", "5.10.0-32-amd64", "unknown" },
	{ "window, other line decides", "< 5.10.195", "5.4.0-26-generic", "yes" },
	{ "window, later line decides", "< 5.10.195", "5.14.0-70.el9.x86_64", "no" },
	{ "window of whole lines needs no patch level", ">= 6.0", "6.1.0-56-amd64", "yes" },
	{ "window of whole lines, not in", ">= 6.0", "5.19.0-50-generic", "no" },
	{ "window, upper line is inside", "5.10 - 5.12", "5.12.19", "yes" },
	{ "window, a span inside a line", "5.10.100 - 5.10.200", "5.10.0-32-amd64", "unknown" },
	{ "window, a span elsewhere", "5.10.100 - 5.10.200", "5.11.0-22-generic", "no" },
	{ "window, at least .0 always holds", ">= 5.10.0", "5.10.0-32-amd64", "yes" },
	{ "window, below .0 never holds", "< 5.10.0", "5.10.0-32-amd64", "no" },
	{ "window, rc counts as its release", ">= 7.0", "7.0.0-rc1", "yes" },
	{ "window, a line as a whole", "< 5.10.195", "5.10", "unknown" },
	{ "window, a line inside", ">= 6.0", "6.1", "yes" },
	{ "window, any", "any", "5.10", "yes" },
	{ "name", "5.10.0-26 - 5.10.0-99", "5.10.0-32-amd64", "yes" },
	{ "name, ends included", "5.10.0-26 - 5.10.0-99", "5.10.0-26-amd64", "yes" },
	{ "name, before", "5.10.0-26 - 5.10.0-99", "5.10.0-25-amd64", "no" },
	{ "name, as a number", "5.10.0-26 - 5.10.0-99", "5.10.0-9-amd64", "no" },
	{ "name, without a package number", "5.10.0-26 - 5.10.0-99", "5.10.101", "no" },
	{ "name, Ubuntu's are far away", "5.10.0-26 - 5.10.0-99", "5.10.0-1008-oem", "no" },
	{ "name, another line", "5.10.0-26 - 5.10.0-99", "5.11.0-30-generic", "no" },
	{ "name, a line as a whole", "5.10.0-26 - 5.10.0-99", "5.10", "unknown" },
	{ "name, another line as a whole", "5.10.0-26 - 5.10.0-99", "5.11", "no" },
	{ "name, at least", ">= 5.10.0-26", "5.10.0-32-amd64", "yes" },
};

static void check_window(void **state)
{
	const struct window_case *c = *state;
	struct gp_release rel;
	struct gp_range r;

	assert_int_equal(gp_range_parse_window(gp_str_of(c->range), &r, NULL), 0);
	assert_int_equal(gp_release_parse(c->release, &rel, NULL), 0);
	assert_string_equal(gp_tri_name(gp_range_holds_release(&r, &rel)), c->holds);
}

int main(void)
{
	static const struct CMUnitTest plain[] = {
		cmocka_unit_test(test_release_order),  cmocka_unit_test(test_set_sublevel),
		cmocka_unit_test(test_names),          cmocka_unit_test(test_distros),
		cmocka_unit_test(test_version_order),  cmocka_unit_test(test_version_refused),
		cmocka_unit_test(test_branch),         cmocka_unit_test(test_range_refused),
		cmocka_unit_test(test_window_refused),
	};

	FX_TESTS(plain);
	FX_ROWS(releases, check_release, NULL, NULL);
	FX_ROWS(ranges, check_range, NULL, NULL);
	FX_ROWS(windows, check_window, NULL, NULL);
	FX_ROWS(orders, check_order, NULL, NULL);
	return fx_run(NULL, NULL);
}
