/* SPDX-License-Identifier: MIT */
/* A patch that was written anew does what the old one did: GNU patch is asked, where
 * it is installed, and our own engine otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/diff/diffout.h"
#include "core/diff/hunk.h"
#include "fx_table.h"

static const struct put_case {
	const char *name, *old, *patch, *want; /* want: the file afterwards; NULL: deleted */
	bool reverse;
} cases[] = {
	{ "a change", "1\n2\n3\n", "--- f\n+++ f\n@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n", "1\nx\n3\n", false },
	{ "in reverse", "1\nx\n3\n", "--- f\n+++ f\n@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n", "1\n2\n3\n", true },
	{ "blank context lines without their blank", "1\n\n3\n\n",
	  "--- ./f\n+++ ./f\n@@ -1,4 +1,4 @@ fn()\n 1\n\n-3\n+x\n\n", "1\n\nx\n\n", false },
	{ "what comes before what goes", "1\n2\n3\n", "--- f\n+++ f\n@@ -1,3 +1,3 @@\n 1\n+x\n-2\n 3\n", "1\nx\n3\n",
	  false },
	{ "two hunks", "1\n2\n3\n4\n5\n6\n7\n8\n",
	  "--- f\n+++ f\n@@ -1,2 +1,3 @@\n 1\n+x\n 2\n@@ -7,2 +8,1 @@\n 7\n-8\n", "1\nx\n2\n3\n4\n5\n6\n7\n", false },
	{ "two hunks in reverse", "1\nx\n2\n3\n4\n5\n6\n7\n",
	  "--- f\n+++ f\n@@ -1,2 +1,3 @@\n 1\n+x\n 2\n@@ -7,2 +8,1 @@\n 7\n-8\n", "1\n2\n3\n4\n5\n6\n7\n8\n", true },
	{ "no newline at the end, before", "1\n2",
	  "--- f\n+++ f\n@@ -1,2 +1,2 @@\n 1\n-2\n\\ No newline at end of file\n+x\n", "1\nx\n", false },
	{ "no newline at the end, behind", "1\n2\n",
	  "--- f\n+++ f\n@@ -1,2 +1,2 @@\n 1\n-2\n+x\n\\ No newline at end of file\n", "1\nx", false },
	{ "the same in reverse", "1\nx", "--- f\n+++ f\n@@ -1,2 +1,2 @@\n 1\n-2\n+x\n\\ No newline at end of file\n",
	  "1\n2\n", true },
	{ "a new file", NULL, "--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+1\n+2\n", "1\n2\n", false },
	{ "a file that goes", "1\n2\n", "--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-1\n-2\n", NULL, false },
	{ "a new file in reverse", "1\n2\n", "--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+1\n+2\n", NULL, true },
	{ "the patch has CRLF", "1\n2\n3\n", "--- f\r\n+++ f\r\n@@ -1,3 +1,3 @@\r\n 1\r\n-2\r\n+x\r\n 3\r\n",
	  "1\nx\n3\n", false },
};

static char dir[] = "/tmp/gp-diffout-XXXXXX";

static void save(const char *name, const char *text, size_t len)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

static bool have_patch(void)
{
	return system("command -v patch > /dev/null 2>&1") == 0;
}

/* `patch -p1` in a directory with sub/f, as dkms calls it. */
static void ask_gnu(const struct put_case *c, const struct gp_buf *text)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), "rm -rf %s/sub; mkdir %s/sub", dir, dir);
	assert_int_equal(system(cmd), 0);
	if (c->old)
		save("sub/f", c->old, strlen(c->old));
	save("p", text->data, text->len);
	if (c->want)
		save("want", c->want, strlen(c->want));
	snprintf(cmd, sizeof(cmd), "cd %s && patch -s -p1 -F0 < p > said 2>&1 && %s", dir,
		 c->want ? "cmp sub/f want" : "test ! -e sub/f");
	if (system(cmd) != 0)
		fail_msg("%s", text->data);
}

static void check_put(void **state)
{
	const struct put_case *c = *state;
	gp_auto(gp_diff_release) struct gp_diff d = { 0 }, again = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 }, result = { 0 };
	gp_auto(gp_hunk_report_release) struct gp_hunk_report rep = { 0 };
	struct gp_err err = { 0 };

	assert_int_equal(gp_diff_parse(gp_str_of(c->patch), &d, &err), 0);
	gp_diff_put(&d.file[0], gp_diff_op(&d.file[0], c->reverse), "sub/f", c->reverse, &out);
	assert_int_equal(gp_diff_parse(gp_buf_str(&out), &again, &err), 0);
	assert_int_equal(again.nfile, 1);
	assert_int_equal(gp_hunks_apply(gp_str_of(c->old ? c->old : ""), &again.file[0], (struct gp_hunk_how){ 0 },
					&result, &rep, &err),
			 0);
	assert_int_equal(rep.result, GP_HUNKS_APPLIED);
	assert_int_equal(result.len, c->want ? strlen(c->want) : 0);
	if (result.len)
		assert_memory_equal(result.data, c->want, result.len);
	if (have_patch())
		ask_gnu(c, &out);
}

static int setup(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	return system(cmd);
}

int main(void)
{
	FX_ROWS(cases, check_put, NULL, NULL);
	return fx_run(setup, teardown);
}
