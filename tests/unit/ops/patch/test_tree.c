/* SPDX-License-Identifier: MIT */
/* Tests: ops/patch/apply, ops/run/runtree, ops/tree/tree */
/* The tree in memory and patches on it. The package is a list of members made
 * by hand, as a scan would have left it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fx_table.h"
#include "ops/patch/apply.h"
#include "ops/tree/tree.h"
#include "ops/run/runtree.h"

static struct gp_runfile rf;
static struct gp_tree tree;
static struct gp_applied_list list;
static struct gp_buf why;

static void member(const char *path, enum gp_entry_type type, unsigned mode, const char *data, const char *link)
{
	struct gp_entry e = { .path = gp_strdup(path), .type = type, .mode = mode };

	if (link)
		e.link = gp_strdup(link);
	if (data) {
		gp_buf_puts(&e.data, data);
		e.kept = true;
		e.size = e.data.len;
	}
	gp_map_put(&rf.index, path, rf.n);
	GP_GROW(rf.entry, rf.n, rf.cap);
	rf.entry[rf.n++] = e;
}

static const char LINES[] = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

static int make(void **state)
{
	(void)state;
	rf = (struct gp_runfile){ 0 };
	member("kernel", GP_ENTRY_DIR, 0755, NULL, NULL);
	member("kernel/a.c", GP_ENTRY_FILE, 0644, LINES, NULL);
	member("kernel/run.sh", GP_ENTRY_FILE, 0755, "#!/bin/sh\n", NULL);
	member("kernel/blob", GP_ENTRY_FILE, 0444, NULL, NULL); /* not kept */
	member("kernel/link", GP_ENTRY_SYMLINK, 0777, NULL, "a.c");
	member("LICENSE", GP_ENTRY_FILE, 0444, "licence\n", NULL);
	member("GRID_LICENSE", GP_ENTRY_HARDLINK, 0444, NULL, "LICENSE");
	gp_tree_init(&tree, &rf);
	return 0;
}

static int drop(void **state)
{
	(void)state;
	gp_tree_release(&tree);
	gp_applied_list_release(&list);
	gp_buf_release(&why);
	gp_runfile_release(&rf);
	return 0;
}

static void assert_text(const char *path, const char *want)
{
	struct gp_str got;
	struct gp_err err = { 0 };

	assert_int_equal(gp_tree_read(&tree, path, &got, &err), 0);
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.p, want, got.len);
}

static void assert_read_fails(const char *path, enum gp_code code)
{
	struct gp_str got;
	struct gp_err err = { 0 };

	assert_int_equal(gp_tree_read(&tree, path, &got, &err), -1);
	assert_int_equal(err.code, code);
}

/* --- the tree --- */

static void a_pristine_tree(void **state)
{
	(void)state;
	assert_true(gp_tree_has(&tree, "kernel/a.c"));
	assert_true(gp_tree_has(&tree, "kernel/link"));
	assert_false(gp_tree_has(&tree, "kernel"));
	assert_false(gp_tree_has(&tree, "kernel/none"));
	assert_text("kernel/a.c", LINES);
	assert_read_fails("kernel/none", GP_E_NOTFOUND);
	assert_read_fails("kernel", GP_E_NOTFOUND);
	assert_read_fails("kernel/link", GP_E_UNSUPPORTED);
	/* A hard link is a file like the other one. */
	assert_text("GRID_LICENSE", "licence\n");
	assert_read_fails("kernel/blob", GP_E_UNSUPPORTED);
	assert_int_equal(gp_tree_mode(&tree, "kernel/run.sh"), 0755);
	assert_int_equal(gp_tree_mode(&tree, "kernel/none"), 0644);
	assert_int_equal(gp_tree_changes(&tree), 0);
}

static void writing(void **state)
{
	struct gp_str old;

	(void)state;
	assert_int_equal(gp_tree_write(&tree, "kernel/run.sh", GP_STR("x\n"), -1, NULL), 0);
	assert_text("kernel/run.sh", "x\n");
	assert_int_equal(gp_tree_mode(&tree, "kernel/run.sh"), 0755);
	assert_int_equal(gp_tree_changes(&tree), 1);
	assert_int_equal(gp_tree_write(&tree, "kernel/new/b.c", GP_STR("b\n"), -1, NULL), 0);
	assert_int_equal(gp_tree_mode(&tree, "kernel/new/b.c"), 0644);
	assert_int_equal(gp_tree_write(&tree, "kernel/c.sh", GP_STR(""), 0755, NULL), 0);
	assert_int_equal(gp_tree_mode(&tree, "kernel/c.sh"), 0755);
	assert_text("kernel/c.sh", "");
	assert_int_equal(gp_tree_changes(&tree), 3);
	/* Its own old bytes, as they are. */
	assert_int_equal(gp_tree_read(&tree, "kernel/new/b.c", &old, NULL), 0);
	assert_int_equal(gp_tree_write(&tree, "kernel/new/b.c", old, -1, NULL), 0);
	assert_text("kernel/new/b.c", "b\n");
	/* The pristine content again is no change. */
	assert_int_equal(gp_tree_write(&tree, "kernel/run.sh", GP_STR("#!/bin/sh\n"), -1, NULL), 0);
	assert_int_equal(gp_tree_changes(&tree), 2);
	/* Another mode is one. */
	assert_int_equal(gp_tree_write(&tree, "kernel/run.sh", GP_STR("#!/bin/sh\n"), 0644, NULL), 0);
	assert_int_equal(gp_tree_changes(&tree), 3);
}

static const struct refuse_case {
	const char *name, *path;
} refused[] = { { "over a directory", "kernel" },
		{ "below a file", "kernel/a.c/x" },
		{ "below a symlink", "kernel/link/x" },
		{ "over a symlink", "kernel/link" } };

static void check_refused(void **state)
{
	const struct refuse_case *c = *state;
	struct gp_err err = { 0 };

	assert_int_equal(gp_tree_write(&tree, c->path, GP_STR("x"), -1, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
	assert_int_equal(gp_tree_changes(&tree), 0);
}

static void deleting(void **state)
{
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_tree_delete(&tree, "kernel/none", &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	assert_int_equal(gp_tree_delete(&tree, "kernel/a.c", &err), 0);
	assert_false(gp_tree_has(&tree, "kernel/a.c"));
	assert_read_fails("kernel/a.c", GP_E_NOTFOUND);
	assert_int_equal(gp_tree_changes(&tree), 1);
	assert_int_equal(gp_tree_delete(&tree, "kernel/a.c", &err), -1);
	/* And back. */
	assert_int_equal(gp_tree_write(&tree, "kernel/a.c", GP_STR(LINES), -1, &err), 0);
	assert_int_equal(gp_tree_changes(&tree), 0);
	assert_text("kernel/a.c", LINES);
	/* New and gone again: nothing happened. */
	assert_int_equal(gp_tree_write(&tree, "kernel/n.c", GP_STR("n"), -1, &err), 0);
	assert_int_equal(gp_tree_delete(&tree, "kernel/n.c", &err), 0);
	assert_int_equal(gp_tree_changes(&tree), 0);
	/* What a hard link leads to may go: the link keeps the content. */
	assert_int_equal(gp_tree_delete(&tree, "LICENSE", &err), 0);
	assert_text("GRID_LICENSE", "licence\n");
}

/* --- patches --- */

#define DIFF(path) "--- a/" path "\n+++ b/" path "\n"
#define HUNK5 "@@ -4,3 +4,3 @@\n 4\n-5\n+five\n 6\n"
#define NEWFILE(path) "--- /dev/null\n+++ b/" path "\n@@ -0,0 +1 @@\n+new\n"
#define PATCHED "1\n2\n3\n4\nfive\n6\n7\n8\n9\n"

static const struct apply_case {
	const char *name, *text;
	unsigned strip, fuzz;
	bool reverse, in_kernel;
	enum gp_code code;
	const char *path, *want; /* a file after it (NULL: it is gone) */
	size_t changes;
	bool already;
	const char *says; /* a part of the error */
} applies[] = {
	{ "a hunk", DIFF("kernel/a.c") HUNK5, 1, 0, false, false, GP_OK, "kernel/a.c", PATCHED, 1, false, NULL },
	{ "-p0", "--- kernel/a.c\n+++ kernel/a.c\n" HUNK5, 0, 0, false, false, GP_OK, "kernel/a.c", PATCHED, 1, false,
	  NULL },
	{ "an offset", DIFF("kernel/a.c") "@@ -1,3 +1,3 @@\n 4\n-5\n+five\n 6\n", 1, 0, false, false, GP_OK,
	  "kernel/a.c", PATCHED, 1, false, NULL },
	{ "a new file", NEWFILE("kernel/new.c"), 1, 0, false, false, GP_OK, "kernel/new.c", "new\n", 1, false, NULL },
	{ "a file goes", "--- a/kernel/run.sh\n+++ /dev/null\n@@ -1 +0,0 @@\n-#!/bin/sh\n", 1, 0, false, false, GP_OK,
	  "kernel/run.sh", NULL, 1, false, NULL },
	{ "backwards", DIFF("kernel/a.c") "@@ -4,3 +4,3 @@\n 4\n-five\n+5\n 6\n", 1, 0, true, false, GP_OK,
	  "kernel/a.c", PATCHED, 1, false, NULL },
	{ "already there", DIFF("kernel/a.c") "@@ -4,3 +4,3 @@\n 4\n-V\n+5\n 6\n", 1, 0, false, false, GP_OK,
	  "kernel/a.c", LINES, 0, true, NULL },
	{ "names relative to kernel/", DIFF("a.c") HUNK5, 1, 0, false, true, GP_OK, "kernel/a.c", PATCHED, 1, false,
	  NULL },
	{ "not so for shipped sets", DIFF("a.c") HUNK5, 1, 0, false, false, GP_E_NO, NULL, NULL, 0, false, "a.c" },
	{ "two files", DIFF("kernel/a.c") HUNK5 DIFF("kernel/run.sh") "@@ -1 +1,2 @@\n #!/bin/sh\n+exit 0\n", 1, 0,
	  false, false, GP_OK, "kernel/run.sh", "#!/bin/sh\nexit 0\n", 2, false, NULL },
	{ "a file twice", DIFF("kernel/a.c") HUNK5 DIFF("kernel/a.c") "@@ -4,3 +4,3 @@\n 4\n-five\n+V\n 6\n", 1, 0,
	  false, false, GP_OK, "kernel/a.c", "1\n2\n3\n4\nV\n6\n7\n8\n9\n", 1, false, NULL },
	{ "git: a rename",
	  "diff --git a/kernel/a.c b/kernel/b.c\nsimilarity index 100%\nrename from kernel/a.c\n"
	  "rename to kernel/b.c\n",
	  1, 0, false, false, GP_OK, "kernel/b.c", LINES, 2, false, NULL },
	{ "git: a new mode", "diff --git a/kernel/a.c b/kernel/a.c\nold mode 100644\nnew mode 100755\n", 1, 0, false,
	  false, GP_OK, "kernel/a.c", LINES, 1, false, NULL },
	{ "a hunk that fails", DIFF("kernel/a.c") "@@ -4,3 +4,3 @@\n 4\n-x\n+y\n 6\n", 1, 0, false, false, GP_E_NO,
	  "kernel/a.c", LINES, 0, false, "hunk 1 of 'kernel/a.c'" },
	{ "one of two fails: the first changes nothing",
	  DIFF("kernel/a.c") HUNK5 DIFF("kernel/run.sh") "@@ -1 +1 @@\n-x\n+y\n", 1, 0, false, false, GP_E_NO,
	  "kernel/a.c", LINES, 0, false, "kernel/run.sh" },
	{ "fuzz is not for shipped sets", DIFF("kernel/a.c") "@@ -3,5 +3,5 @@\n x\n 4\n-5\n+five\n 6\n 7\n", 1, 0,
	  false, false, GP_E_NO, "kernel/a.c", LINES, 0, false, "hunk 1" },
	{ "fuzz is for users'", DIFF("kernel/a.c") "@@ -3,5 +3,5 @@\n x\n 4\n-5\n+five\n 6\n 7\n", 1, 2, false, true,
	  GP_OK, "kernel/a.c", PATCHED, 1, false, NULL },
	{ "no such file", DIFF("kernel/none.c") HUNK5, 1, 0, false, false, GP_E_NO, NULL, NULL, 0, false,
	  "kernel/none.c" },
	{ "through a symlink", NEWFILE("kernel/link/x.c"), 1, 0, false, false, GP_E_NO, NULL, NULL, 0, false, "link" },
	{ "out of the tree", NEWFILE("../x.c"), 1, 0, false, false, GP_E_FORMAT, NULL, NULL, 0, false, "climbs" },
	{ "absolute", "--- /dev/null\n+++ /etc/x\n@@ -0,0 +1 @@\n+new\n", 0, 0, false, false, GP_E_FORMAT, NULL, NULL,
	  0, false, "/etc/x" },
	{ "a binary", DIFF("kernel/blob") HUNK5, 1, 0, false, false, GP_E_UNSUPPORTED, NULL, NULL, 0, false, "blob" },
	{ "a hard link", DIFF("GRID_LICENSE") "@@ -1 +1 @@\n-licence\n+l\n", 1, 0, false, false, GP_OK, "GRID_LICENSE",
	  "l\n", 1, false, NULL },
};

static void check_apply(void **state)
{
	const struct apply_case *c = *state;
	struct gp_patch p = { .set = "set",
			      .name = "a.patch",
			      .text = gp_str_of(c->text),
			      .strip = c->strip,
			      .reverse = c->reverse,
			      .may_lie_in_kernel = c->in_kernel };
	struct gp_err err = { 0 };
	char said[700];
	int rc = gp_apply_patch(&tree, &p, c->fuzz, &list, &why, &err);

	gp_err_format(&err, said, sizeof(said));
	if (err.code != c->code)
		fail_msg("code %d instead of %d: %s", (int)err.code, (int)c->code, said);
	assert_int_equal(rc, c->code ? -1 : 0);
	assert_int_equal(gp_tree_changes(&tree), c->changes);
	if (c->want)
		assert_text(c->path, c->want);
	else if (c->path)
		assert_false(gp_tree_has(&tree, c->path));
	if (c->code) {
		if (!strstr(said, c->says) || !strstr(said, "set: 'a.patch'"))
			fail_msg("'%s' does not say '%s' and whose", said, c->says);
		return;
	}
	assert_int_equal(list.n, 1);
	assert_string_equal(list.v[0].name, "a.patch");
	assert_int_equal(list.v[0].already, c->already);
	assert_string_equal(list.v[0].prefix, strncmp(c->text, "--- a/a.c", 9) == 0 ? "kernel" : "");
}

static void a_failed_hunk_is_explained(void **state)
{
	struct gp_patch p = { .set = "set",
			      .name = "a.patch",
			      .text = GP_STR(DIFF("kernel/a.c") "@@ -4,3 +4,3 @@\n 4\n-x\n+y\n 6\n"),
			      .strip = 1 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_apply_patch(&tree, &p, 0, &list, &why, &err), -1);
	assert_true(why.len > 0);
	assert_non_null(strstr(why.data, "x")); /* what the patch wants to see there */
}

static void a_patch_follows_another(void **state)
{
	struct gp_patch one = { .set = "set", .name = "1", .text = GP_STR(DIFF("kernel/a.c") HUNK5), .strip = 1 };
	struct gp_patch two = { .set = "set",
				.name = "2",
				.text = GP_STR(DIFF("kernel/a.c") "@@ -4,3 +4,3 @@\n 4\n-five\n+V\n 6\n"),
				.strip = 1 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_apply_patch(&tree, &one, 0, &list, &why, &err), 0);
	assert_int_equal(gp_apply_patch(&tree, &two, 0, &list, &why, &err), 0);
	assert_text("kernel/a.c", "1\n2\n3\n4\nV\n6\n7\n8\n9\n");
	/* There and back is no change. */
	two.reverse = one.reverse = true;
	assert_int_equal(gp_apply_patch(&tree, &two, 0, &list, &why, &err), 0);
	assert_int_equal(gp_apply_patch(&tree, &one, 0, &list, &why, &err), 0);
	gp_tree_settle(&tree);
	assert_int_equal(gp_tree_changes(&tree), 0);
	assert_int_equal(list.n, 4);
}

static void a_mode_of_a_diff_is_taken(void **state)
{
	struct gp_patch p = { .set = "set",
			      .name = "1",
			      .text = GP_STR("diff --git a/kernel/x.sh b/kernel/x.sh\nnew file mode 100755\n"
					     "--- /dev/null\n+++ b/kernel/x.sh\n@@ -0,0 +1 @@\n+x\n"),
			      .strip = 1 };
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_apply_patch(&tree, &p, 0, &list, &why, &err), 0);
	assert_int_equal(gp_tree_mode(&tree, "kernel/x.sh"), 0755);
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test_setup_teardown(a_pristine_tree, make, drop),
		cmocka_unit_test_setup_teardown(writing, make, drop),
		cmocka_unit_test_setup_teardown(deleting, make, drop),
		cmocka_unit_test_setup_teardown(a_failed_hunk_is_explained, make, drop),
		cmocka_unit_test_setup_teardown(a_patch_follows_another, make, drop),
		cmocka_unit_test_setup_teardown(a_mode_of_a_diff_is_taken, make, drop),
	};

	FX_ROWS(refused, check_refused, make, drop);
	FX_ROWS(applies, check_apply, make, drop);
	FX_TESTS(rest);
	return fx_run(NULL, NULL);
}
