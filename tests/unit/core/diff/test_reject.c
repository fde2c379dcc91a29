/* SPDX-License-Identifier: MIT */
/*
 * What gp_reject_append() writes, case by case; the installed GNU patch must
 * write the same. tests/unit/ops/patch/test_differential.c compares thousands of random ones.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "core/diff/reject.h"
#include "fx_judge.h"
#include "fx_table.h"

#define H "--- f\n+++ f\n"
#define XY "@@ -2 +2 @@\n-x\n+y\n"
#define NONL "\\ No newline at end of file\n"
#define ABC "a\nb\nc\n"
#define CREATE "@@ -0,0 +1,2 @@\n+a\n+b\n"
#define R true

static const struct reject_case {
	const char *name, *file, *old, *patch;
	unsigned strip;
	bool reverse;
	const char *reject;
} cases[] = {
	{ "nothing failed", "f", ABC, H "@@ -2 +2 @@\n-b\n+B\n", 0, 0, "" },
	{ "headers with time stamps", "f", ABC, "--- f\t2024-01-01 00:00:00 +0000\n+++ f\t2025\n" XY, 0, 0,
	  "--- f\t2024-01-01 00:00:00 +0000\n+++ f\t2025\n" XY },
	{ "-R swaps headers, counts and marks", "f", ABC, "--- f\t1\n+++ f\t2\n@@ -2,2 +2,3 @@\n-x\n+y\n+Y\n z\n", 0, R,
	  "--- f\t2\n+++ f\t1\n@@ -2,3 +2,2 @@\n-y\n-Y\n+x\n z\n" },
	{ "svn's headers", "f", ABC, "Index: f\n===\n--- f  \t(revision 3)\n+++ f  (working copy)\n" XY, 0, 0,
	  "--- f  \t(revision 3)\n+++ f  (working copy)\n" XY },
	{ "strip takes off, but does not clean", "s/f", ABC, "--- x/s//f\n+++ y//s/./f\n" XY, 1, 0,
	  "--- s//f\n+++ s/./f\n" XY },
	{ "a name that strip uses up", "f", ABC, "--- x/f\t1\n+++ y\t2\n" XY, 1, 0, "--- f\t1\n+++ /dev/null\n" XY },
	{ "quoted names are unquoted", "f g", ABC, "--- \"f\\040g\" 1\n+++ \"f g\"\t2\n" XY, 0, 0,
	  "--- f g 1\n+++ f g\t2\n" XY },
	{ "only an Index line", "f", ABC, "Index: f\n" XY, 0, 0, "Index: f\n--- /dev/null\n+++ /dev/null\n" XY },
	{ "only ---", "f", ABC, "--- f\t1\n" XY, 0, 0, "--- f\t1\n+++ /dev/null\n" XY },
	{ "only +++", "f", ABC, "+++ f\t1\n" XY, 0, 0, "--- /dev/null\n+++ f\t1\n" XY },
	{ "only +++, -R", "f", ABC, "+++ f\t1\n" XY, 0, R, "--- f\t1\n+++ /dev/null\n@@ -2 +2 @@\n-y\n+x\n" },
	{ "CRLF headers: the CRs go", "f", ABC, "--- f\t1\r\n+++ f\r\n@@ -2 +2 @@ fn\r\n-x\r\n+y\r\n", 0, 0,
	  "--- f\t1\n+++ f\n@@ -2 +2 @@ fn\n-x\n+y\n" },
	{ "a CR in the first header alone", "f", ABC, "--- f\t1\r\n+++ f\n" XY, 0, 0, "--- f\t1\n+++ f\n" XY },
	{ "CRLF in the body alone stays", "f", ABC, H "@@ -2 +2 @@ fn\r\n-x\r\n+y\r\n", 0, 0,
	  H "@@ -2 +2 @@ fn\r\n-x\r\n+y\r\n" },

	/* git. */
	{ "git's change", "f", ABC, "diff --git a/f b/f\nindex 1234567..89abcde 100644\n--- a/f\n+++ b/f\n" XY, 1, 0,
	  H XY },
	{ "git's change with -p0", "a/f", ABC, "diff --git a/f b/f\n--- a/f\n+++ b/f\n" XY, 0, 0,
	  "--- a/f\n+++ b/f\n" XY },
	{ "git's name with a blank", "f g", ABC, "diff --git a/f g b/f g\n--- a/f g\t\n+++ b/f g\t\n" XY, 1, 0,
	  "--- f g\t\n+++ f g\t\n" XY },
	{ "git's new file that exists", "f", ABC,
	  "diff --git a/f b/f\nnew file mode 100644\nindex 0000000..89abcde\n--- /dev/null\t1\n+++ b/f\n" CREATE, 1, 0,
	  H CREATE },
	{ "git's deletion, content differs", "f", ABC,
	  "diff --git a/f b/f\ndeleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-b\n", 1, 0,
	  H "@@ -1,2 +0,0 @@\n-x\n-b\n" },
	{ "git's rename", "f", ABC, "diff --git a/f b/g\nrename from f\nrename to g\n--- a/f\t1\n+++ b/g\t2\n" XY, 1, 0,
	  "--- f\t1\n+++ g\t2\n" XY },
	{ "git's rename, -R", "g", ABC, "diff --git a/f b/g\nrename from f\nrename to g\n--- a/f\n+++ b/g\n" XY, 1, R,
	  "--- g\n+++ f\n@@ -2 +2 @@\n-y\n+x\n" },
	{ "git's copy", "f", ABC, "diff --git a/f b/g\ncopy from f\ncopy to g\n--- a/f\n+++ b/g\n" XY, 1, 0,
	  "--- f\n+++ g\n" XY },

	/* Whole files. */
	{ "a new file that exists", "f", ABC, "--- /dev/null\t1\n+++ f\t2\n" CREATE, 0, 0,
	  "--- /dev/null\n+++ f\t2\n" CREATE },
	{ "a new file by its time stamp", "f", ABC, "--- f.orig\t1970-01-01 00:00:00 +0000\n+++ f\t2\n" CREATE, 0, 0,
	  "--- f.orig\t1970-01-01 00:00:00 +0000\n+++ f\t2\n" CREATE },
	{ "a deletion, content differs", "f", ABC, "--- f\t1\n+++ /dev/null\t2\n@@ -1,2 +0,0 @@\n-x\n-b\n", 0, 0,
	  "--- f\t1\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-b\n" },
	{ "a deletion that leaves content: no hunk failed", "f", ABC, "--- f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n",
	  0, 0, "" },
	{ "a new file, -R, content differs", "f", ABC, "--- /dev/null\n+++ f\n@@ -0,0 +1,2 @@\n+x\n+b\n", 0, R,
	  "--- f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-b\n" },

	/* Hunks. */
	{ "what stands behind @@", "f", ABC, H "@@ -2 +2 @@   int f(void) \t\n-x\n+y\n", 0, 0,
	  H "@@ -2 +2 @@   int f(void) \t\n-x\n+y\n" },
	{ "only a blank behind @@", "f", ABC, H "@@ -2 +2 @@ \n-x\n+y\n", 0, 0, H "@@ -2 +2 @@ \n-x\n+y\n" },
	{ "no blank behind @@", "f", ABC, H "@@ -2 +2 @@int f\n-x\n+y\n", 0, 0, H XY },
	{ "a single @", "f", ABC, H "@@ -2 +2 @\n-x\n+y\n", 0, 0, H XY },
	{ "counts of one are left out", "f", ABC, H "@@ -2,1 +2,1 @@\n-x\n+y\n", 0, 0, H XY },
	{ "line numbers move by what was added before", "f", ABC "d\ne\nf\n",
	  H "@@ -1 +1,3 @@\n-a\n+1\n+2\n+3\n@@ -3 +5 @@\n-x\n+y\n@@ -4 +6,0 @@\n-d\n@@ -6 +7,2 @@ s\n-x\n+y\n+z\n", 0,
	  0, H "@@ -5 +7 @@\n-x\n+y\n@@ -7 +8,2 @@ s\n-x\n+y\n+z\n" },
	{ "not by offsets", "f", "0\n0\n" ABC, H "@@ -1 +1 @@\n-a\n+A\n@@ -2 +2 @@\n-x\n+y\n", 0, 0, H XY },
	{ "below zero", "f", ABC, "--- f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n@@ -7 +0,0 @@\n-q\n", 0, 0,
	  "--- f\n+++ /dev/null\n@@ -5 +-2,0 @@\n-q\n" },
	{ "misordered insertions", "f", ABC, H "@@ -2,0 +2 @@\n+x\n@@ -1,0 +5,2 @@\n+y\n+z\n@@ -0,0 +5,2 @@\n+y\n+z\n",
	  0, 0, H "@@ -2,0 +6,2 @@\n+y\n+z\n@@ -1,0 +6,2 @@\n+y\n+z\n" },
	{ "between context - comes before +", "f", ABC, H "@@ -1,6 +1,6 @@\n+x\n-b\n+c\n-d\n 1\n-f\n+g\n 2\n+h\n-i\n",
	  0, 0, H "@@ -1,6 +1,6 @@\n-b\n-d\n+x\n+c\n 1\n-f\n+g\n 2\n-i\n+h\n" },
	{ "-R too", "f", ABC, H "@@ -1,3 +1,5 @@\n+x\n-b\n+c\n-d\n+e\n+g\n f\n", 0, R,
	  H "@@ -1,5 +1,3 @@\n-x\n-c\n-e\n-g\n+b\n+d\n f\n" },
	{ "no newline: patch leaves it off and says nothing", "f", ABC, H "@@ -2 +2 @@\n-x\n" NONL "+y\n", 0, 0,
	  H "@@ -2 +2 @@\n-x+y\n" },
	{ "no newline, -R", "f", ABC, H "@@ -2 +2 @@\n-x\n" NONL "+y\n", 0, R, H "@@ -2 +2 @@\n-y\n+x" },
	{ "no newline in context", "f", ABC, H "@@ -2,2 +2,2 @@\n-x\n+y\n z\n" NONL, 0, 0,
	  H "@@ -2,2 +2,2 @@\n-x\n+y\n z" },
	{ "comments go, blanks come back", "f", ABC, H "@@ -1,4 +1,4 @@\n#comment\n-x\n+b\n c\n\n\ttab\n", 0, 0,
	  H "@@ -1,4 +1,4 @@\n-x\n+b\n c\n \n \ttab\n" },
};

static char work_dir[64];
static bool have_patch;

static void run_patch(const struct reject_case *c)
{
	char strip[16];
	char *argv[] = { (char *)"patch",
			 (char *)"-f",
			 strip,
			 (char *)"-r",
			 (char *)"rej",
			 (char *)"-i",
			 (char *)"p",
			 (char *)(c->reverse ? "-R" : NULL),
			 NULL };

	snprintf(strip, sizeof(strip), "-p%u", c->strip);
	fx_tool(argv, "/dev/null");
}

static struct gp_buf theirs;

static void compare_with_patch(const struct reject_case *c)
{
	gp_remove_tree(work_dir);
	assert_int_equal(mkdir(work_dir, 0700), 0);
	assert_int_equal(chdir(work_dir), 0);
	mkdir("a", 0755);
	mkdir("s", 0755);
	assert_int_equal(gp_file_write(c->file, c->old, strlen(c->old), 0644, true, NULL), 0);
	assert_int_equal(gp_file_write("p", c->patch, strlen(c->patch), 0644, true, NULL), 0);
	run_patch(c);
	if (gp_exists("rej"))
		assert_int_equal(gp_file_read("rej", 1 << 20, &theirs, NULL), 0);
	assert_string_equal(theirs.data ? theirs.data : "", c->reject);
}

static struct fixture {
	struct gp_diff d;
	struct gp_buf out, rej;
	struct gp_hunk_report rep;
} fx;

static void check(void **state)
{
	const struct reject_case *c = *state;

	assert_int_equal(gp_diff_parse(gp_str_of(c->patch), &fx.d, NULL), 0);
	assert_int_equal(gp_hunks_apply(gp_str_of(c->old), &fx.d.file[0], (struct gp_hunk_how){ 2, c->reverse },
					&fx.out, &fx.rep, NULL),
			 0);
	gp_reject_append(&fx.d.file[0], &fx.rep, c->strip, c->reverse, &fx.rej);
	assert_string_equal(fx.rej.data ? fx.rej.data : "", c->reject);
	if (have_patch)
		compare_with_patch(c);
}

static int clear(void **state)
{
	(void)state;
	gp_diff_release(&fx.d);
	gp_hunk_report_release(&fx.rep);
	gp_buf_release(&fx.out);
	gp_buf_release(&fx.rej);
	gp_buf_release(&theirs);
	return 0;
}

static int setup(void **state)
{
	char *argv[] = { (char *)"patch", (char *)"--version", NULL };

	(void)state;
	if (fx_work_dir(work_dir, sizeof(work_dir), "rej"))
		return -1;
	setenv("LC_ALL", "C", 1);
	unsetenv("POSIXLY_CORRECT");
	have_patch = fx_tool(argv, "/dev/null") == 0;
	if (!have_patch)
		print_message("'patch' is not installed: only what it once wrote is compared\n");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	gp_remove_tree(work_dir);
	return chdir("/");
}

int main(void)
{
	FX_ROWS(cases, check, NULL, clear);
	return fx_run(setup, teardown);
}
