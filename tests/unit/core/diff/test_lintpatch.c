/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "core/diff/lintpatch.h"
#include "fx_table.h"

#define HEADER "Description: d\nOrigin: o\nLast-Update: 2026-11-23\nScope: neutral\n\n"
#define NAMES "--- a/k/f.c\n+++ b/k/f.c\n"

struct lint_case {
	const char *name;
	const char *text;
	size_t findings;
	size_t lineno;        /* of the first one */
	const char *what;     /* part of it */
	const char *licensed; /* the first path, or NULL */
};

static const struct lint_case cases[] = {
	{ "fine", HEADER NAMES "@@ -1,2 +1,2 @@\n x\n-a\n+b\n", 0, 0, NULL, NULL },
	{ "Subject and Author do",
	  "Subject: d\nAuthor: a\nLast-Update: 2026-11-23\nScope: x\n\n" NAMES "@@ -1 +1 @@\n-a\n+b\n", 0, 0, NULL,
	  NULL },
	{ "an empty field is none",
	  "Description:\nOrigin: o\nLast-Update: 2026-11-23\nScope: x\n\n" NAMES "@@ -1 +1 @@\n-a\n+b\n", 1, 1,
	  "no Description", NULL },
	{ "no header at all", NAMES "@@ -1 +1 @@\n-a\n+b\n", 4, 1, "no Description", NULL },
	{ "a date of nine",
	  "Description: d\nOrigin: o\nLast-Update: 2026-11-2\nScope: x\n\n" NAMES "@@ -1 +1 @@\n-a\n+b\n", 1, 3,
	  "'2026-11-2' is not a date", NULL },
	{ "a date of eleven",
	  "Description: d\nOrigin: o\nLast-Update: 2026-11-233\nScope: x\n\n" NAMES "@@ -1 +1 @@\n-a\n+b\n", 1, 3,
	  "is not a date", NULL },
	{ "three lines in front and behind", HEADER NAMES "@@ -1,7 +1,7 @@\n 1\n 2\n 3\n-a\n+b\n 4\n 5\n 6\n", 0, 0,
	  NULL, NULL },
	{ "four in front", HEADER NAMES "@@ -1,5 +1,5 @@\n 1\n 2\n 3\n 4\n-a\n+b\n", 1, 8, "4 lines of context", NULL },
	{ "five behind", HEADER NAMES "@@ -1,6 +1,6 @@\n-a\n+b\n 1\n 2\n 3\n 4\n 5\n", 1, 8, "5 lines of context",
	  NULL },
	{ "six between", HEADER NAMES "@@ -1,8 +1,8 @@\n-a\n+b\n 1\n 2\n 3\n 4\n 5\n 6\n-c\n+d\n", 0, 0, NULL, NULL },
	{ "seven between", HEADER NAMES "@@ -1,9 +1,9 @@\n-a\n+b\n 1\n 2\n 3\n 4\n 5\n 6\n 7\n-c\n+d\n", 1, 8,
	  "4 lines of context", NULL },
	{ "the second hunk's line", HEADER NAMES "@@ -1 +1 @@\n-a\n+b\n@@ -9,5 +9,5 @@\n 1\n 2\n 3\n 4\n-a\n+b\n", 1,
	  11, "4 lines", NULL },
	{ "a licence by itself",
	  HEADER NAMES "@@ -1 +1 @@\n-MODULE_LICENSE(\"MIT\");\n+MODULE_LICENSE(\"Dual MIT/GPL\");\n", 0, 0, NULL,
	  "k/f.c" },
	{ "a licence in the context", HEADER NAMES "@@ -1,2 +1,2 @@\n MODULE_LICENSE(\"MIT\");\n-a\n+b\n", 0, 0, NULL,
	  NULL },
	{ "a licence and a line",
	  HEADER NAMES "@@ -1,2 +1 @@\n-MODULE_LICENSE(\"MIT\");\n-a\n+MODULE_LICENSE(\"X\");\n", 1, 6, "and 1 others",
	  "k/f.c" },
	{ "a licence and another file",
	  HEADER NAMES "@@ -1 +1 @@\n-MODULE_LICENSE(\"MIT\");\n+MODULE_LICENSE(\"X\");\n"
		       "--- a/g\n+++ b/g\n@@ -1 +1 @@\n-a\n+b\n",
	  1, 6, "and 2 others", "k/f.c" },
	{ "a licence that goes", HEADER NAMES "@@ -1,2 +1 @@\n x\n-MODULE_LICENSE(\"MIT\");\n", 0, 0, NULL, "k/f.c" },
	{ "no diff", HEADER, 1, 0, "", NULL },
	{ "nothing", "", 5, 1, "no Description", NULL },
};

static void lint(void **state)
{
	const struct lint_case *c = *state;
	struct gp_findings found = { 0 };
	struct gp_list licensed = { 0 };

	gp_lint_patch(gp_str_of(c->text), "f.patch", 1, &found, &licensed);
	assert_int_equal(found.n, c->findings);
	if (c->findings) {
		assert_string_equal(found.v[0].file, "f.patch");
		assert_int_equal(found.v[0].lineno, c->lineno);
		assert_non_null(strstr(found.v[0].what, c->what));
		assert_true(*found.v[0].todo != '\0');
	}
	assert_int_equal(licensed.n, c->licensed != NULL);
	if (c->licensed)
		assert_string_equal(licensed.v[0], c->licensed);
	gp_findings_release(&found);
	gp_list_release(&licensed);
}

#define WORDS "Permission is hereby granted, free of charge, to any person"

static void mit(void **state)
{
	(void)state;
	assert_true(gp_lint_is_mit(GP_STR("/*\n * " WORDS "\n */\nint x;\n")));
	assert_true(gp_lint_is_mit(GP_STR("\n\n/* SPDX-License-Identifier: MIT */\n")));
	assert_false(gp_lint_is_mit(GP_STR("/* Copyright NVIDIA. All rights reserved. */\n/* " WORDS " */\n")));
	assert_false(gp_lint_is_mit(GP_STR("int x;\n/* " WORDS " */\n")));
	assert_false(gp_lint_is_mit(GP_STR("/* " WORDS)));
	assert_false(gp_lint_is_mit(GP_STR("")));
}

static void masks(void **state)
{
	struct gp_findings found = { 0 };

	(void)state;
	gp_finding_add(&found, "f", 1, "do", "a\x1b[31m%s", "b\n");
	assert_string_equal(found.v[0].what, "a?[31mb?");
	gp_findings_release(&found);
}

int main(void)
{
	FX_ROWS(cases, lint, NULL, NULL);
	FX_TEST(mit, NULL, NULL);
	FX_TEST(masks, NULL, NULL);
	return fx_run(NULL, NULL);
}
