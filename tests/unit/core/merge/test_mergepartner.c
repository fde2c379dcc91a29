/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/merge/mergepartner.h"
#include "fx_table.h"

static const char pairs[] = "Branch: 550\nPairs: 550.90.05=550.90.07\n 550.54.16=550.54.15\nEvidence: e\n\n"
			    "Branch: 550\nPairs: 550.90.05=550.90.12 550.90.05=550.90.07\nEvidence: e\n\n"
			    "Branch: 535\nPairs: 535.129.03=535.129.03\nEvidence: e\n";
static const char drivers[] = "Branch: 550\nVersions: 550.54.16 550.90.05\n\n"
			      "Branch: 550\nKind: general guest\nVersions: 550.90.07 550.163.01\n\n"
			      "Branch: 535\nKind: guest\nVersions: 535.1 535.129.03\n";

/* "550.90.07r" is released with it, "535.129.03=" has its version. */
static const struct find_case {
	const char *name, *host, *want;
} cases[] = {
	{ "released with it first, each once", "550.90.05", "550.90.07r 550.90.12r 550.163.01" },
	{ "one version", "535.129.03", "535.129.03r= 535.1" },
	{ "a host that was released with none", "550.54.10", "550.90.07 550.163.01" },
	{ "a branch that nobody lists", "460.73.02", "" },
	{ "versions as they are written", "550.90.5", "550.90.07 550.163.01" },
};

static void read_all(struct gp_merge_table *t, struct gp_branch_list *l)
{
	struct gp_stanza_list s = { 0 };

	assert_int_equal(gp_stanza_parse(gp_str_of(pairs), "merge", &s, NULL), 0);
	assert_int_equal(gp_merge_table_parse(&s, t, NULL), 0);
	gp_stanza_list_release(&s);
	assert_int_equal(gp_stanza_parse(gp_str_of(drivers), "drivers", &s, NULL), 0);
	assert_int_equal(gp_branches_parse(&s, l, NULL), 0);
	gp_stanza_list_release(&s);
}

static void check_find(void **state)
{
	const struct find_case *c = *state;
	gp_auto(gp_merge_desktops_release) struct gp_merge_desktops found = { 0 };
	gp_auto(gp_branch_list_release) struct gp_branch_list branches = { 0 };
	gp_auto(gp_merge_table_release) struct gp_merge_table t = { 0 };
	gp_auto(gp_buf_release) struct gp_buf got = { 0 };
	struct gp_version host;

	read_all(&t, &branches);
	assert_int_equal(gp_version_parse(gp_str_of(c->host), &host, NULL), 0);
	gp_merge_desktops_find(&t, &branches, &host, &found);
	gp_buf_puts(&got, "");
	for (size_t i = 0; i < found.n; i++)
		gp_buf_printf(&got, "%s%s%s%s", i ? " " : "", found.v[i].version.text, found.v[i].released ? "r" : "",
			      found.v[i].same ? "=" : "");
	assert_string_equal(got.data, c->want);
}

int main(void)
{
	FX_ROWS(cases, check_find, NULL, NULL);
	return fx_run(NULL, NULL);
}
