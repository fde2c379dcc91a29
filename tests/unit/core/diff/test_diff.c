/* SPDX-License-Identifier: MIT */
/* Tests: core/diff/hunkread, core/diff/headname, core/diff/diffname */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/diff/diff.h"
#include "fx_table.h"

#define H "--- a/f\n+++ b/f\n" /* the header most cases share */
#define BODY " x\n-y\n+Y\n"    /* fits @@ -1,2 +1,2 @@ */
#define HUNK "@@ -1,2 +1,2 @@\n" BODY
#define GIT "diff --git a/f b/f\n"

/* want: per file "op old new mode,mode {hunk lines}", see format(). */
static const struct diff_case {
	const char *name, *text;
	enum gp_code code;
	const char *want; /* or a part of the cause */
} cases[] = {
	/* Dialects of the header. */
	{ "plain", H HUNK, GP_OK, "M a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "counts omitted", H "@@ -5 +5,2 @@\n-a\n+b\n+c\n", GP_OK, "M a/f b/f {-5,1+5,2|-a|+b|+c}" },
	{ "zero context", H "@@ -4,0 +5 @@\n+a\n", GP_OK, "M a/f b/f {-4,0+5,1|+a}" },
	{ "two hunks", H HUNK "@@ -9 +9 @@\n-a\n+b\n", GP_OK, "M a/f b/f {-1,2+1,2| x|-y|+Y}{-9,1+9,1|-a|+b}" },
	{ "a section behind the second @@", H "@@ -1,2 +1,2 @@ int f(void)\n" BODY, GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "time stamps", "--- ./k/f\t2021-04-01 10:00:00.0 +0200\n+++ ./k/f\t2021-04-02\n" HUNK, GP_OK,
	  "M ./k/f ./k/f {-1,2+1,2| x|-y|+Y}" },
	{ "a name with a blank needs a tab behind it", "--- a/f g\t\n+++ b/f g\t\n" HUNK, GP_OK,
	  "M a/f g b/f g {-1,2+1,2| x|-y|+Y}" },
	{ "without a tab a blank ends the name", "--- a/f 2021-01-01\n+++ b/f x\n" HUNK, GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "a diff line before the header", "diff --color=auto -Naur a/f b/f\n" H HUNK, GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "Index: lines", "Index: f\n=====\n" H HUNK, GP_OK, "M a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "Index: alone names the file", "Index: f\n" HUNK, GP_OK, "M f f {-1,2+1,2| x|-y|+Y}" },
	{ "prose before, between and after",
	  "Description: x\n- a\n+ b\n@@ no\n---\n\n" H HUNK "\nthen\n --- q\n" H HUNK "-- \n2.30\n", GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}\nM a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "prose between the header lines", "--- a/f\nfoo\n+++ b/f\nbar\n" HUNK, GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "no newline at the end of the patch", H "@@ -1,2 +1,2 @@\n x\n-y\n+Y", GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "an empty context line lost its blank", H "@@ -1,3 +1,3 @@\n\n-y\n+Y\n\n", GP_OK,
	  "M a/f b/f {-1,3+1,3| |-y|+Y| }" },
	{ "a context line with a tab lost its blank", H "@@ -1,2 +1,2 @@\n\tx\n-y\n+Y\n", GP_OK,
	  "M a/f b/f {-1,2+1,2| \tx|-y|+Y}" },
	{ "removed and added lines that look like headers",
	  H "@@ -1,2 +1,2 @@\n--- a/q\n-@@ -1 +1 @@\n+++ b/q\n+diff --git a b\n", GP_OK,
	  "M a/f b/f {-1,2+1,2|--- a/q|-@@ -1 +1 @@|+++ b/q|+diff --git a b}" },
	{ "lines with '#' inside a hunk are comments", H "@@ -1,2 +1,2 @@\n x\n#c\n-y\n+Y\n", GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "no newline at end of both",
	  H "@@ -1 +1 @@\n-y\n\\ No newline at end of file\n+Y\n"
	    "\\ No newline at end of file\n",
	  GP_OK, "M a/f b/f {-1,1+1,1|-y~|+Y~}on" },
	{ "no newline at the end of the old side", H "@@ -1 +1 @@\n-y\n\\ in any language\n+Y\n", GP_OK,
	  "M a/f b/f {-1,1+1,1|-y~|+Y}o" },
	{ "no newline behind context", H "@@ -1,2 +1,2 @@\n-y\n+Y\n z\n\\ No newline\n", GP_OK,
	  "M a/f b/f {-1,2+1,2|-y|+Y| z~}on" },

	/* CRLF: the last header line before the first hunk decides (as in GNU patch). */
	{ "a CRLF patch loses its CRs", "--- a/f\r\n+++ b/f\r\n@@ -1,3 +1,3 @@\r\n x\r\n\r\n-y\r\n+Y\r\n", GP_OK,
	  "M a/f b/f {-1,3+1,3| x| |-y|+Y}r" },
	{ "CRLF in the body only is content", H "@@ -1 +1 @@\n-y\r\n+Y\r\n", GP_OK, "M a/f b/f {-1,1+1,1|-y\r|+Y\r}" },
	{ "CRLF in the +++ line only", "--- a/f\n+++ b/f\r\n@@ -1 +1 @@\n-y\r\n+Y\r\n", GP_OK,
	  "M a/f b/f {-1,1+1,1|-y|+Y}r" },
	{ "CRLF in the @@ line only", H "@@ -1 +1 @@\r\n-y\r\n+Y\r\n", GP_OK, "M a/f b/f {-1,1+1,1|-y\r|+Y\r}" },

	/* Created and deleted files. */
	{ "/dev/null creates", "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n", GP_OK, "C - b/f {-0,0+1,1|+a}" },
	{ "/dev/null deletes", "--- a/f\n+++ /dev/null\t1970-01-01\n@@ -1 +0,0 @@\n-a\n", GP_OK,
	  "D a/f - {-1,1+0,0|-a}" },
	{ "the epoch creates",
	  "--- a/f\t1970-01-01 00:00:00.000 +0000\n+++ b/f\t2020-01-01 00:00:00 +0000\n"
	  "@@ -0,0 +1 @@\n+a\n",
	  GP_OK, "C a/f b/f {-0,0+1,1|+a}" },
	{ "the epoch east of Greenwich", "--- a/f\t1970-01-01 05:30:00 +0530\n+++ b/f\n@@ -0,0 +1 @@\n+a\n", GP_OK,
	  "C a/f b/f {-0,0+1,1|+a}" },
	{ "the epoch west of Greenwich deletes", "--- a/f\n+++ b/f\t1969-12-31 19:00:00 -0500\n@@ -1 +0,0 @@\n-a\n",
	  GP_OK, "D a/f b/f {-1,1+0,0|-a}" },
	{ "two days later it is a file that was empty",
	  "--- a/f\t1970-01-03 00:00:00 +0000\n+++ b/f\n@@ -0,0 +1 @@\n+a\n", GP_OK, "M a/f b/f {-0,0+1,1|+a}" },
	{ "the epoch with content is a file", "--- a/f\t1970-01-01 00:00:00 +0000\n+++ b/f\n" HUNK, GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}" },

	/* Git's headers. */
	{ "git", GIT "index 12..34 100644\n" H HUNK, GP_OK, "M a/f b/f {-1,2+1,2| x|-y|+Y}g" },
	{ "git creates", GIT "new file mode 100755\nindex 0..1\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n", GP_OK,
	  "C - b/f -1,33261 {-0,0+1,1|+a}g" },
	{ "git creates an empty file", GIT "new file mode 100644\nindex 0..e69\n", GP_OK, "C - b/f -1,33188 g" },
	{ "git deletes an empty file", GIT "deleted file mode 100644\nindex e69..0\n", GP_OK, "D a/f - 33188,-1 g" },
	{ "git changes the mode", GIT "old mode 100644\nnew mode 100755\n", GP_OK, "M a/f b/f 33188,33261 g" },
	{ "git renames", "diff --git a/f b/g/h\nsimilarity index 100%\nrename from f\nrename to g/h\n", GP_OK,
	  "R a/f b/g/h g" },
	{ "git renames and changes",
	  "diff --git a/f b/g\nsimilarity index 90%\nrename from f\nrename to g\n"
	  "--- a/f\n+++ b/g\n" HUNK,
	  GP_OK, "R a/f b/g {-1,2+1,2| x|-y|+Y}g" },
	{ "git copies", "diff --git a/f b/g\ncopy from f\ncopy to g\n", GP_OK, "Y a/f b/g g" },
	{ "git: several files, some without hunks",
	  GIT "old mode 100644\nnew mode 100755\n"
	      "diff --git a/g b/g\nnew file mode 100644\n" GIT H HUNK "diff --git a/h b/h\nindex 1..2\n",
	  GP_OK, "M a/f b/f 33188,33261 g\nC - b/g -1,33188 g\nM a/f b/f {-1,2+1,2| x|-y|+Y}g" },
	{ "git's headers alone, then a plain diff", GIT "new file mode 100644\nprose\n--- a/g\n+++ b/g\n" HUNK, GP_OK,
	  "C - b/f -1,33188 g\nM a/g b/g {-1,2+1,2| x|-y|+Y}" },
	{ "git: blanks in names", "diff --git a/f g b/f g\nold mode 100644\nnew mode 100755\n", GP_OK,
	  "M a/f g b/f g 33188,33261 g" },
	{ "git: blanks in renamed names", "diff --git a/x b/x b/y y\nrename from x b/x\nrename to y y\n", GP_OK,
	  "R a/x b/x b/y y g" },
	{ "git: quoted names", "diff --git \"a/\\303\\244\\\"\" \"b/\\303\\244\\\"\"\nnew file mode 100644\n", GP_OK,
	  "C - b/\303\244\" -1,33188 g" },
	{ "git: a quoted name, a bare one with blanks", "diff --git \"a/\\t\" b/f g\ncopy from \"\\t\"\ncopy to f g\n",
	  GP_OK, "Y a/\t b/f g g" },
	{ "git: a bare name with blanks, a quoted one", "diff --git a/f g \"b/\\t\"\ncopy from f g\ncopy to \"\\t\"\n",
	  GP_OK, "Y a/f g b/\t g" },
	{ "git: one name", "diff --git a/f\nnew file mode 100644\n", GP_E_FORMAT, "no usable names in line 1" },
	{ "git: text behind a quoted name", "diff --git \"a/f\" \"b/f\"x\nnew file mode 100644\n", GP_E_FORMAT,
	  "no usable names in line 1" },
	{ "quoted names in the header", "--- \"a/\\303\\244\\t\"\n+++ \"b/\\303\\244\\t\"\n" HUNK, GP_OK,
	  "M a/\303\244\t b/\303\244\t {-1,2+1,2| x|-y|+Y}" },
	{ "git's words in prose mean nothing", "new file mode 100644\nrename from x\n" H HUNK, GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}" },

	/* Unsupported: said, not skipped. */
	{ "a context diff", "*** a/f\n--- b/f\n***************\n*** 1 ****\n! a\n--- 1 ----\n! b\n", GP_E_UNSUPPORTED,
	  "context diff at line 3" },
	{ "rows of stars are prose", "***************\n" H HUNK, GP_OK, "M a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "an ed script", "3d\n1c\nx\n.\n", GP_E_UNSUPPORTED, "ed script or normal diff at line 1" },
	{ "a normal diff", "5,7c8\n< a\n---\n> b\n", GP_E_UNSUPPORTED, "normal diff at line 1" },
	{ "ed commands in prose", "1a\n3d\n" H HUNK, GP_OK, "M a/f b/f {-1,2+1,2| x|-y|+Y}" },
	{ "a git binary patch", H HUNK GIT "index 1..2\nGIT binary patch\nliteral 1\n", GP_E_UNSUPPORTED,
	  "binary patch at line 9" },
	{ "binary files differ, and nothing else", "Binary files a/x and b/x differ\n", GP_E_UNSUPPORTED, "line 1" },
	{ "binary files differ", H HUNK "Binary files a/x and b/x differ\n", GP_OK, "M a/f b/f {-1,2+1,2| x|-y|+Y}N7" },
	{ "a combined diff", "diff --cc f\n--- a/f\n+++ b/f\n@@@ -1 -1 +1 @@@\n", GP_E_UNSUPPORTED,
	  "combined diff at line 1" },

	/* Malformed: with the line. */
	{ "nothing", "", GP_E_FORMAT, "no diff found" },
	{ "prose alone", "hello\nworld\n", GP_E_FORMAT, "no diff found" },
	{ "a header alone", H, GP_E_FORMAT, "no diff found" },
	{ "a body that ends early", H "@@ -1,3 +1,2 @@\n x\n-y\n+Y\n", GP_E_FORMAT,
	  "line 6: ends inside the hunk of line 3" },
	{ "four lines of context cut off", H "@@ -1,5 +1,5 @@\n-y\n+Y\n", GP_E_FORMAT,
	  "line 5: ends inside the hunk of line 3" },
	{ "nothing but context was there", H "@@ -1,4 +1,4 @@\n x\n", GP_E_FORMAT, "the hunk changes nothing" },
	{ "three lines of context cut off", H "@@ -1,4 +1,4 @@\n-y\n+Y\n", GP_OK,
	  "M a/f b/f {-1,4+1,4|-y|+Y| | | }N5" },
	{ "one line of context cut off",
	  H "@@ -1,3 +1,3 @@\n "
	    "x\n-y\n+Y\n",
	  GP_OK, "M a/f b/f {-1,3+1,3| x|-y|+Y| }N6" },
	{ "context cut off before another file", H "@@ -1,3 +1,3 @@\n-y\n+Y\n" H HUNK, GP_E_FORMAT, "line 8" },

	/* What GNU patch takes besides: tests/cli/dialects.sh asks it. */
	{ "a hunk in prose", "Text:\n@@ -1,3 +1,3 @@\n and more\n" H HUNK, GP_OK, "M a/f b/f {-1,2+1,2| x|-y|+Y}N2" },
	{ "a whole hunk in the text before", "@@ -1 +1 @@\n-a\n+b\n\n" H HUNK, GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}N1" },
	{ "a whole hunk that a blank line parts", H HUNK "\n@@ -9 +9 @@\n-a\n+b\n", GP_E_FORMAT,
	  "the hunk of line 8 has no '---' and '+++' lines before it" },
	{ "prose behind a file", H HUNK "\n@@ -9 +9 @@\nand so on\n", GP_OK, "M a/f b/f {-1,2+1,2| x|-y|+Y}N8" },
	{ "Index: counts where the headers name nothing", "Index: f\n--- /dev/null\n@@ -0,0 +1 @@\n+a\n", GP_OK,
	  "C - f {-0,0+1,1|+a}" },
	{ "a stamp counts for its own side", "Index: f\n--- f\t1970-01-01 00:00:00 +0000\n@@ -1 +0,0 @@\n-x\n", GP_OK,
	  "M f f {-1,1+0,0|-x}" },
	{ "git's header alone", GIT "index 1..2 100644\n" HUNK, GP_OK, "M a/f b/f {-1,2+1,2| x|-y|+Y}gN1" },
	{ "git's header alone, of a new file", GIT "new file mode 100755\n@@ -0,0 +1 @@\n+a\n", GP_OK,
	  "C - b/f -1,33261 {-0,0+1,1|+a}gN1" },
	{ "git's header alone, of a deleted file", GIT "deleted file mode 100644\n@@ -1 +0,0 @@\n-a\n", GP_OK,
	  "D a/f - 33188,-1 {-1,1+0,0|-a}gN1" },
	{ "git's header alone, with CRs", "diff --git a/f b/f\r\nindex 1..2\r\n@@ -1 +1 @@\r\n-y\r\n+Y\r\n", GP_OK,
	  "M a/f b/f {-1,1+1,1|-y|+Y}rgN1" },
	{ "indented by blanks", "So:\n  --- a/f\n  +++ b/f\n  @@ -1,3 +1,3 @@\n   x\n\n  -y\n  +Y\n", GP_OK,
	  "M a/f b/f {-1,3+1,3| x| |-y|+Y}N4" },
	{ "indented by a tab", "\t--- a/f\n\t+++ b/f\n\t@@ -1 +1 @@\n\t-y\n\t\\ no\n\t+\tY\n", GP_OK,
	  "M a/f b/f {-1,1+1,1|-y~|+\tY}oN3" },
	{ "indented, two files",
	  " --- a/f\n +++ b/f\n @@ -1 +1 @@\n -y\n +Y\n @@ -5 +5 @@\n -z\n +Z\n"
	  "  --- a/g\n  +++ b/g\n  @@ -1 +1 @@\n  -y\n  +Y\n",
	  GP_OK, "M a/f b/f {-1,1+1,1|-y|+Y}{-5,1+5,1|-z|+Z}\nM a/g b/g {-1,1+1,1|-y|+Y}N3" },
	{ "an indented diff in the text of another", "  --- a/g\n  +++ b/g\n  @@ -1 +1 @@\n  -y\n  +Y\n" H HUNK, GP_OK,
	  "M a/f b/f {-1,2+1,2| x|-y|+Y}N3" },
	{ "a body cut by another file", H "@@ -1,3 +1,3 @@\n" BODY "diff -u a b\n", GP_E_FORMAT,
	  "line 7: 'diff -u a b'" },
	{ "a body with a line too many", H "@@ -1,2 +1,2 @@\n" BODY "+z\n", GP_E_FORMAT, "line 7: '+z'" },
	{ "more removed lines than counted", H "@@ -1 +1,2 @@\n-a\n-b\n+c\n+d\n", GP_E_FORMAT, "line 5: '-b'" },
	{ "nothing changes", H "@@ -1 +1 @@\n x\n", GP_E_FORMAT, "changes nothing" },
	{ "an empty hunk", H "@@ -1,0 +1,0 @@\n", GP_E_FORMAT, "changes nothing" },
	{ "no @@ at the end", H "@@ -1,2 +1,2\n" BODY, GP_E_FORMAT, "line 3" },
	{ "a huge line number", H "@@ -99999999999999999999 +1 @@\n-y\n+Y\n", GP_E_FORMAT, "line 3" },
	{ "a huge count", H "@@ -1,2305843009213693951 +1 @@\n-y\n+Y\n", GP_E_FORMAT, "ends inside" },
	{ "a sign", H "@@ -+1 +1 @@\n-y\n+Y\n", GP_E_FORMAT, "line 3" },
	{ "a hunk without a header", HUNK, GP_E_FORMAT, "hunk of line 1 has no" },
	{ "a hunk behind a blank line", H HUNK "\n" HUNK, GP_E_FORMAT, "hunk of line 8 has no" },
	{ "a mark inside a side", H "@@ -1,2 +1 @@\n-a\n\\ No newline\n-b\n+c\n", GP_E_FORMAT, "line 5" },
	{ "both names are /dev/null", "--- /dev/null\n+++ /dev/null\n@@ -0,0 +1 @@\n+a\n", GP_E_FORMAT,
	  "names no file" },
	{ "an open quote", "--- \"a/f\n+++ b/f\n" HUNK, GP_E_FORMAT, "header of line 1" },
	{ "an escape beyond a byte", "--- \"a/\\777\"\n+++ b/f\n" HUNK, GP_E_FORMAT, "header of line 1" },
	{ "a NUL in a quoted name", "--- \"a/\\000\"\n+++ b/f\n" HUNK, GP_E_FORMAT, "header of line 1" },
	{ "an empty name", "--- \t\n+++ b/f\n" HUNK, GP_E_FORMAT, "no usable name" },
	{ "a terminal sequence is masked", H "@@ -1 +1 @@\n\033[2J\n", GP_E_FORMAT, "'?[2J'" },
};

static struct gp_diff diff;
static struct gp_buf text;

static int clear(void **state)
{
	(void)state;
	gp_diff_release(&diff);
	gp_buf_release(&text);
	return 0;
}

static void format_hunk(struct gp_buf *b, const struct gp_hunk *h)
{
	gp_buf_printf(b, "{-%llu,%llu+%llu,%llu", (unsigned long long)h->old_start, (unsigned long long)h->old_count,
		      (unsigned long long)h->new_start, (unsigned long long)h->new_count);
	for (size_t i = 0; i < h->nline; i++)
		gp_buf_printf(b, "|%c%.*s%s", h->line[i].op, (int)h->line[i].text.len, h->line[i].text.p,
			      h->line[i].nl ? "" : "~");
	gp_buf_printf(b, "}%s%s", h->old_eof_nonl ? "o" : "", h->new_eof_nonl ? "n" : "");
}

static void format(struct gp_buf *b)
{
	for (size_t i = 0; i < diff.nfile; i++) {
		const struct gp_filediff *f = &diff.file[i];

		gp_buf_printf(b, "%s%c %s %s ", i ? "\n" : "", "MCDRY"[f->op], f -> old_path ? f -> old_path : "-",
			      f->new_path ? f->new_path : "-");
		if (f->old_mode != -1 || f->new_mode != -1)
			gp_buf_printf(b, "%d,%d ", f->old_mode, f->new_mode);
		for (size_t k = 0; k < f->nhunk; k++)
			format_hunk(b, &f->hunk[k]);
		gp_buf_printf(b, "%s%s", f->crlf ? "r" : "", f->git ? "g" : "");
	}
	for (size_t i = 0; i < diff.notes.n; i++)
		gp_buf_printf(b, "N%lu", strtoul(diff.notes.v[i] + strlen("line "), NULL, 10));
}

static void check(void **state)
{
	const struct diff_case *c = *state;
	struct gp_err err = { 0 };
	int rc = gp_diff_parse(gp_str_of(c->text), &diff, &err);

	if (err.code != c->code)
		fail_msg("code %d: %s", err.code, err.cause);
	assert_int_equal(rc, c->code ? -1 : 0);
	if (c->code) {
		if (!strstr(err.cause, c->want))
			fail_msg("'%s' lacks '%s'", err.cause, c->want);
		assert_int_equal(diff.nfile, 0);
		return;
	}
	format(&text);
	assert_string_equal(text.data, c->want);
}

/* --- targets ------------------------------------------------------------- */

#define BOTH(a, b) "--- " a "\n+++ " b "\n" HUNK

static const struct target_case {
	const char *name, *text;
	unsigned strip;
	bool reverse;
	const char *target, *source; /* NULL: refused */
} targets[] = {
	{ "target: -p1", BOTH("a/k/f.c", "b/k/f.c"), 1, false, "k/f.c", "k/f.c" },
	{ "target: -p0 with a dot", BOTH("./k/f.c", "./k/f.c"), 0, false, "k/f.c", "k/f.c" },
	{ "target: -p1 with a dot", BOTH("./k/f.c", "./k/f.c"), 1, false, "k/f.c", "k/f.c" },
	{ "target: doubled slashes count once", BOTH("a//k/f.c", "b//k/f.c"), 1, false, "k/f.c", "k/f.c" },
	{ "target: -p2", BOTH("a/k/f.c", "b/k/f.c"), 2, false, "f.c", "f.c" },
	{ "target: nothing is left", BOTH("f.c", "f.c"), 1, false, NULL, NULL },
	{ "target: absolute", BOTH("/etc/f", "/etc/f"), 0, false, NULL, NULL },
	{ "target: absolute, stripped", BOTH("/etc/f", "/etc/f"), 1, false, "etc/f", "etc/f" },
	{ "target: climbing", BOTH("a/../../f", "b/../../f"), 1, false, NULL, NULL },
	{ "target: the shorter name wins", BOTH("f.c.orig", "f.c"), 0, false, "f.c", "f.c" },
	{ "target: the shorter name wins in reverse", BOTH("f.c.orig", "f.c"), 0, true, "f.c", "f.c" },
	{ "target: the shorter name wins, whatever its base name", BOTH("dir/gg", "d/fff"), 0, false, "d/fff",
	  "d/fff" },
	{ "target: -p leaves nothing but Index:'s name", "Index: i/i/g\n" BOTH("f", "f"), 2, false, "g", "g" },
	{ "target: fewer components win", BOTH("f.c.orig", "k/f.c"), 0, false, "f.c.orig", "f.c.orig" },
	{ "target: one name is too short for -p", BOTH("f.c", "b/f.c"), 1, false, "f.c", "f.c" },
	{ "target: created", "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n", 1, false, "f", "f" },
	{ "target: created, in reverse", "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+a\n", 1, true, "f", "f" },
	{ "target: deleted", "--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n", 1, false, "f", "f" },
	{ "target: renamed", "diff --git a/f b/g\nrename from f\nrename to g\n", 1, false, "g", "f" },
	{ "target: renamed, in reverse", "diff --git a/f b/g\nrename from f\nrename to g\n", 1, true, "f", "g" },
	{ "target: copied", "diff --git a/f b/g\ncopy from f\ncopy to g\n", 1, false, "g", "f" },
	{ "target: a copy in reverse deletes it", "diff --git a/f b/g\ncopy from f\ncopy to g\n", 1, true, "g", "g" },
};

static void check_path(char *got, const char *want, const struct gp_err *err)
{
	bool same = got && want ? strcmp(got, want) == 0 : !got && !want;

	if (!same)
		fail_msg("'%s', not '%s'", got ? got : "(null)", want ? want : "(null)");
	free(got);
	if (!want)
		assert_int_equal(err->code, GP_E_FORMAT);
}

static void check_target(void **state)
{
	const struct target_case *c = *state;
	struct gp_err err = { 0 };

	assert_int_equal(gp_diff_parse(gp_str_of(c->text), &diff, &err), 0);
	assert_int_equal(diff.nfile, 1);
	check_path(gp_diff_target(&diff.file[0], c->strip, c->reverse, &err), c->target, &err);
	check_path(gp_diff_source(&diff.file[0], c->strip, c->reverse, &err), c->source, &err);
}

/* --- what a table of C strings cannot hold -------------------------------- */

static void nul_bytes_are_content(void **state)
{
	static const char patch[] = H "@@ -1 +1 @@\n-a\0b\n+\0\n";
	struct gp_hunk *h;

	(void)state;
	assert_int_equal(gp_diff_parse(GP_STR(patch), &diff, NULL), 0);
	h = &diff.file[0].hunk[0];
	assert_int_equal(h->line[0].text.len, 3);
	assert_int_equal(h->line[1].text.len, 1);
}

static void line_numbers_are_of_the_patch(void **state)
{
	(void)state;
	assert_int_equal(gp_diff_parse(gp_str_of("prose\n\n" GIT "index 1..2\n" H HUNK), &diff, NULL), 0);
	assert_int_equal(diff.file[0].lineno, 3);
	assert_int_equal(diff.file[0].hunk[0].lineno, 7);
}

static void reverse_swaps_create_and_delete(void **state)
{
	static const enum gp_file_op want[] = {
		[GP_FILE_MODIFY] = GP_FILE_MODIFY, [GP_FILE_CREATE] = GP_FILE_DELETE, [GP_FILE_DELETE] = GP_FILE_CREATE,
		[GP_FILE_RENAME] = GP_FILE_RENAME, [GP_FILE_COPY] = GP_FILE_DELETE,
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(want); i++) {
		struct gp_filediff f = { .op = (enum gp_file_op)i };

		assert_int_equal(gp_diff_op(&f, false), f.op);
		assert_int_equal(gp_diff_op(&f, true), want[i]);
	}
}

/* Every prefix of a patch with everything in it: an error or not, never a crash. */
static void any_prefix_is_survived(void **state)
{
	static const char patch[] =
		"x\n" GIT "old mode 100644\nnew mode 100755\n" H HUNK "\\ No newline\n"
		"diff --git \"a/\\303\" \"b/\\303\"\nrename from x\nrename to y\n--- \"a/\\303\"\n"
		"+++ \"b/\\303\"\t1970-01-01 00:00:00 +0000\n@@ -1 +0,0 @@\n-a\n\\ no\n"
		"Index: f\r\n--- f\r\n+++ f\r\n@@ -1,2 +1 @@\r\n \r\n-b\r\n*** a\n--- b\n****************\n";

	(void)state;
	for (size_t n = 0; n < sizeof(patch); n++) {
		char *copy = malloc(n ? n : 1); /* so that a read beyond the end is seen */

		assert_non_null(copy);
		memcpy(copy, patch, n);
		if (gp_diff_parse((struct gp_str){ copy, n }, &diff, NULL))
			assert_int_equal(diff.nfile, 0);
		gp_diff_release(&diff);
		free(copy);
	}
}

int main(void)
{
	static const struct CMUnitTest single[] = { cmocka_unit_test_teardown(nul_bytes_are_content, clear),
						    cmocka_unit_test_teardown(line_numbers_are_of_the_patch, clear),
						    cmocka_unit_test_teardown(reverse_swaps_create_and_delete, clear),
						    cmocka_unit_test_teardown(any_prefix_is_survived, clear) };

	FX_ROWS(cases, check, NULL, clear);
	FX_ROWS(targets, check_target, NULL, clear);
	FX_TESTS(single);
	return fx_run(NULL, NULL);
}
