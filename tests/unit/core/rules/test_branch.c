/* SPDX-License-Identifier: MIT */
/* Tests: core/rules/wanted */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/rules/branch.h"

static const char drivers[] = "Branch: 390\nKind: general\nVersions: 390.157\n\n"
			      "Branch: 470\nProduct: vGPU 13\nVersions: 470.63 470.182.02\n\n"
			      "Branch: 535\nProduct: vGPU 16\nVersions: 535.54.06 535.161.05 535.247.01\n"
			      "Releases: 16.0=535.54.06 16.4=535.161.05 16.5=535.161.05\n 16.10=535.247.01\n\n"
			      "Branch: 535\nKind: general guest\nVersions: 535.261.03\n";

static int setup(void **state)
{
	static struct gp_branch_list l;
	struct gp_stanza_list s = { 0 };
	int rc = gp_stanza_parse(gp_str_of(drivers), "drivers", &s, NULL);

	if (rc == 0)
		rc = gp_branches_parse(&s, &l, NULL);
	gp_stanza_list_release(&s);
	*state = &l;
	return rc;
}

static int teardown(void **state)
{
	gp_branch_list_release(*state);
	return 0;
}

/* What is meant by a name: a version, "branch N", or a part of the message. */
static const struct {
	const char *name;
	enum gp_kind kind;
	enum gp_code code;
	const char *want;
} cases[] = { { "535.161.05", GP_KIND_HOST, 0, "535.161.05" },
	      { "R535.161.05", GP_KIND_HOST, 0, "535.161.05" },
	      { "999.1", GP_KIND_HOST, 0, "999.1" },
	      { "535", GP_KIND_HOST, 0, "branch 535 3" },
	      { "R535", GP_KIND_MERGED, 0, "branch 535 3" },
	      { "r535", GP_KIND_GENERAL, 0, "branch 535 1" },
	      { "16.4", GP_KIND_HOST, 0, "535.161.05" },
	      { "16.5", GP_KIND_HOST, 0, "535.161.05" },
	      { "vgpu-16.4", GP_KIND_HOST, 0, "535.161.05" },
	      { "GRID 16.4", GP_KIND_HOST, 0, "535.161.05" },
	      { "NVIDIA vGPU v16.4", GP_KIND_HOST, 0, "535.161.05" },
	      { "nvidia-535.161.05", GP_KIND_HOST, 0, "535.161.05" },
	      { "nvidia", GP_KIND_HOST, GP_E_USAGE, "not a version" },
	      { "GRID v", GP_KIND_HOST, GP_E_USAGE, "not a version" },
	      { "vGPU 16.4", GP_KIND_MERGED, 0, "535.161.05" },
	      { "VGPU16.4", GP_KIND_HOST, 0, "535.161.05" },
	      { "16.10", GP_KIND_HOST, 0, "535.247.01" },
	      { "16", GP_KIND_HOST, 0, "branch 535 3" },
	      { "vGPU 13", GP_KIND_HOST, 0, "branch 470 2" },
	      { "16.1", GP_KIND_HOST, GP_E_NO, "lists 16.0, 16.4, 16.5, 16.10" },
	      { "16.4.1", GP_KIND_HOST, GP_E_NO, "vGPU 16.4.1 is unknown" },
	      { "99", GP_KIND_HOST, GP_E_NO, "vGPU 99 is unknown" },
	      { "vGPU 535", GP_KIND_HOST, GP_E_NO, "vGPU 535 is unknown" },
	      { "R16", GP_KIND_HOST, GP_E_NO, "branch 16 is unknown" },
	      { "999", GP_KIND_HOST, GP_E_NO, "driver branch 999 is unknown" },
	      { "390", GP_KIND_HOST, GP_E_NO, "no host driver of branch 390" },
	      { "16.4", GP_KIND_GUEST, GP_E_USAGE, "a guest driver has a version of its own" },
	      { "", GP_KIND_HOST, GP_E_USAGE, "not a version" },
	      { "vGPU", GP_KIND_HOST, GP_E_USAGE, "not a version" },
	      { "vGPU  16.4", GP_KIND_HOST, GP_E_USAGE, "not a version" },
	      { "Rvgpu-16.4", GP_KIND_HOST, GP_E_USAGE, "not a version" },
	      { "535.x", GP_KIND_HOST, GP_E_USAGE, "not a version" } };

static void check_wanted(void **state)
{
	for (size_t i = 0; i < GP_COUNT(cases); i++) {
		struct gp_err err = { 0 };
		struct gp_wanted w;
		char got[400];

		if (gp_wanted_parse(cases[i].name, *state, cases[i].kind, &w, &err) < 0)
			gp_err_format(&err, got, sizeof(got));
		else if (w.branch)
			snprintf(got, sizeof(got), "branch %u %zu", w.branch->number, w.branch->n);
		else
			snprintf(got, sizeof(got), "%s", w.version.text);
		if (err.code != cases[i].code || !strstr(got, cases[i].want))
			fail_msg("'%s': '%s', not '%s'", cases[i].name, got, cases[i].want);
	}
}

static void test_names(void **state)
{
	const struct gp_branch *b = gp_branch_find(*state, 535, GP_KIND_MERGED);

	assert_int_equal(b->nnamed, 4);
	assert_string_equal(gp_branch_release_of(b, &b->versions[1]), "16.4");
	assert_null(gp_branch_release_of(b, &(struct gp_version){ .part = { 535, 1 }, .n = 2 }));
	assert_true(gp_branch_known(*state, 390));
	assert_null(gp_branch_find(*state, 390, GP_KIND_HOST));
	assert_false(gp_branch_known(*state, 391));
	assert_true(gp_branch_known(&(struct gp_branch_list){ 0 }, 391));
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(check_wanted), cmocka_unit_test(test_names) };

	return cmocka_run_group_tests_name("branch", tests, setup, teardown);
}
