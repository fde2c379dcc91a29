/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/stanza.h"
#include "fx_table.h"

struct stanza_case {
	const char *name;
	const char *text;
	const char *want;  /* "Name=value|…" with ";" between paragraphs; NULL: refused */
	const char *cause; /* part of the message */
};

static const struct stanza_case cases[] = {
	{ "empty", "", "", NULL },
	{ "only comments and blanks", "# a\n\n   \n#b\n", "", NULL },
	{ "one field", "A: b\n", "A=b|", NULL },
	{ "no last newline", "A: b", "A=b|", NULL },
	{ "CRLF", "A: b\r\n c\r\n\r\nB: d\r\n", "A=b\nc|;B=d|", NULL },
	{ "two paragraphs", "A: b\nC: d\n\n\nE: f\n", "A=b|C=d|;E=f|", NULL },
	{ "an all-blank line parts too", "A: b\n \t\nC: d\n", "A=b|;C=d|", NULL },
	{ "folded", "A: b\n c  d\n\te\n", "A=b\nc  d\ne|", NULL },
	{ "folded, first line empty", "Probe:\n header a.h\n symbol b\n", "Probe=header a.h\nsymbol b|", NULL },
	{ "lone dot", "A: b\n .\n c\n", "A=b\n\nc|", NULL },
	{ "comment inside a folded value", "A: b\n# no\n c\n", "A=b\nc|", NULL },
	{ "# later in a line is text", "A: b # c\n", "A=b # c|", NULL },
	{ "# after a blank is a continuation", "A: b\n # c\n", "A=b\n# c|", NULL },
	{ "blanks trimmed", "A:   b \t\n", "A=b|", NULL },
	{ "colon in value", "A: b: c\n", "A=b: c|", NULL },
	{ "empty value", "A:\nB: c\n", "A=|B=c|", NULL },
	{ "the same field in two paragraphs", "A: b\n\nA: c\n", "A=b|;A=c|", NULL },
	{ "doubled", "A: b\na: c\n", NULL, "'f:2'" },
	{ "no colon", "A: b\n\nnothing\n", NULL, "'f:3'" },
	{ "continues nothing", " x\n", NULL, "'f:1'" },
	{ "continues after the paragraph", "A: b\n\n x\n", NULL, "'f:3'" },
	{ "blank in a name", "A b: c\n", NULL, "bad field name" },
	{ "blank before the colon", "A : c\n", NULL, "bad field name" },
	{ "no name", ": c\n", NULL, "bad field name" },
	{ "dash first", "-A: c\n", NULL, "bad field name" },
};

static void describe(const struct gp_stanza_list *l, struct gp_buf *out)
{
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			gp_buf_putc(out, ';');
		for (size_t k = 0; k < l->v[i].n; k++)
			gp_buf_printf(out, "%s=%s|", l->v[i].v[k].name, l->v[i].v[k].value);
	}
}

static void check_case(void **state)
{
	const struct stanza_case *c = *state;
	struct gp_stanza_list l = { 0 };
	struct gp_err err = { 0 };
	struct gp_buf got = { 0 };
	int rc = gp_stanza_parse(gp_str_of(c->text), "f", &l, &err);

	describe(&l, &got);
	gp_stanza_list_release(&l);
	if (!c->want) {
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, GP_E_FORMAT);
		assert_non_null(strstr(err.cause, c->cause));
	} else {
		assert_int_equal(rc, 0);
		assert_string_equal(got.data ? got.data : "", c->want);
	}
	gp_buf_release(&got);
}

static void test_nul(void **state)
{
	struct gp_stanza_list l = { 0 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_stanza_parse(GP_STR("A: b\0c\n"), "f", &l, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
	assert_int_equal(l.n, 0);
}

static void test_get(void **state)
{
	struct gp_stanza_list l = { 0 };

	(void)state;
	assert_int_equal(gp_stanza_parse(GP_STR("# x\n\nKernel: 5.10\nStatus: ok\n"), "f", &l, NULL), 0);
	assert_int_equal(l.v[0].lineno, 3);
	assert_string_equal(l.v[0].file, "f");
	assert_string_equal(gp_stanza_get(&l.v[0], "STATUS"), "ok");
	assert_int_equal(gp_stanza_field(&l.v[0], "status")->lineno, 4);
	assert_null(gp_stanza_get(&l.v[0], "Stat"));
	gp_stanza_list_release(&l);
}

static void test_header(void **state)
{
	static const char *const starts[] = { "--- a/x\n", "---\n", "diff --git a/x b/x\n", "Index: x\n" };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(starts); i++) {
		struct gp_buf text = { 0 };
		struct gp_stanza_list l = { 0 };

		gp_buf_printf(&text, "Description: a\n b\nScope: neutral\n\n%sno header\n+x\n", starts[i]);
		assert_int_equal(gp_stanza_parse_header(gp_buf_str(&text), "p", &l, NULL), 0);
		assert_int_equal(l.n, 1);
		assert_string_equal(gp_stanza_get(&l.v[0], "Scope"), "neutral");
		gp_stanza_list_release(&l);
		gp_buf_release(&text);
	}
}

static void test_header_right_before_diff(void **state)
{
	struct gp_stanza_list l = { 0 };

	(void)state;
	assert_int_equal(gp_stanza_parse_header(GP_STR("Scope: neutral\n--- a\n"), "p", &l, NULL), 0);
	assert_string_equal(gp_stanza_get(&l.v[0], "Scope"), "neutral");
	gp_stanza_list_release(&l);
}

int main(void)
{
	static const struct CMUnitTest plain[] = { cmocka_unit_test(test_nul), cmocka_unit_test(test_get),
						   cmocka_unit_test(test_header),
						   cmocka_unit_test(test_header_right_before_diff) };

	FX_TESTS(plain);
	FX_ROWS(cases, check_case, NULL, NULL);
	return fx_run(NULL, NULL);
}
