/* SPDX-License-Identifier: MIT */
/* Tests: core/diff/diffname, ops/patch/apply, ops/patch/names, ops/patch/plan */
/*
 * Random trees and patches of several files: gp_apply_patch() must make the tree
 * that `git apply` makes of git's renames, copies, modes, creations and deletions,
 * and the one that GNU patch makes where names and stamps of plain headers decide.
 *
 * GP_DIFF_CASES sets the number of cases, GP_DIFF_SEED the first seed, FULL=1 makes
 * them ten times as many, GP_DIFF_GO_ON=1 goes on; a failure prints its own seed:
 *     GP_DIFF_SEED=<seed> GP_DIFF_CASES=1 build/tests/unit/ops/patch/test_gitdiff
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

#include "base/text.h"
#include "fx_gitdiff.h"
#include "fx_judge.h"
#include "fx_splice.h"
#include "fx_table.h"
#include "ops/patch/apply.h"

#define DEFAULT_CASES 2000
#define DEFAULT_SEED 20261130

enum tree_kind { AS_IT_WAS, SPOILED, HALF_DONE };

static const struct group {
	const char *name;
	bool git, reverse;
	enum tree_kind tree;
	unsigned share; /* of a hundred */
} groups[] = { { "git apply agrees", true, false, AS_IT_WAS, 30 },
	       { "git apply agrees: -R", true, true, AS_IT_WAS, 15 },
	       { "git apply agrees: another tree", true, false, SPOILED, 15 },
	       { "git apply agrees: half done", true, false, HALF_DONE, 10 },
	       { "gnu patch agrees: names and stamps", false, false, AS_IT_WAS, 25 },
	       { "gnu patch agrees: names and stamps, -R", false, true, AS_IT_WAS, 5 } };

static char work_dir[64], tree_dir[80], patch_name[80], log_name[80];
static bool have_git, have_patch;
/* git 2.47 gives back what was deleted without its mode; GNU patch 2.8 finds no file, or the
 * other one, where the last parts of two names have not one length. */
static bool no_mode, last_part;

/* Everything about one case. */
static struct {
	struct fx_case c;
	struct fx_tree start, ours, theirs;
	struct gp_buf log, differs, why;
	struct gp_applied_list list;
	struct gp_err err;
	bool already; /* something was there before */
	size_t bad;   /* disagreements, of those that went on */
} now;

/* --- the judges --- */

static void read_log(void)
{
	int fd = open(log_name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	now.log.len = 0;
	gp_buf_reserve(&now.log, 16384);
	n = read(fd, now.log.data, 16383);
	now.log.len = n > 0 ? (size_t)n : 0;
	now.log.data[now.log.len] = '\0';
	close(fd);
}

static void write_patch(void)
{
	int fd = open(patch_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, now.c.patch.data, now.c.patch.len), (ssize_t)now.c.patch.len);
	close(fd);
}

/* The judge's exit status; its tree is in now.theirs. */
static int judge(bool git, bool reverse)
{
	char strip[8];
	char *as_git[] = { (char *)"git", (char *)"apply", strip, patch_name, (char *)(reverse ? "-R" : NULL), NULL };
	char *as_patch[] = {
		(char *)"patch", (char *)"-f", (char *)"--no-backup-if-mismatch", (char *)"-r-", (char *)"-F0", strip,
		(char *)"-i",    patch_name,   (char *)(reverse ? "-R" : NULL),   NULL
	};
	int rc;

	snprintf(strip, sizeof(strip), "-p%u", now.c.strip);
	fx_tree_wipe();
	fx_tree_write(&now.start);
	rc = fx_tool(git ? as_git : as_patch, log_name);
	fx_tree_read(&now.theirs);
	read_log();
	return rc;
}

/* --- gridpatch --- */

static bool applied(unsigned strip, bool reverse)
{
	struct gp_patch p = { .set = "set",
			      .name = "p",
			      .text = gp_buf_str(&now.c.patch),
			      .strip = strip,
			      .reverse = reverse,
			      .by_hand = true };
	struct gp_tree_base base;
	struct gp_tree tree;
	bool good;

	fx_tree_base(&now.start, &base);
	gp_tree_init_base(&tree, &base);
	gp_applied_list_release(&now.list);
	gp_buf_release(&now.why);
	now.err = (struct gp_err){ 0 };
	good = gp_apply_patch(&tree, &p, 0, &now.list, &now.why, &now.err) == 0;
	fx_tree_result(&now.start, &tree, &now.ours);
	now.already = false;
	for (size_t i = 0; good && i < now.list.n; i++) {
		now.already |= now.list.v[i].already;
		for (size_t j = 0; j < now.list.v[i].n; j++)
			now.already |= now.list.v[i].file[j].hunks.result == GP_HUNKS_ALREADY;
	}
	gp_tree_release(&tree);
	return good;
}

/* --- comparing --- */

static void disagree(const char *what, const char *how, int rc)
{
	now.differs.len = 0;
	fx_tree_print(&now.start, &now.differs);
	gp_buf_puts(&now.differs, "--- ours against the judge's\n");
	fx_tree_diff(&now.ours, &now.theirs, &now.differs);
	/* cmocka cuts what is longer than a KiB. */
	fflush(stdout);
	fprintf(stderr, "%s--- here: %s %s\n--- patch, -p%u\n%s--- tree\n%s", now.log.data, now.err.cause,
		now.why.data ? now.why.data : "", now.c.strip, now.c.patch.data, now.differs.data);
	if (!getenv("GP_DIFF_GO_ON"))
		fail_msg("%s: %s; the judge exits %d", what, how, rc);
	fprintf(stderr, "=== %s: %s; the judge exits %d\n", what, how, rc);
	now.bad++;
}

static bool same_trees(struct fx_tree *a, struct fx_tree *b)
{
	now.differs.len = 0;
	fx_tree_diff(a, b, &now.differs);
	return now.differs.len == 0;
}

/* Did ours leave this file as something that was there already? */
static bool was_there(const char *path)
{
	for (size_t i = 0; i < now.list.n; i++)
		for (size_t j = 0; j < now.list.v[i].n; j++)
			if (now.list.v[i].file[j].hunks.result == GP_HUNKS_ALREADY &&
			    strcmp(now.list.v[i].file[j].path, path) == 0)
				return true;
	return false;
}

/* A patch, or one file of it, that is there already is done here, and a judge
 * refuses it. git: then what the patch leads to must stand there. GNU patch goes
 * on with the other files: they must be the same; or it takes all of it back. */
static bool is_there(const struct group *g, struct fx_tree *goal)
{
	if (g->git)
		return same_trees(&now.ours, goal) ||
		       (same_trees(&now.ours, &now.start) && judge(g->git, !g->reverse) == 0);
	for (size_t i = 0; i < FX_MAX_FILES; i++) {
		const char *path = now.ours.file[i].path;

		if (path[0] && was_there(path))
			fx_tree_put(&now.theirs, path, now.ours.file[i].mode, gp_buf_str(&now.ours.file[i].data));
	}
	return same_trees(&now.ours, &now.theirs);
}

/* "@@ -0,0" fits every file: GNU patch puts its lines into one that holds just
 * these once more, which is a file that is there already here. */
static void forgive_doubles(void)
{
	for (size_t i = 0; i < FX_MAX_FILES; i++) {
		const struct fx_file *f = &now.ours.file[i];
		struct fx_file *g = f->path[0] ? fx_tree_find(&now.theirs, f->path) : NULL;

		if (g && was_there(f->path) && g->data.len == 2 * f->data.len &&
		    memcmp(g->data.data, f->data.data, f->data.len) == 0 &&
		    memcmp(g->data.data + f->data.len, f->data.data, f->data.len) == 0)
			g->data.len = f->data.len;
	}
}

/* git's headers are git's, but where it refuses and GNU patch does what is done
 * here, that will do: a creation over an empty file, a change of one that is not
 * there and was empty. */
static bool gnu_agrees(const struct group *g)
{
	return g->git && have_patch && judge(false, g->reverse) == 0 && same_trees(&now.ours, &now.theirs);
}

/* Was a hunk placed elsewhere than the patch says? In a file that is as it will be
 * that is a second time, which nobody but git refuses. */
static bool moved(void)
{
	for (size_t i = 0; i < now.list.n; i++)
		for (size_t j = 0; j < now.list.v[i].n; j++) {
			const struct gp_hunk_report *r = &now.list.v[i].file[j].hunks;

			for (size_t k = 0; k < r->n; k++)
				if (r->place[k].ok && r->place[k].offset)
					return true;
		}
	return false;
}

static void compare(const struct group *g, const char *what, struct fx_tree *goal)
{
	int rc = judge(g->git, g->reverse);
	bool good = applied(now.c.strip, g->reverse);

	if (rc < 0 || rc > 128)
		fail_msg("%s: the judge died: %s", what, now.log.data);
	if (good && rc && !((now.c.reused || g->tree == HALF_DONE) && same_trees(&now.ours, goal)) &&
	    !(now.already && is_there(g, goal)) && !gnu_agrees(g) && !(g->tree == HALF_DONE && moved())) {
		if (g->tree == HALF_DONE)
			fx_tree_copy(&now.theirs, goal);
		disagree(what, "done here", rc);
	}
	if (!good && !rc)
		disagree(what, "refused here", rc);
	if (good && !rc && !g->git)
		forgive_doubles();
	if (good && !rc && !same_trees(&now.ours, &now.theirs))
		disagree(what, "the trees differ", rc);
	if (!good && now.err.code == GP_E_BUG)
		disagree(what, "a bug", rc);
}

/* Names the two lines at p files with last parts of other lengths? */
static bool last_parts_differ(const char *p)
{
	size_t len[2];

	for (size_t i = 0; i < 2; i++, p += strcspn(p, "\n") + 1) {
		const char *name = p + 4, *end = name + strcspn(name, "\t\n");

		if (strncmp(name, "/dev/null", 9) == 0)
			return false;
		for (len[i] = 0; end - len[i] > name && end[-1 - (ptrdiff_t)len[i]] != '/';)
			len[i]++;
	}
	return len[0] != len[1];
}

/* Is that a case in which judges of other versions do other things than this one? */
static bool judges_differ(const struct group *g)
{
	const char *p = gp_buf_str(&now.c.patch).p;

	if (g->git)
		return no_mode && g->reverse && strstr(p, "deleted file mode 100755");
	for (; last_part && (p = strstr(p, "--- ")); p++)
		if (last_parts_differ(p))
			return true;
	return false;
}

/* Some files of the patch as they will be. */
static void half_done(uint64_t *seed)
{
	for (size_t i = 0; i < FX_MAX_FILES; i++) {
		struct fx_file *f = &now.c.now.file[i];

		if (f->path[0] && fx_below(seed, 2))
			fx_tree_put(&now.start, f->path, f->mode, gp_buf_str(&f->data));
	}
	for (size_t i = 0; i < FX_MAX_FILES; i++)
		if (now.start.file[i].path[0] && !fx_tree_find(&now.c.now, now.start.file[i].path) && fx_below(seed, 2))
			fx_tree_remove(&now.start, now.start.file[i].path);
}

/* false: there is nothing to compare. */
static bool one_case(const struct group *g, uint64_t seed)
{
	char what[80];

	snprintf(what, sizeof(what), "GP_DIFF_SEED=%llu, %s", (unsigned long long)seed, g->name);
	(g->git ? fx_git_case : fx_plain_case)(&seed, &now.c);
	if (!now.c.patch.len || (g->git && g->reverse && now.c.copies) || judges_differ(g))
		return false;
	/* What half a chain has overwritten, nobody can know any more, nor what was copied. */
	if (g->tree == HALF_DONE && (now.c.chained || now.c.reused || now.c.copies))
		return false;
	fx_tree_copy(&now.start, g->git && g->reverse ? &now.c.now : &now.c.old);
	if (g->tree == SPOILED)
		fx_tree_spoil(&seed, &now.start);
	else if (g->tree == HALF_DONE)
		half_done(&seed);
	write_patch();
	compare(g, what, g->reverse ? &now.c.old : &now.c.now);
	return true;
}

static void check_group(void **state)
{
	const struct group *g = *state;
	uint64_t all = fx_env_number("GP_DIFF_CASES", DEFAULT_CASES * (getenv("FULL") ? 10 : 1));
	uint64_t cases = all == 1 ? 1 : all * g->share / 100;
	uint64_t seed = fx_env_number("GP_DIFF_SEED", DEFAULT_SEED + (uint64_t)(g - groups) * 1000000);
	size_t done = 0;

	now.bad = 0;
	if (!(g->git ? have_git : have_patch)) {
		print_message("skipped: '%s' is not installed\n", g->git ? "git" : "patch");
		skip();
	}
	for (; done < cases; seed++)
		done += one_case(g, seed) || (getenv("GP_DIFF_SEED") && all == 1);
	print_message("%zu cases\n", done);
	assert_int_equal(now.bad, 0);
}

/* --- main --- */

/* What of path this patch leaves, in a tree of two files. */
static const struct fx_file *probe(bool git, const char *patch, const char *path)
{
	now.c.patch.len = 0;
	gp_buf_puts(&now.c.patch, patch);
	now.c.strip = 0;
	fx_tree_put(&now.start, "d/fff", 0644, gp_str_of("x\n"));
	fx_tree_put(&now.start, "dir/gg", 0644, gp_str_of("x\n"));
	write_patch();
	judge(git, git);
	return fx_tree_find(&now.theirs, path);
}

static void know_judges(void)
{
	static const char deletes[] =
		"diff --git x x\ndeleted file mode 100755\n--- x\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n";
	static const char two_names[] = "--- d/fff\n+++ dir/gg\n@@ -1 +1 @@\n-x\n+y\n";
	const struct fx_file *f;

	if (have_git) {
		f = probe(true, deletes, "x");
		assert_non_null(f);
		no_mode = f->mode != 0755;
	}
	if (have_patch) {
		f = probe(false, two_names, "d/fff");
		assert_non_null(f);
		last_part = f->data.data[0] != 'y';
	}
}

static int setup(void **state)
{
	char *git[] = { (char *)"git", (char *)"--version", NULL };
	char *patch[] = { (char *)"patch", (char *)"--version", NULL };

	(void)state;
	if (fx_work_dir(work_dir, sizeof(work_dir), "gitdiff"))
		return -1;
	snprintf(tree_dir, sizeof(tree_dir), "%s/tree", work_dir);
	snprintf(patch_name, sizeof(patch_name), "%s/patch", work_dir);
	snprintf(log_name, sizeof(log_name), "%s/log", work_dir);
	if (mkdir(tree_dir, 0755) || chdir(tree_dir))
		return -1;
	umask(022);
	setenv("LC_ALL", "C", 1);
	setenv("TZ", "UTC0", 1);
	setenv("HOME", work_dir, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CEILING_DIRECTORIES", work_dir, 1);
	unsetenv("POSIXLY_CORRECT");
	unsetenv("PATCH_GET");
	unsetenv("GIT_DIR");
	have_git = fx_tool(git, log_name) == 0;
	have_patch = fx_tool(patch, log_name) == 0;
	know_judges();
	return 0;
}

static int teardown(void **state)
{
	struct fx_tree *trees[] = { &now.c.old, &now.c.now, &now.start, &now.ours, &now.theirs };
	struct gp_buf *bufs[] = { &now.c.patch, &now.log, &now.differs, &now.why };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(trees); i++)
		fx_tree_clear(trees[i]);
	for (size_t i = 0; i < GP_COUNT(bufs); i++)
		gp_buf_release(bufs[i]);
	gp_applied_list_release(&now.list);
	fx_tree_wipe();
	unlink(patch_name);
	unlink(log_name);
	return chdir("/") || rmdir(tree_dir) || rmdir(work_dir) ? -1 : 0;
}

int main(void)
{
	FX_ROWS(groups, check_group, NULL, NULL);
	return fx_run(setup, teardown);
}
