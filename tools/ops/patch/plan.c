/* SPDX-License-Identifier: MIT */
/*
 * A patch is planned file by file before the tree is touched by it. A part that
 * changes a file sees what earlier parts of the same patch made of it, as with
 * GNU patch. A part that renames or copies sees the file as it was before the
 * patch: git's parts do not depend on their order, so that two files can swap
 * their names.
 */
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/map.h"
#include "base/spool.h"
#include "core/diff/direct.h"
#include "core/diff/reject.h"
#include "ops/patch/apply_impl.h"
#include "ops/patch/names.h"

/* --- what earlier parts of the patch made of a path --- */

static size_t state_of(const struct gp_applying *j, const char *path)
{
	size_t v;

	return gp_map_get(&j->state, path, &v) ? v : GP_PATH_LEAVING; /* which says nothing of now */
}

static struct gp_plan *written(const struct gp_applying *j, const char *path)
{
	size_t v = state_of(j, path);

	return v < GP_PATH_LEAVING ? &j->plan[v] : NULL;
}

static bool there_now(const void *arg, const char *path)
{
	const struct gp_applying *j = arg;
	size_t v = state_of(j, path);

	return v == GP_PATH_LEAVING ? gp_tree_has(j->t, path) : v != GP_PATH_GONE;
}

/* May another part of the patch take this name? */
static bool is_vacated(const struct gp_applying *j, const char *path)
{
	size_t v;

	return gp_map_get(&j->state, path, &v) && v >= GP_PATH_LEAVING;
}

static void note_plan(struct gp_applying *j, size_t k)
{
	const struct gp_plan *p = &j->plan[k];

	if (p->skip)
		return;
	gp_map_put(&j->state, p->target, p->op == GP_FILE_DELETE ? GP_PATH_GONE : k);
	if (p->op == GP_FILE_RENAME && strcmp(p->source, p->target) != 0)
		gp_map_put(&j->state, p->source, GP_PATH_GONE);
}

/* --- what is there --- */

static enum gp_node look(const struct gp_applying *j, const char *path)
{
	unsigned mode;

	return j->t->base.look(j->t->base.arg, path, &mode);
}

/* Does path lie behind a symlink? */
static int check_links(const struct gp_applying *j, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);

	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (look(j, p) == GP_NODE_SYMLINK)
			return gp_fail(err, GP_E_NO, "'%s' lies behind a symlink, '%s'", path, p);
		*slash = '/';
	}
	return 0;
}

/* Why is there no file to change? */
static int missing(struct gp_applying *j, const char *path, struct gp_err *err)
{
	if (look(j, path) == GP_NODE_DIR)
		return gp_fail(err, GP_E_NO, "'%s' is a directory", path);
	if (check_links(j, path, err) < 0 || gp_tree_sound(j->t, err) < 0)
		return -1;
	j->misses = true;
	return gp_fail(err, GP_E_NO, "there is no file '%s'", path);
}

static int gone(const char *path, struct gp_err *err)
{
	return gp_fail(err, GP_E_NO, "'%s': an earlier part of this patch renamed or deleted it", path);
}

/*
 * There is no such file: does that mean that it was deleted before? Only where
 * the directory that it lay in is one, and is reached without links.
 */
static int check_absent(struct gp_applying *j, const char *path, struct gp_err *err)
{
	const struct gp_tfile *f = gp_tree_touched(j->t, path);
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);

	if (f && f->state == GP_TFILE_DELETED)
		return 0;
	if (look(j, path) == GP_NODE_DIR)
		return gp_fail(err, GP_E_NO, "'%s' is a directory", path);
	if (check_links(j, path, err) < 0)
		return -1;
	/* None may also mean: it could not be looked at. */
	if (gp_tree_sound(j->t, err) < 0)
		return -1;
	if (strcmp(dir, ".") == 0 || gp_tree_has_dir(j->t, dir))
		return 0;
	j->misses = true;
	return gp_fail(err, GP_E_NO, "there is neither a file '%s' to delete nor the directory '%s'", path, dir);
}

static int read_tree(struct gp_applying *j, const char *path, struct gp_str *out, struct gp_err *err)
{
	if (!gp_tree_has(j->t, path) && !gp_tree_touched(j->t, path))
		return missing(j, path, err);
	if (gp_tree_read(j->t, path, out, err) == 0)
		return 0;
	if (err && (err->code == GP_E_NOTFOUND || look(j, path) == GP_NODE_SYMLINK || look(j, path) == GP_NODE_OTHER))
		err->code = GP_E_NO;
	return -1;
}

static int read_now(struct gp_applying *j, const char *path, struct gp_str *out, struct gp_err *err)
{
	struct gp_plan *p = written(j, path);

	if (!p)
		return state_of(j, path) == GP_PATH_GONE ? gone(path, err) : read_tree(j, path, out, err);
	if (gp_piece_load(j->t->spool, &p->data, err) < 0)
		return -1;
	*out = gp_buf_str(&p->data.mem);
	return 0;
}

/* --- names and modes --- */

/* Does one of the path's components have this name? */
static bool has_component(const char *path, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = path; p; p = strchr(p, '/')) {
		p += *p == '/';
		if (strncmp(p, name, n) == 0 && (p[n] == '\0' || p[n] == '/'))
			return true;
	}
	return false;
}

/* Folders of other programs, and our own: a patch has no business there. */
static int check_names(const char *target, const char *source, struct gp_err *err)
{
	static const char *const taboo[] = { ".git", ".pc", ".gridpatch-journal" };

	for (size_t i = 0; i < GP_COUNT(taboo); i++)
		if (has_component(target, taboo[i]) || has_component(source, taboo[i]))
			return gp_fail(err, GP_E_FORMAT, "patches may not change '%s' ('%s')", taboo[i],
				       has_component(target, taboo[i]) ? target : source);
	return 0;
}

/* git's modes: 100644 and 100755 are files; 120000 is a symlink, 160000 a
 * submodule. Nothing else of a mode is taken: no setuid from a patch. */
static int check_mode(const struct gp_filediff *f, int mode, struct gp_err *err)
{
	if (mode >= 0 && (mode & 0170000) && (mode & 0170000) != 0100000)
		return gp_fail(err, GP_E_UNSUPPORTED, "line %zu: a %s is not supported", f->lineno,
			       (mode & 0170000) == 0120000 ? "symlink" : "submodule or special file");
	return 0;
}

static int set_names(const struct gp_applying *j, const struct gp_filediff *f, struct gp_plan *p, struct gp_err *err)
{
	const struct gp_naming how = { j->prefix, j->p->strip, j->p->reverse, there_now, j };
	int mode = j->p->reverse ? f->old_mode : f->new_mode;

	p->diff = f;
	p->op = gp_diff_op(f, j->p->reverse);
	p->mode = mode < 0 ? -1 : mode & 0777;
	p->target = gp_name_in_tree(j->t, f, &how, err);
	if (!p->target)
		return -1;
	if (gp_op_moves(p->op)) {
		gp_auto(gp_free_ptr) char *name = gp_diff_source(f, j->p->strip, j->p->reverse, err);

		if (!name)
			return -1;
		p->source = gp_name_below(j->prefix, gp_steal(&name));
	} else {
		p->source = gp_strdup(p->target);
	}
	if (check_mode(f, f->old_mode, err) < 0 || check_mode(f, f->new_mode, err) < 0)
		return -1;
	return check_names(p->target, p->source, err);
}

/* --- one file --- */

static struct gp_applied_file *list_file(struct gp_applying *j, const struct gp_plan *p)
{
	struct gp_applied_file *a;

	GP_GROW(j->done->file, j->done->n, j->done->cap);
	a = &j->done->file[j->done->n++];
	*a = (struct gp_applied_file){ .path = gp_strdup(p->target), .op = p->op };
	if (gp_op_moves(p->op))
		a->from = gp_strdup(p->source);
	return a;
}

static int hunk_failed(const struct gp_applying *j, const char *path, bool has_content, enum gp_file_op op,
		       const struct gp_hunk_report *rep, struct gp_err *err)
{
	const char *patch = j->p->reverse ? "the patch in reverse" : "the patch";

	if (j->why && rep->why)
		gp_buf_printf(j->why, "%s: %s", path, rep->why);
	if (op == GP_FILE_CREATE && has_content)
		return gp_fail(err, GP_E_NO, "'%s' exists already, %s would create it", path, patch);
	if (!rep->failed)
		return gp_fail(err, GP_E_NO, "'%s' has lines that %s does not delete", path, patch);
	return gp_fail(err, GP_E_NO, "hunk %zu of '%s' does not match near line %llu (%zu of %zu fail)",
		       rep->near_hunk + 1, path, (unsigned long long)rep->near_expected, rep->failed, rep->n);
}

/* A change that is there already: all that may be missing is its mode. */
static void plan_already(const struct gp_applying *j, struct gp_plan *p, struct gp_hunk_report *rep)
{
	rep->result = GP_HUNKS_ALREADY;
	p->skip = p->op == GP_FILE_DELETE || p->mode < 0 || !((gp_tree_mode(j->t, p->target) ^ p->mode) & 0111);
	if (!p->skip && p->op != GP_FILE_CREATE)
		p->op = GP_FILE_MODIFY;
}

/* Hunks that fit a few lines on, while just where they belong their result stands. */
static bool fits_elsewhere(const struct gp_applying *j, const struct gp_filediff *f, struct gp_str old,
			   const struct gp_hunk_report *rep)
{
	gp_auto(gp_buf_release) struct gp_buf before = { 0 };
	gp_auto(gp_free_ptr) struct gp_place *there = NULL;
	bool offset = false;

	for (size_t i = 0; i < rep->n; i++)
		offset |= rep->place[i].offset != 0;
	if (!offset)
		return false;
	there = gp_alloc(rep->n * sizeof(*there));
	return gp_hunks_direct(old, f, !j->p->reverse, &before, there);
}

/* Nothing but a mode, or an empty file, and it is there: the tree has that part of the patch. */
static bool is_bare_and_there(const struct gp_applying *j, const struct gp_plan *p, struct gp_str old)
{
	if (p->diff->nhunk || gp_op_moves(p->op) || p->op == GP_FILE_DELETE || written(j, p->target) ||
	    !gp_tree_has(j->t, p->target))
		return false;
	if (p->op == GP_FILE_CREATE && (old.len || is_vacated(j, p->target)))
		return false;
	if (p->mode < 0)
		return p->op == GP_FILE_CREATE;
	/* git's two modes are about who may execute; others, which GNU patch sets, are meant as they are. */
	if (p->mode == 0644 || p->mode == 0755)
		return !((gp_tree_mode(j->t, p->target) ^ p->mode) & 0111);
	return gp_tree_mode(j->t, p->target) == (unsigned)p->mode;
}

/* Place the hunks; *out is the result, or the old content if it is there already. */
static int place(struct gp_applying *j, struct gp_plan *p, struct gp_applied_file *a, struct gp_str old,
		 struct gp_buf *out, struct gp_err *err)
{
	const struct gp_hunk_how how = { j->max_fuzz, j->p->reverse };

	if (gp_hunks_apply(old, p->diff, how, out, &a->hunks, err) < 0)
		return -1;
	if (a->hunks.result == GP_HUNKS_FAILED) {
		gp_reject_append(p->diff, &a->hunks, j->p->strip, j->p->reverse, &a->reject);
		p->skip = true; /* the next diff of this file sees it as it is */
		return hunk_failed(j, p->target, old.len > 0, p->op, &a->hunks, err);
	}
	p->elsewhere = fits_elsewhere(j, p->diff, old, &a->hunks);
	/* An empty file is not what the patch deletes, nor is it deleted. */
	if (a->hunks.result == GP_HUNKS_ALREADY && p->op == GP_FILE_DELETE && gp_tree_has(j->t, p->target)) {
		p->skip = true;
		return gp_fail(err, GP_E_NO, "'%s' is there, but empty: it has no line of what %s deletes", p->target,
			       j->p->reverse ? "the patch in reverse" : "the patch");
	}
	if (a->hunks.result == GP_HUNKS_ALREADY || is_bare_and_there(j, p, old))
		plan_already(j, p, &a->hunks);
	return 0;
}

/* The source is not there, its new name is: has that rename been made before? Then
 * the hunks, in reverse and without fuzz, fit the file as it is. */
static bool is_renamed(struct gp_applying *j, const struct gp_plan *p, struct gp_applied_file *a, struct gp_buf *out)
{
	const struct gp_hunk_how back = { 0, !j->p->reverse };
	gp_auto(gp_buf_release) struct gp_buf old = { 0 };
	struct gp_str now = { "", 0 };

	if (p->op != GP_FILE_RENAME || !gp_tree_has(j->t, p->target) || is_vacated(j, p->target) ||
	    written(j, p->target) || check_absent(j, p->source, NULL) < 0 ||
	    gp_tree_read(j->t, p->target, &now, NULL) < 0)
		return false;
	if (gp_hunks_apply(now, p->diff, back, &old, &a->hunks, NULL) < 0 || a->hunks.result != GP_HUNKS_APPLIED) {
		gp_hunk_report_release(&a->hunks);
		return false;
	}
	gp_buf_add(out, now.p, now.len);
	return true;
}

/* Is the name of a rename or a copy free? *same: the file that has it is the result. */
static int check_target(const struct gp_applying *j, const struct gp_plan *p, const struct gp_buf *result, bool *same,
			struct gp_err *err)
{
	struct gp_str now;

	*same = false;
	if (written(j, p->target))
		return gp_fail(err, GP_E_NO, "'%s': an earlier part of this patch writes it, too", p->target);
	if (is_vacated(j, p->target) || !gp_tree_has(j->t, p->target))
		return check_links(j, p->target, err);
	if (look(j, p->target) == GP_NODE_SYMLINK)
		return gp_fail(err, GP_E_NO, "'%s' is a symlink", p->target);
	if (gp_tree_read(j->t, p->target, &now, err) < 0)
		return -1;
	*same = p->op == GP_FILE_COPY && gp_str_same(now, gp_buf_str(result));
	if (*same || (j->p->empty_is_none && !now.len))
		return 0;
	return gp_fail(err, GP_E_NO, "'%s' exists already, the patch would %s '%s' to it", p->target,
		       p->op == GP_FILE_COPY ? "copy" : "rename", p->source);
}

/* A rename or a copy: of the file as it was before the patch. */
static int plan_move(struct gp_applying *j, struct gp_plan *p, struct gp_buf *out, struct gp_err *err)
{
	struct gp_applied_file *a;
	struct gp_str old = { "", 0 };
	bool same;

	if (!gp_tree_has(j->t, p->source)) {
		a = list_file(j, p);
		if (is_renamed(j, p, a, out)) {
			p->absent = true;
			plan_already(j, p, &a->hunks);
			return 0;
		}
		return missing(j, p->source, err);
	}
	if (read_tree(j, p->source, &old, err) < 0)
		return -1;
	if (p->mode < 0)
		p->mode = (int)gp_tree_mode(j->t, p->source);
	a = list_file(j, p);
	if (place(j, p, a, old, out, err) < 0 || check_target(j, p, out, &same, err) < 0)
		return -1;
	if (same)
		plan_already(j, p, &a->hunks);
	return 0;
}

static int plan_here(struct gp_applying *j, struct gp_plan *p, struct gp_buf *out, struct gp_err *err)
{
	const struct gp_filediff *f = p->diff;
	/* "@@ -0,0" without /dev/null: the old side may be missing. */
	bool may_miss =
		p->op == GP_FILE_CREATE || (p->op == GP_FILE_MODIFY && (j->p->reverse ? f->new_empty : f->old_empty));
	bool there = there_now(j, p->target) && !(p->op == GP_FILE_CREATE && is_vacated(j, p->target));
	struct gp_str old = { "", 0 };

	if (p->op == GP_FILE_DELETE && !there) {
		if (state_of(j, p->target) == GP_PATH_GONE)
			return gone(p->target, err);
		if (check_absent(j, p->target, err) < 0)
			return -1;
		p->absent = true;
	} else if (!there && may_miss) {
		if (check_links(j, p->target, err) < 0)
			return -1;
	} else if (read_now(j, p->target, &old, err) < 0) {
		return -1;
	}
	if (place(j, p, list_file(j, p), old, out, err) < 0)
		return -1;
	if (p->absent) {
		p->skip = true;
		j->done->file[j->done->n - 1].hunks.result = GP_HUNKS_ALREADY;
	}
	return 0;
}

static int plan_file(struct gp_applying *j, const struct gp_filediff *f, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf result = { 0 };
	size_t k = j->nplan++;
	struct gp_plan *p = &j->plan[k];

	if (set_names(j, f, p, err) < 0)
		return -1;
	if ((gp_op_moves(p->op) ? plan_move(j, p, &result, err) : plan_here(j, p, &result, err)) < 0)
		return -1;
	if (gp_piece_set(j->t->spool, &p->data, &result, err) < 0)
		return -1;
	note_plan(j, k);
	gp_tree_forget(j->t, p->source); /* its result is at hand */
	return 0;
}

/* --- the patch --- */

void gp_applied_trouble(struct gp_applied_file *a, const struct gp_err *why)
{
	char text[sizeof(why->cause) + sizeof(why->context)];

	gp_err_format(why, text, sizeof(text));
	free(a->trouble);
	a->trouble = gp_strdup(text);
}

/* In the list as well, unless the number of its hunks tells. k: its plan; n: the list before it. */
static void note_trouble(struct gp_applying *j, size_t k, size_t n, const struct gp_err *why)
{
	struct gp_plan *p = &j->plan[k];
	struct gp_applied_file *a;

	p->skip = true;
	if (j->done->n == n) {
		if (!p->target)
			return; /* no usable name: the error has the line */
		list_file(j, p);
	}
	a = &j->done->file[j->done->n - 1];
	if (!a->hunks.failed || a->op == GP_FILE_CREATE)
		gp_applied_trouble(a, why);
}

/* The names that renames take away: other parts may use them before it is their turn. */
static void note_leaving(struct gp_applying *j, const struct gp_diff *d)
{
	for (size_t i = 0; i < d->nfile; i++) {
		gp_auto(gp_free_ptr) char *name = NULL, *full = NULL;

		if (gp_diff_op(&d->file[i], j->p->reverse) != GP_FILE_RENAME)
			continue;
		name = gp_diff_source(&d->file[i], j->p->strip, j->p->reverse, NULL);
		if (!name)
			continue;
		full = gp_name_below(j->prefix, gp_steal(&name));
		gp_map_put(&j->state, full, GP_PATH_LEAVING);
	}
}

static bool is_there(const struct gp_applying *j, size_t i)
{
	return j->done->file[i].hunks.result == GP_HUNKS_ALREADY;
}

/* Is the file that plan i renames or copies one that another part has changed already?
 * What it was before the patch nobody knows then. */
static bool source_is_changed(const struct gp_applying *j, size_t i)
{
	if (!gp_op_moves(j->plan[i].op) || is_there(j, i))
		return false;
	for (size_t k = 0; k < j->nplan; k++)
		if (k != i && is_there(j, k) && strcmp(j->plan[k].target, j->plan[i].source) == 0)
			return true;
	return false;
}

/* there: a file whose change is there already. */
static int check_beside(const struct gp_applying *j, size_t i, const char *there, struct gp_err *err)
{
	const struct gp_applied_file *a = &j->done->file[i];

	for (size_t k = 0; k < a->hunks.n; k++)
		if (a->hunks.place[k].fuzz && !is_there(j, i))
			return gp_fail(err, GP_E_NO,
				       "hunk %zu of '%s' would need fuzz, which is not tried: the change "
				       "to '%s' is there already, and this one may be, too",
				       k + 1, a->path, there);
	if (j->plan[i].elsewhere)
		return gp_fail(err, GP_E_NO,
			       "the change to '%s' would fit at an offset, but where it belongs it "
			       "is there already, as is the one to '%s'",
			       a->path, there);
	if (source_is_changed(j, i))
		return gp_fail(err, GP_E_NO,
			       "'%s' is changed already: what it was before this patch, '%s' cannot be "
			       "made of",
			       j->plan[i].source, a->path);
	return 0;
}

/* Fuzz is for files that have changed since. Where a part of the patch is there
 * already the rest may be, too, a few lines on: fuzz would put it in twice. */
static int check_half_done(struct gp_applying *j, struct gp_err *err)
{
	const char *there = NULL;

	for (size_t i = 0; i < j->nplan && !there; i++)
		if (is_there(j, i))
			there = j->done->file[i].path;
	for (size_t i = 0; i < j->nplan && there; i++) {
		struct gp_err why = { 0 };

		if (check_beside(j, i, there, &why) == 0)
			continue;
		gp_applied_trouble(&j->done->file[i], &why);
		if (err)
			*err = why;
		return -1;
	}
	return 0;
}

/* git takes a patch back from its last part to the first; GNU patch never does. */
static bool has_git(const struct gp_diff *d)
{
	for (size_t i = 0; i < d->nfile; i++)
		if (d->file[i].git)
			return true;
	return false;
}

int gp_plan_patch(struct gp_applying *j, struct gp_diff *d, struct gp_err *err)
{
	bool backwards = j->p->reverse && has_git(d);
	int rc = 0;

	j->plan = gp_alloc((d->nfile + 1) * sizeof(*j->plan));
	note_leaving(j, d);
	for (size_t i = 0; i < d->nfile; i++) {
		struct gp_filediff *f = &d->file[backwards ? d->nfile - 1 - i : i];
		struct gp_err why = { 0 };
		size_t n = j->done->n;

		/* The first failure is the error; the others still show in the list. */
		if (plan_file(j, f, &why) < 0) {
			note_trouble(j, i, n, &why);
			if (rc == 0 && j->misses && j->p->by_hand)
				gp_besides(&why, "; are -p and -d right?");
			if (rc == 0 && err)
				*err = why;
			rc = -1;
		}
		gp_diff_drop_lines(f); /* placed, or told why not */
	}
	if (rc < 0)
		return -1;
	if (gp_plan_check_level(j, d, err) < 0)
		return -1;
	return check_half_done(j, err);
}
