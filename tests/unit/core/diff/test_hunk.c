/* SPDX-License-Identifier: MIT */
/* Tests: core/diff/numbered */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/diff/hunk.h"
#include "fx_table.h"

#define H "--- f\n+++ f\n"
#define NONL "\\ No newline at end of file\n"
#define TEN "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"
#define FIVE "@@ -4,3 +4,3 @@\n 4\n-5\n+V\n 6\n" /* changes line 5 of TEN */
#define CREATE "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+a\n+b\n"
#define DELETE "--- f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n"

#define APPLIED GP_HUNKS_APPLIED
#define ALREADY GP_HUNKS_ALREADY
#define FAILED GP_HUNKS_FAILED

/* places: per hunk "at[~fuzz][+-offset]" as GNU patch names them, or "!expected". */
static const struct hunk_case {
	const char *name, *old, *patch;
	unsigned fuzz;
	bool reverse;
	enum gp_hunk_result result;
	const char *new, *places;
} cases[] = {
	{ "in place", TEN, H FIVE, 0, 0, APPLIED, "1\n2\n3\n4\nV\n6\n7\n8\n9\n10\n", "4" },
	{ "no hunks: the file as it is", "a\n", "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n", 0, 0, APPLIED,
	  "a\n", "" },
	{ "later in the file", "0\n0\n" TEN, H FIVE, 0, 0, APPLIED, "0\n0\n1\n2\n3\n4\nV\n6\n7\n8\n9\n10\n", "6+2" },
	{ "earlier in the file", "4\n5\n6\n", H FIVE, 0, 0, APPLIED, "4\nV\n6\n", "1-3" },
	{ "the line number is beyond the file", "4\n5\n6\n", H "@@ -40,3 +40,3 @@\n 4\n-5\n+V\n 6\n", 0, 0, APPLIED,
	  "4\nV\n6\n", "1-39" },
	{ "at equal distance the place below wins", "a\nb\nc\nx\nx\nx\na\nb\nc\n",
	  H "@@ -4,3 +4,3 @@\n a\n-b\n+B\n c\n", 0, 0, APPLIED, "a\nb\nc\nx\nx\nx\na\nB\nc\n", "7+3" },
	{ "the nearer place above wins", "a\nb\nc\nx\nx\nx\na\nb\nc\n", H "@@ -3,3 +3,3 @@\n a\n-b\n+B\n c\n", 0, 0,
	  APPLIED, "a\nB\nc\nx\nx\nx\na\nb\nc\n", "1-2" },
	{ "the last offset counts for the next hunk", "0\n0\na\nx\nx\na\nx\na\n",
	  H "@@ -1 +1 @@\n-a\n+A\n@@ -4 +4 @@\n-a\n+B\n", 0, 0, APPLIED, "0\n0\nA\nx\nx\nB\nx\na\n", "3+2 6+2" },
	{ "never above what is written", "a\nx\na\nx\n", H "@@ -3 +3 @@\n-a\n+A\n@@ -4 +4 @@\n-a\n+B\n", 0, 0, FAILED,
	  "", "3 !4" },
	{ "hunks out of order", TEN, H "@@ -5 +5 @@\n-5\n+V\n@@ -1 +1 @@\n-1\n+I\n", 0, 0, FAILED, "", "5 !1" },
	{ "neighbours share no context, but may touch it", TEN,
	  H "@@ -4,3 +4,3 @@\n 4\n-5\n+V\n 6\n@@ -6,2 +6,2 @@\n 6\n-7\n+W\n", 0, 0, FAILED, "", "4 !6" },
	{ "a hunk may start in the last one's context", TEN,
	  H "@@ -4,3 +4,3 @@\n 4\n-5\n+V\n 6\n@@ -6,3 +6,3 @@\n 6\n-7\n+W\n 8\n", 0, 0, APPLIED,
	  "1\n2\n3\n4\nV\n6\nW\n8\n9\n10\n", "4 6" },

	/* Fuzz. */
	{ "fuzz 0 refuses", "1\n2\n3\nX\n5\n6\n", H FIVE, 0, 0, FAILED, "", "!4" },
	{ "fuzz 1", "1\n2\n3\nX\n5\n6\n", H FIVE, 1, 0, APPLIED, "1\n2\n3\nX\nV\n6\n", "4~1" },
	{ "fuzz goes no further than the context", "1\n2\n3\n4\nX\n6\n", H FIVE, 9, 0, FAILED, "", "!4" },
	{ "a place without fuzz far away wins", "4\nX\n5\n6\n" TEN, H FIVE, 2, 0, APPLIED,
	  "4\nX\n5\n6\n1\n2\n3\n4\nV\n6\n7\n8\n9\n10\n", "8+4" },
	{ "fuzz 2", "X\nX\n3\n4\n5\nX\nX\n", H "@@ -1,7 +1,7 @@\n 1\n 2\n 3\n-4\n+IV\n 5\n 6\n 7\n", 2, 0, APPLIED,
	  "X\nX\n3\nIV\n5\nX\nX\n", "1~2" },
	{ "fuzz keeps the file's context", "1\n2\n3\nX\n5\n6\n", H FIVE, 2, 0, APPLIED, "1\n2\n3\nX\nV\n6\n", "4~1" },
	{ "a line that is removed is never fuzzed", "1\n", H "@@ -1 +1 @@\n-2\n+3\n", 3, 0, FAILED, "", "!1" },

	/* Anchors. */
	{ "short context before: the start of the file", "0\n1\n2\n3\n4\n", H "@@ -1,4 +1,4 @@\n-1\n+I\n 2\n 3\n 4\n",
	  0, 0, FAILED, "", "!1" },
	{ "fuzz takes it off the start", "0\n1\n2\n3\n4\n", H "@@ -1,4 +1,4 @@\n-1\n+I\n 2\n 3\n 4\n", 3, 0, APPLIED,
	  "0\nI\n2\n3\n4\n", "2~3+1" },
	{ "short context before, not in line 1: free", "0\n1\n2\n3\n4\n", H "@@ -3,4 +3,4 @@\n-1\n+I\n 2\n 3\n 4\n", 0,
	  0, APPLIED, "0\nI\n2\n3\n4\n", "2-1" },
	{ "short context behind: the end of the file", "1\n2\n3\n4\n5\n", H "@@ -1,4 +1,4 @@\n 1\n 2\n 3\n-4\n+IV\n", 0,
	  0, FAILED, "", "!1" },
	{ "short context behind, found at the end", "0\n1\n2\n3\n4\n", H "@@ -1,4 +1,4 @@\n 1\n 2\n 3\n-4\n+IV\n", 0, 0,
	  APPLIED, "0\n1\n2\n3\nIV\n", "2+1" },

	/* Zero context. */
	{ "an insertion goes behind its line", "1\n2\n", H "@@ -1,0 +2 @@\n+x\n", 0, 0, APPLIED, "1\nx\n2\n", "2" },
	{ "an insertion at the start", "1\n", H "@@ -0,0 +1 @@\n+x\n", 0, 0, APPLIED, "x\n1\n", "1" },
	{ "an insertion beyond the end is appended", "1\n2\n", H "@@ -50,0 +51 @@\n+x\n", 0, 0, APPLIED, "1\n2\nx\n",
	  "51" },
	{ "a deletion without context", "1\n2\n3\n", H "@@ -2 +1,0 @@\n-2\n", 0, 0, APPLIED, "1\n3\n", "2" },

	/* The end of the file without a newline. */
	{ "appended behind a last line without newline", "1", H "@@ -50,0 +51 @@\n+x\n", 0, 0, APPLIED, "1\nx\n",
	  "51" },
	{ "the newline is taken away", "a\nb\n", H "@@ -1,2 +1,2 @@\n a\n-b\n+b\n" NONL, 0, 0, APPLIED, "a\nb", "1" },
	{ "the newline is added", "a\nb", H "@@ -1,2 +1,2 @@\n a\n-b\n" NONL "+b\n", 0, 0, APPLIED, "a\nb\n", "1" },
	{ "a missing newline is a difference", "a\nb", H "@@ -1,2 +1,2 @@\n-a\n+A\n b\n", 0, 0, FAILED, "", "!1" },
	{ "no newline, but the file goes on", "a\nb\nc\n", H "@@ -1,2 +1,2 @@\n a\n-b\n" NONL "+B\n" NONL, 0, 0, FAILED,
	  "", "!1" },
	{ "context without newline, lines follow", "a\nb", H "@@ -1,2 +1,3 @@\n a\n b\n" NONL "+c\n", 0, 0, APPLIED,
	  "a\nb\nc\n", "1" },

	/* Reverse. */
	{ "reverse", "1\n2\n3\n4\nV\n6\n7\n8\n9\n10\n", H FIVE, 0, 1, APPLIED, TEN, "4" },
	{ "reverse uses the new side's lines", "a\nc\nx\n", H "@@ -9 +3 @@\n-y\n+x\n", 0, 1, APPLIED, "a\nc\ny\n",
	  "3" },
	{ "reverse of an insertion", "1\nx\n2\n", H "@@ -1,0 +2 @@\n+x\n", 0, 1, APPLIED, "1\n2\n", "2" },
	{ "reverse with fuzz", "1\n2\n3\nX\nV\n6\n", H FIVE, 1, 1, APPLIED, "1\n2\n3\nX\n5\n6\n", "4~1" },

	/* Already there. */
	{ "already applied", "1\n2\n3\n4\nV\n6\n7\n8\n9\n10\n", H FIVE, 2, 0, ALREADY,
	  "1\n2\n3\n4\nV\n6\n7\n8\n9\n10\n", "4" },
	{ "already applied, elsewhere", "0\n4\nV\n6\n", H FIVE, 2, 0, ALREADY, "0\n4\nV\n6\n", "2-2" },
	{ "already reversed", TEN, H FIVE, 2, 1, ALREADY, TEN, "4" },
	{ "half of it is already there", "1\nB\n3\n4\n", H "@@ -2 +2 @@\n-2\n+B\n@@ -4 +4 @@\n-4\n+D\n", 0, 0, FAILED,
	  "", "!2 4" },
	{ "already there goes before fuzz", "4\nV\n6\nx\nX\n5\nX\n", H FIVE, 2, 0, ALREADY, "4\nV\n6\nx\nX\n5\nX\n",
	  "1-3" },
	{ "a deletion without context proves nothing", "1\n3\n", H "@@ -2 +1,0 @@\n-2\n", 0, 0, FAILED, "", "!2" },

	/* Files that are created and deleted. */
	{ "create", "", CREATE, 0, 0, APPLIED, "a\nb\n", "1" },
	{ "create: it is there with other content", "x\n", CREATE, 2, 0, FAILED, "", "!1" },
	{ "create: it is there already", "a\nb\n", CREATE, 2, 0, ALREADY, "a\nb\n", "1" },
	{ "create: it is there, and longer", "a\nb\nc\n", CREATE, 2, 0, FAILED, "", "!1" },
	{ "create an empty file", "", "diff --git a/f b/f\nnew file mode 100644\n", 0, 0, APPLIED, "", "" },
	{ "create an empty file that has content", "x\n", "diff --git a/f b/f\nnew file mode 100644\n", 0, 0, FAILED,
	  "", "" },
	{ "create in reverse deletes", "a\nb\n", CREATE, 0, 1, APPLIED, "", "1" },
	{ "a file that was empty may have content now", "x\n", "--- f\t2020-01-01\n+++ f\n@@ -0,0 +1 @@\n+a\n", 0, 0,
	  APPLIED, "a\nx\n", "1" },
	{ "delete", "a\nb\n", DELETE, 0, 0, APPLIED, "", "1" },
	{ "delete: content is left", "a\nb\nc\n", DELETE, 0, 0, FAILED, "", "1" },
	{ "delete: it is gone already", "", DELETE, 0, 0, ALREADY, "", "1" },
	{ "delete in reverse creates", "", DELETE, 0, 1, APPLIED, "a\nb\n", "1" },

	/* Line ends. */
	{ "a CRLF patch, an LF file", "a\n", "--- f\r\n+++ f\r\n@@ -1 +1 @@\r\n-a\r\n+b\r\n", 0, 0, APPLIED, "b\n",
	  "1" },
	{ "a CRLF file, a CRLF body", "a\r\n", H "@@ -1 +1 @@\n-a\r\n+b\r\n", 0, 0, APPLIED, "b\r\n", "1" },
	{ "a CRLF file, an LF patch", "a\r\n", H "@@ -1 +1 @@\n-a\n+b\n", 0, 0, FAILED, "", "!1" },
};

static struct gp_diff diff;
static struct gp_buf out, text;
static struct gp_hunk_report rep;

static int clear(void **state)
{
	(void)state;
	gp_diff_release(&diff);
	gp_buf_release(&out);
	gp_buf_release(&text);
	gp_hunk_report_release(&rep);
	return 0;
}

static void format_places(struct gp_buf *b)
{
	gp_buf_puts(b, "");
	for (size_t i = 0; i < rep.n; i++) {
		const struct gp_place *p = &rep.place[i];

		assert_int_equal(p->hunk, i);
		gp_buf_printf(b, "%s%s%llu", i ? " " : "", p->ok ? "" : "!",
			      (unsigned long long)(p->ok ? p->at : p->expected));
		if (p->fuzz)
			gp_buf_printf(b, "~%u", p->fuzz);
		if (p->offset)
			gp_buf_printf(b, "%+lld", (long long)p->offset);
	}
}

static void apply(struct gp_str old, const char *patch, unsigned fuzz, bool reverse)
{
	struct gp_err err = { 0 };

	if (gp_diff_parse(gp_str_of(patch), &diff, &err))
		fail_msg("%s", err.cause);
	assert_int_equal(diff.nfile, 1);
	assert_int_equal(gp_hunks_apply(old, &diff.file[0], (struct gp_hunk_how){ fuzz, reverse }, &out, &rep, &err),
			 0);
}

static void check(void **state)
{
	const struct hunk_case *c = *state;
	size_t failed = 0;

	apply(gp_str_of(c->old), c->patch, c->fuzz, c->reverse);
	format_places(&text);
	assert_string_equal(text.data, c->places);
	assert_int_equal(rep.result, c->result);
	assert_string_equal(out.data ? out.data : "", c->new);
	for (size_t i = 0; i < rep.n; i++)
		failed += !rep.place[i].ok;
	assert_int_equal(rep.failed, failed);
	assert_int_equal(rep.why != NULL, c->result == GP_HUNKS_FAILED);
}

/* --- why ---------------------------------------------------------------- */

static const struct why_case {
	const char *name, *old, *patch;
	uint64_t near_line;
	size_t near_hunk;
	const char *why; /* a part of it */
} whys[] = { { "why: expected and found", "1\n2\n3\n4\nX\n6\n", H FIVE, 4, 0,
	       "  line 5 expected: 5\n  line 5 found:    X\n" },
	     { "why: the nearest place", "0\n0\n0\n0\n0\n0\n0\n4\nX\n6\n", H FIVE, 8, 0,
	       "was expected at line 4; nearest place: line 8, where 2 of 3 lines agree\n" },
	     { "why: the patch's line", TEN, H "@@ -1 +1 @@\n-1\n+I\n@@ -9 +9 @@\n-x\n+y\n", 9, 1,
	       "hunk 2 (line 6 of the patch)" },
	     { "why: the end of the file", "4\n", H FIVE, 1, 0, "  line 2 found:    (end of file)\n" },
	     { "why: an empty file", "", H FIVE, 0, 0, "(end of file)\n" },
	     { "why: line endings", "4\n5\r\n6\n", H FIVE, 1, 0, "(only the line ending (CR LF) differs)\n" },
	     { "why: white space", "4\n5 \n6\n", H FIVE, 1, 0, "(only the white space differs)\n" },
	     { "why: the last newline", "4\n5\n6", H FIVE, 1, 0, "(only the newline at end of file differs)\n" },
	     { "why: anchored", "0\n1\n2\n3\n4\n", H "@@ -1,4 +1,4 @@\n-1\n+I\n 2\n 3\n 4\n", 2, 0,
	       "  but that is above what earlier hunks changed, or the hunk belongs to the start" },
	     { "why: terminal sequences are masked", "4\n\033[31m\n6\n", H FIVE, 1, 0, "found:    ?[31m\n" },
	     { "why: no more than six lines", "a\n", H "@@ -1,8 +1,7 @@\n-1\n 2\n 3\n 4\n 5\n 6\n 7\n 8\n", 1, 0,
	       "  and 2 more lines\n" },
	     { "why: the file exists", "x\n", CREATE, 0, 0, "creates this file, but it has content" },
	     { "why: content is left", "a\nb\nc\n", DELETE, 0, 0, "deletes this file, but it has content" } };

static void check_why(void **state)
{
	const struct why_case *c = *state;

	apply(gp_str_of(c->old), c->patch, 0, false);
	assert_int_equal(rep.result, GP_HUNKS_FAILED);
	assert_non_null(rep.why);
	if (!strstr(rep.why, c->why))
		fail_msg("lacks '%s':\n%s", c->why, rep.why);
	assert_int_equal(rep.near_line, c->near_line);
	assert_int_equal(rep.near_hunk, c->near_hunk);
}

static void long_lines_are_cut_between_characters(void **state)
{
	(void)state;
	gp_buf_puts(&text, "4\n5");
	for (int i = 0; i < 200; i++)
		gp_buf_puts(&text, "\303\244");
	gp_buf_puts(&text, "\n6\n");
	apply(gp_buf_str(&text), H FIVE, 0, false);
	assert_non_null(strstr(rep.why, "\303\244...\n"));
}

/* --- other ----------------------------------------------------------------- */

static void nul_bytes_are_content(void **state)
{
	static const char patch[] = H "@@ -1 +1 @@\n-a\0b\n+\0\n";

	(void)state;
	assert_int_equal(gp_diff_parse(GP_STR(patch), &diff, NULL), 0);
	assert_int_equal(gp_hunks_apply(GP_STR("a\0b\n"), &diff.file[0], (struct gp_hunk_how){ 0 }, &out, &rep, NULL),
			 0);
	assert_int_equal(rep.result, GP_HUNKS_APPLIED);
	assert_true(gp_str_same(gp_buf_str(&out), GP_STR("\0\n")));
}

static void contradicting_counts_are_refused(void **state)
{
	struct gp_dline line = { '-', true, GP_STR("a") };
	struct gp_hunk hunk = { .old_start = 1, .old_count = 2, .line = &line, .nline = 1 };
	struct gp_filediff f = { .hunk = &hunk, .nhunk = 1 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_hunks_apply(GP_STR("a\n"), &f, (struct gp_hunk_how){ 0 }, &out, &rep, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A file of 200,000 lines, alike but for each tenth, and 5,000 hunks, 3 lines off. */
static void big_files_take_no_time(void **state)
{
	struct gp_buf patch = { 0 };
	double begin;

	(void)state;
	gp_buf_puts(&text, "x\nx\nx\n");
	gp_buf_puts(&patch, H);
	for (int i = 0; i < 20000; i++) {
		gp_buf_printf(&text, "%d\n{\n}\n\n{\n}\n\n{\n}\n\n", i);
		if (i % 4 == 1)
			gp_buf_printf(&patch, "@@ -%d,3 +%d,3 @@\n \n-%d\n+new\n {\n", i * 10, i * 10, i);
	}
	begin = seconds();
	apply(gp_buf_str(&text), patch.data, 2, false);
	print_message("%.3f s\n", seconds() - begin);
	assert_int_equal(rep.result, GP_HUNKS_APPLIED);
	assert_int_equal(rep.place[4999].offset, 3);
	assert_true(seconds() - begin < 5); /* 0.03 s; a machine may be busy */
	gp_diff_release(&diff);
	gp_buf_release(&patch);
}

/* Hunks that fit nowhere though all their lines are frequent. */
static void hopeless_files_end(void **state)
{
	struct gp_buf patch = { 0 };
	double begin;

	(void)state;
	for (int i = 0; i < 100000; i++)
		gp_buf_puts(&text, "a\nb\n");
	gp_buf_puts(&patch, H);
	for (int i = 0; i < 2000; i++)
		gp_buf_printf(&patch, "@@ -%d,6 +%d,5 @@\n a\n b\n a\n-a\n b\n a\n", i * 10 + 1, i * 10 + 1);
	begin = seconds();
	apply(gp_buf_str(&text), patch.data, 2, false);
	print_message("%.3f s\n", seconds() - begin);
	assert_int_equal(rep.result, GP_HUNKS_FAILED);
	assert_int_equal(rep.failed, 2000);
	assert_true(seconds() - begin < 30); /* 0.5 s */
	gp_diff_release(&diff);
	gp_buf_release(&patch);
}

int main(void)
{
	static const struct CMUnitTest single[] = {
		cmocka_unit_test_teardown(long_lines_are_cut_between_characters, clear),
		cmocka_unit_test_teardown(nul_bytes_are_content, clear),
		cmocka_unit_test_teardown(contradicting_counts_are_refused, clear),
		cmocka_unit_test_teardown(big_files_take_no_time, clear),
		cmocka_unit_test_teardown(hopeless_files_end, clear),
	};

	FX_ROWS(cases, check, NULL, clear);
	FX_ROWS(whys, check_why, NULL, clear);
	FX_TESTS(single);
	return fx_run(NULL, NULL);
}
