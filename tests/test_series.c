/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/diff/series.h"

/* want: "name:strip[R]@line …", given strips with a '!'. */
static const struct series_case {
	const char *name, *text;
	enum gp_code code;
	const char *want; /* or a part of the error's cause or context */
} cases[] = {
	{ "an empty series is fine", "", GP_OK, "" },
	{ "names keep their order", "b.patch\na.patch\n", GP_OK, "b.patch:1@1 a.patch:1@2" },
	{ "the last line needs no newline", "a.patch", GP_OK, "a.patch:1@1" },
	{ "comments and blank lines are skipped", "# a\n\n \t\n  # b\na\n", GP_OK, "a:1@5" },
	{ "a comment may follow the name", "a # why -p0\nb\t#x\n", GP_OK, "a:1@1 b:1@2" },
	{ "a comment may follow the options", "a -p0 # x\n", GP_OK, "a:0!@1" },
	{ "'#' inside a word is no comment", "fix#12.patch\n", GP_OK, "fix#12.patch:1@1" },
	{ "-p0", "a -p0\n", GP_OK, "a:0!@1" },
	{ "-p1 is given, not default", "a -p1\n", GP_OK, "a:1!@1" },
	{ "-p12", "a -p12\n", GP_OK, "a:12!@1" },
	{ "-p and its number may be two words", "a -p 2\n", GP_OK, "a:2!@1" },
	{ "-pab is like -p1", "a -pab\nb -p ab\n", GP_OK, "a:1!@1 b:1!@2" },
	{ "-R", "a -R\n", GP_OK, "a:1R@1" },
	{ "-R and -p in any order", "a -R -p0\nb -p0 -R\n", GP_OK, "a:0!R@1 b:0!R@2" },
	{ "blanks before the name", " \ta\n", GP_OK, "a:1@1" },
	{ "CRLF", "a -p0\r\n\r\nb\r\n", GP_OK, "a:0!@1 b:1@3" },
	{ "sub-folders, in clean form", "./x//a.patch\n", GP_OK, "x/a.patch:1@1" },
	{ "twice: both lines are named", "a\nb\n\na -R\n", GP_E_FORMAT, "lines 1 and 4" },
	{ "twice in another spelling", "x/a\n./x/a\n", GP_E_FORMAT, "lines 1 and 2" },
	{ "absolute", "a\n/etc/b\n", GP_E_FORMAT, "line 2" },
	{ "climbing", "a/../../b\n", GP_E_FORMAT, "climbs" },
	{ "only a dot", "./\n", GP_E_FORMAT, "no patch name" },
	{ "an unknown option", "a -E\n", GP_E_FORMAT, "line 1: unknown option '-E'" },
	{ "a second name", "a b\n", GP_E_FORMAT, "unknown option 'b'" },
	{ "-p without a number", "a -p\n", GP_E_FORMAT, "line 1: -p needs a number" },
	{ "-p with a comment for a number", "a -p #1\n", GP_E_FORMAT, "-p needs a number" },
	{ "-p with a word", "a -px\n", GP_E_FORMAT, "-p needs a number up to 2048, not 'x'" },
	{ "-p out of all bounds", "a -p99999999999999999999\n", GP_E_FORMAT, "-p needs a number up to 2048" },
	{ "a terminal sequence in an option is masked", "a \033[2J\n", GP_E_FORMAT, "'?[2J'" },
};

static void format(const struct gp_series *s, struct gp_buf *out)
{
	gp_buf_puts(out, "");
	for (size_t i = 0; i < s->n; i++)
		gp_buf_printf(out, "%s%s:%u%s%s@%zu", i ? " " : "", s->v[i].name, s->v[i].strip,
			      s->v[i].strip_given ? "!" : "", s->v[i].reverse ? "R" : "",
			      s->v[i].lineno);
}

static struct gp_series series;
static struct gp_buf text;

static int clear(void **state)
{
	(void)state;
	gp_series_release(&series);
	gp_buf_release(&text);
	return 0;
}

static void check(void **state)
{
	const struct series_case *c = *state;
	struct gp_err err = { 0 };
	char message[700];
	int rc = gp_series_parse(gp_str_of(c->text), &series, &err);

	assert_int_equal(err.code, c->code);
	assert_int_equal(rc, c->code ? -1 : 0);
	if (c->code) {
		gp_err_format(&err, message, sizeof(message));
		assert_non_null(strstr(message, c->want));
		assert_int_equal(series.n, 0);
		return;
	}
	format(&series, &text);
	assert_string_equal(text.data, c->want);
}

static void a_nul_in_a_name_is_refused(void **state)
{
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_series_parse(GP_STR("a\0b\n"), &series, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
}

int main(void)
{
	struct CMUnitTest tests[GP_COUNT(cases) + 1];

	for (size_t i = 0; i < GP_COUNT(cases); i++)
		tests[i] = (struct CMUnitTest){
			.name = cases[i].name, .test_func = check, .teardown_func = clear,
			.initial_state = (void *)(uintptr_t)&cases[i],
		};
	tests[GP_COUNT(cases)] = (struct CMUnitTest)cmocka_unit_test_teardown(
		a_nul_in_a_name_is_refused, clear);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
