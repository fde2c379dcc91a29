/* SPDX-License-Identifier: MIT */
/* Tests: core/diff/patchopt */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/diff/series.h"
#include "fx_table.h"

/* want: "name:strip[R][Ffuzz]@line …", given strips with a '!'. What patch makes of
 * the options was asked of patch 2.7.6 under quilt 0.66. */
static const struct series_case {
	const char *name, *text;
	enum gp_code code;
	const char *want; /* or a part of the error's cause or context */
} cases[] = { { "an empty series is fine", "", GP_OK, "" },
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
	      { "twice is quilt's matter", "a\nb\n\na -R\n", GP_OK, "a:1@1 b:1@2 a:1R@4" },
	      { "-F0", "a -F0\n", GP_OK, "a:1F0@1" },
	      { "-F and its number may be two words", "a -F 3\nb -p0 -F 12 -R\n", GP_OK, "a:1F3@1 b:0!RF12@2" },
	      { "--fuzz=N, --fuzz N, and cut as long as it is clear", "a --fuzz=0\nb --fuzz 1\nc --fu=3\n", GP_OK,
		"a:1F0@1 b:1F1@2 c:1F3@3" },
	      { "the last one counts", "a -F 3 -F0\nb -p0 -p2\n", GP_OK, "a:1F0@1 b:2!@2" },
	      { "letters in one word", "a -NF0\nb -RF 1 -p0\n", GP_OK, "a:1F0@1 b:0!RF1@2" },
	      { "-R within letters, but -p there is overruled by quilt's -p1", "a -Rp0\n", GP_OK, "a:1R@1" },
	      { "so is --strip", "a --strip=0\nb --strip 0\nc --strip=0 -p2\n", GP_OK, "a:1@1 b:1@2 c:2!@3" },
	      { "but not behind a -p", "a -p1 --strip=0\n", GP_OK, "a:0!@1" },
	      { "--reverse", "a --reverse\n", GP_OK, "a:1R@1" },
	      { "without effect on the result",
		"a -s -f -N -t -b -u --quiet --silent --verbose --reject-format=unified --no-backup-if-mismatch\n"
		"b --backup-if-mismatch -r x.rej -B x/ --prefix=y --quoting-style=c --read-only=ignore --forward\n",
		GP_OK, "a:1@1 b:1@2" },
	      { "-l", "a -l\n", GP_E_UNSUPPORTED, "line 1: patch's option -l (--ignore-whitespace) is not supported" },
	      { "--ignore-whitespace, cut", "a\nb --ignore\n", GP_E_UNSUPPORTED, "line 2: patch's option -l" },
	      { "-E within letters", "a -sEf\n", GP_E_UNSUPPORTED, "-E (--remove-empty-files)" },
	      { "one without a letter", "a --binary\n", GP_E_UNSUPPORTED, "patch's option --binary is not" },
	      { "--merge with and without a word", "a --merge=diff3\n", GP_E_UNSUPPORTED, "--merge is not" },
	      { "--read-only=fail", "a --read-only=fail\n", GP_E_UNSUPPORTED, "--read-only is not" },
	      { "-d DIR", "a -d sub\n", GP_E_UNSUPPORTED, "-d (--directory)" },
	      { "what no patch of today knows", "a --unified-reject-files\n", GP_E_FORMAT,
		"unknown option '--unified-reject-files'" },
	      { "cut too short", "a --f=0\n", GP_E_FORMAT, "unknown option '--f=0'" },
	      { "a value where there is none", "a --quiet=1\n", GP_E_FORMAT, "unknown option '--quiet=1'" },
	      { "-F without a number", "a -F\n", GP_E_FORMAT, "line 1: -F needs a number" },
	      { "-F with a word", "a -Fx\n", GP_E_FORMAT, "-F needs a number up to 1000000, not 'x'" },
	      { "a negative number", "a -F-1\n", GP_E_FORMAT, "not '-1'" },
	      { "a hexadecimal one", "a -p0x1\n", GP_E_FORMAT, "not '0x1'" },
	      { "an end of options", "a --\n", GP_E_FORMAT, "unknown option '--'" },
	      { "a dash", "a -\n", GP_E_FORMAT, "unknown option '-'" },
	      { "absolute", "a\n/etc/b\n", GP_E_FORMAT, "line 2" },
	      { "climbing", "a/../../b\n", GP_E_FORMAT, "climbs" },
	      { "only a dot", "./\n", GP_E_FORMAT, "no patch name" },
	      { "an unknown option", "a -Q\n", GP_E_FORMAT, "line 1: unknown option '-Q'" },
	      { "a second name", "a b\n", GP_E_FORMAT, "unknown option 'b'" },
	      { "-p without a number", "a -p\n", GP_E_FORMAT, "line 1: -p needs a number" },
	      { "-p with a comment for a number", "a -p #1\n", GP_E_FORMAT, "-p needs a number" },
	      { "-p with a word", "a -px\n", GP_E_FORMAT, "-p needs a number up to 2048, not 'x'" },
	      { "-p out of all bounds", "a -p99999999999999999999\n", GP_E_FORMAT, "-p needs a number up to 2048" },
	      { "a terminal sequence in an option is masked", "a \033[2J\n", GP_E_FORMAT, "'?[2J'" } };

static void format(const struct gp_series *s, struct gp_buf *out)
{
	gp_buf_puts(out, "");
	for (size_t i = 0; i < s->n; i++) {
		const struct gp_series_entry *e = &s->v[i];

		gp_buf_printf(out, "%s%s:%u%s%s", i ? " " : "", e->name, e->strip, e->strip_given ? "!" : "",
			      e->reverse ? "R" : "");
		if (e->fuzz_given)
			gp_buf_printf(out, "F%u", e->fuzz);
		gp_buf_printf(out, "@%zu", e->lineno);
	}
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

/* A NUL must not end the comparison with an option's name. */
static void a_nul_in_an_option_is_refused(void **state)
{
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_series_parse(GP_STR("a --quiet\0xxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"), &series, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
}

static void twice_names_both_lines(void **state)
{
	static const char *const twice[] = { "a\nb\n\na -R\n", "x/a\nb\nc\n./x/a\n" };
	struct gp_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(twice); i++) {
		assert_int_equal(gp_series_parse(gp_str_of(twice[i]), &series, &err), 0);
		assert_int_equal(gp_series_check_unique(&series, &err), -1);
		assert_int_equal(err.code, GP_E_FORMAT);
		assert_non_null(strstr(err.cause, "lines 1 and 4"));
		gp_series_release(&series);
	}
}

static void a_cr_is_quilts_only_where_it_keeps_it(void **state)
{
	static const struct {
		const char *text;
		size_t line;
	} want[] = { { "a\nb\n", 0 },  { "a\r\nb\r\n", 1 },          { "a\nb -p0\r\n", 2 },
		     { "a\n\r\n", 2 }, { "# x\r\na # y\r\nb\n", 0 }, { "a\rb\n", 0 } };
	struct gp_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(want); i++) {
		assert_int_equal(gp_series_parse(gp_str_of(want[i].text), &series, &err), 0);
		assert_int_equal(series.crlf, want[i].line);
		gp_series_release(&series);
	}
}

static void fuzz_comes_from_the_command_line_the_series_or_patch(void **state)
{
	static const struct gp_series_entry plain = { .fuzz = 7 }, given = { .fuzz_given = true, .fuzz = 0 };

	(void)state;
	assert_int_equal(gp_series_fuzz(&plain, -1), 2);
	assert_int_equal(gp_series_fuzz(&given, -1), 0);
	assert_int_equal(gp_series_fuzz(&given, 3), 3);
}

int main(void)
{
	static const struct CMUnitTest more[] = {
		cmocka_unit_test_teardown(a_nul_in_a_name_is_refused, clear),
		cmocka_unit_test_teardown(a_nul_in_an_option_is_refused, clear),
		cmocka_unit_test_teardown(twice_names_both_lines, clear),
		cmocka_unit_test_teardown(a_cr_is_quilts_only_where_it_keeps_it, clear),
		cmocka_unit_test_teardown(fuzz_comes_from_the_command_line_the_series_or_patch, clear),
	};

	FX_ROWS(cases, check, NULL, clear);
	FX_TESTS(more);
	return fx_run(NULL, NULL);
}
