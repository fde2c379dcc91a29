/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/rules/headerwish.h"

/* Names of packages as the distributions have them. */
static const struct {
	const char *wish, *package;
	const char *release; /* NULL: of none */
	bool holds;
} packages[] = {
	{ "debian:6.1", "linux-headers-6.1.0-57-amd64", "6.1.0-57-amd64", true },
	{ "debian:6.1.0-57", "linux-headers-6.1.0-57-amd64", "6.1.0-57-amd64", true },
	{ "debian:6.1.0-5", "linux-headers-6.1.0-57-amd64", "6.1.0-57-amd64", false },
	{ "debian:6.1", "linux-headers-6.12.117+deb12-amd64", "6.12.117+deb12-amd64", false },
	{ "debian:6.12", "linux-headers-6.12.117+deb12-amd64", "6.12.117+deb12-amd64", true },
	{ "debian:6.12.117", "linux-headers-6.12.117+deb12-amd64", "6.12.117+deb12-amd64", true },
	{ "debian:6.12.117+deb12", "linux-headers-6.12.117+deb12-amd64", "6.12.117+deb12-amd64", true },
	/* other flavours by their whole names only */
	{ "debian:6.1", "linux-headers-6.1.0-57-cloud-amd64", "6.1.0-57-cloud-amd64", false },
	{ "debian:6.1.0-57-cloud-amd64", "linux-headers-6.1.0-57-cloud-amd64", "6.1.0-57-cloud-amd64", true },
	{ "debian:6.1", "linux-headers-6.1.0-57-rt-amd64", "6.1.0-57-rt-amd64", false },
	{ "debian:6.1.0-57-rt-amd64", "linux-headers-6.1.0-57-rt-amd64", "6.1.0-57-rt-amd64", true },
	/* what several share, and what only depends on the newest */
	{ "debian:6.1", "linux-headers-6.1.0-57-common", NULL, false },
	{ "debian:6.1", "linux-headers-6.1.0-57-common-rt", NULL, false },
	{ "debian:6.12", "linux-headers-6.12-amd64", NULL, false },
	{ "debian:6.12", "linux-headers-amd64", NULL, false },
	{ "debian:4.19", "linux-headers-4.19.0-27-all-amd64", NULL, false },
	{ "debian:6.1", "linux-image-6.1.0-57-amd64", NULL, false },
	{ "debian:6.8", "linux-headers-6.8.0-87-generic", NULL, false },
	{ "ubuntu:6.8", "linux-headers-6.8.0-87-generic", "6.8.0-87-generic", true },
	{ "ubuntu:6.8.0-87", "linux-headers-6.8.0-87-generic", "6.8.0-87-generic", true },
	{ "ubuntu:6.8.0-87", "linux-headers-6.8.0-87", NULL, false },
	{ "ubuntu:6.8", "linux-headers-generic-hwe-22.04", NULL, false },
	{ "ubuntu:6.8", "linux-headers-6.8.0-87-lowlatency", "6.8.0-87-lowlatency", false },
	{ "ubuntu:6.1", "linux-headers-6.1.0-57-amd64", NULL, false },
	{ "proxmox:6.8", "proxmox-headers-6.8.12-15-pve", "6.8.12-15-pve", true },
	{ "pve:5.15", "pve-headers-5.15.158-2-pve", "5.15.158-2-pve", true },
	{ "proxmox:6.8", "proxmox-headers-6.8", NULL, false },
	{ "proxmox:6.8", "proxmox-default-headers", NULL, false },
	{ "fedora:6.17", "kernel-devel-6.17.10-300.fc43.x86_64", "6.17.10-300.fc43.x86_64", true },
	{ "fedora:6.17.10-300.fc43", "kernel-devel-6.17.10-300.fc43.x86_64", "6.17.10-300.fc43.x86_64", true },
	{ "fedora:5.14", "kernel-devel-5.14.0-570.12.1.el9_6.x86_64", NULL, false },
	{ "rhel:5.14", "kernel-devel-5.14.0-570.12.1.el9_6.x86_64", "5.14.0-570.12.1.el9_6.x86_64", true },
	{ "rocky:5.14.0-570", "kernel-devel-5.14.0-570.12.1.el9_6.x86_64", "5.14.0-570.12.1.el9_6.x86_64", true },
	{ "debian:6.1", "linux-headers-../../etc", NULL, false },
	{ "debian:6.1", "linux-headers-", NULL, false },
	{ "debian:6.1", "", NULL, false },
};

static void names_of_packages(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(packages); i++) {
		struct gp_headerwish w;
		struct gp_release r = { 0 };
		bool is;

		assert_int_equal(gp_headerwish_parse(packages[i].wish, &w, NULL), 0);
		is = gp_headerwish_release(w.distro, gp_str_of(packages[i].package), &r);
		if (is != (packages[i].release != NULL))
			fail_msg("%s: '%s'", packages[i].wish, packages[i].package);
		if (!is)
			continue;
		assert_string_equal(r.text, packages[i].release);
		if (gp_headerwish_holds(&w, &r) != packages[i].holds)
			fail_msg("%s holds: '%s'", packages[i].wish, packages[i].package);
	}
}

static void no_wishes(void **state)
{
	static const char *const bad[] = { "",         "debian",          "debian:",       ":6.12",
					   "6.12",     "gentoo:6.1",      "debian:latest", "Debian:6",
					   "debian:6", "debian:6.1 -o x", "debian:-t",     "debian:6.1/../..",
					   "apt:6.1",  "fedora:f43",      "debian:6.1\n" };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bad); i++) {
		struct gp_headerwish w;
		struct gp_err err = { 0 };

		if (gp_headerwish_parse(bad[i], &w, &err) == 0)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(err.code, GP_E_USAGE);
	}
}

static void newest_first(void **state)
{
	static const char *const in[] = { "linux-headers-6.1.0-9-amd64",   "linux-headers-amd64",
					  "linux-headers-6.1.0-57-amd64",  "linux-headers-6.12.9+deb12-amd64",
					  "linux-headers-6.1.0-57-common", "linux-headers-6.12.107+deb12-amd64",
					  "linux-headers-6.1.0-57-amd64",  "linux-headers-6.1.0-57-amd64" };
	static const char *const want[] = { "linux-headers-6.12.107+deb12-amd64", "linux-headers-6.12.9+deb12-amd64",
					    "linux-headers-6.1.0-57-amd64", "linux-headers-6.1.0-9-amd64" };
	struct gp_list l = { 0 };
	struct gp_headerwish w;

	(void)state;
	assert_int_equal(gp_headerwish_parse("debian:6.1", &w, NULL), 0);
	for (size_t i = 0; i < GP_COUNT(in); i++)
		gp_list_add(&l, in[i]);
	gp_headerwish_sort(w.distro, &l);
	assert_int_equal(l.n, GP_COUNT(want));
	for (size_t i = 0; i < GP_COUNT(want); i++)
		assert_string_equal(l.v[i], want[i]);
	gp_list_release(&l);
}

/* Depends fields as they stand in Debian's and Ubuntu's Packages files, and others. */
static const struct {
	const char *depends, *want;
} depends[] = {
	{ "linux-headers-6.1.0-57-common (= 6.1.192-3), linux-kbuild-6.1 (>= 6.1.192-3), linux-compiler-gcc-12-x86",
	  "linux-headers-6.1.0-57-common=6.1.192-3 linux-kbuild-6.1 " },
	{ "linux-headers-6.8.0-87, libc6 (>= 2.38), libelf1t64 (>= 0.144), libssl3t64 (>= 3.0.0), zlib1g",
	  "linux-headers-6.8.0-87 " },
	{ "linux-hwe-6.8-headers-6.8.0-87, libc6 (>= 2.34)", "linux-hwe-6.8-headers-6.8.0-87 " },
	{ "libc6 (>= 2.36), coreutils", "" },
	{ "linux-headers-1-common (= 1:2~3) | other, linux-kbuild-x|y", "linux-headers-1-common=1:2~3 " },
	{ "linux-headers-6.1(= 1)", "" },
	{ "linux-headers-1 (= -o)", "linux-headers-1 " },
	{ "linux-headers-1 (= ", "linux-headers-1 " },
	{ "linux-headers-$x, ,,linux-headers-*", "" },
	{ "", "" },
};

static void parts_of_headers(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(depends); i++) {
		struct gp_list l = { 0 };
		struct gp_buf all = { 0 };

		gp_headerwish_parts(gp_str_of(depends[i].depends), &l);
		gp_buf_puts(&all, "");
		for (size_t k = 0; k < l.n; k++)
			gp_buf_printf(&all, "%s ", l.v[k]);
		assert_string_equal(all.len ? all.data : "", depends[i].want);
		gp_list_release(&l);
		gp_buf_release(&all);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_packages),
		cmocka_unit_test(no_wishes),
		cmocka_unit_test(newest_first),
		cmocka_unit_test(parts_of_headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
