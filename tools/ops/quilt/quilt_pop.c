/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/dirfd.h"
#include "base/log.h"
#include "base/map.h"
#include "base/path.h"
#include "ops/quilt/quilt_impl.h"
#include "ops/tree/tree.h"

/* When a patch is tried again on the files that were kept, all its context may
 * differ: a place that was found with less fuzz is found first again. */
#define ANY_FUZZ 1000

static bool is_kept(const struct gp_tree *t, const char *path, const char *dir)
{
	gp_auto(gp_free_ptr) char *stamp = gp_path_join(dir, ".timestamp");

	return gp_path_under(path, dir) && gp_tree_has(t, path) && strcmp(path, stamp) != 0;
}

/* The files that a patch has kept, on the disk and in the tree: names after dir. */
static int list_kept(const struct gp_quilt *q, const struct gp_tree *t, const char *dir, struct gp_list *out,
		     struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list disk = { 0 };
	size_t skip = strlen(dir) + 1;
	unsigned mode;

	if (t->base.look(t->base.arg, dir, &mode) == GP_NODE_DIR && gp_dir_walk(q->root, dir, &disk, err) < 0)
		return -1;
	for (size_t i = 0; i < disk.n; i++)
		if (is_kept(t, disk.v[i], dir))
			gp_list_add(out, disk.v[i] + skip);
	for (size_t i = 0; i < t->n; i++)
		if (!t->file[i].was && is_kept(t, t->file[i].path, dir))
			gp_list_add(out, t->file[i].path + skip);
	gp_list_sort(out);
	return 0;
}

/* The tree as it was before a patch: what was kept, and the rest as it is. */
struct before {
	const struct gp_tree *now;
	const char *dir;
	struct gp_map kept;
};

static enum gp_node before_look(void *arg, const char *path, unsigned *mode)
{
	const struct before *b = arg;
	const struct gp_tfile *f = gp_tree_touched(b->now, path);

	*mode = 0644;
	/* An empty one may stand for none: a patch that makes it takes both. */
	if (gp_map_get(&b->kept, path, NULL))
		return GP_NODE_FILE;
	if (f)
		return f->state == GP_TFILE_DELETED ? GP_NODE_NONE : GP_NODE_FILE;
	return b->now->base.look(b->now->base.arg, path, mode);
}

static int before_read(void *arg, const char *path, struct gp_str *out, struct gp_err *err)
{
	const struct before *b = arg;
	gp_auto(gp_free_ptr) char *kept = gp_path_join(b->dir, path);

	return gp_tree_read(b->now, gp_map_get(&b->kept, path, NULL) ? kept : path, out, err);
}

/* Missing and empty are the same to quilt's records. */
static int content(const struct gp_tree *t, const char *path, struct gp_str *out, struct gp_err *err)
{
	*out = (struct gp_str){ "", 0 };
	return gp_tree_has(t, path) ? gp_tree_read(t, path, out, err) : 0;
}

/* --- may it go? --- */

static int dirty(const char *patch, const char *file, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *why = gp_asprintf("'%s' was changed after it", file);

	return gp_quilt_needs_refresh(patch, why, err);
}

/* What it did stands in the files alone: going back would lose it. */
static int is_gone(const struct gp_quilt *q, const char *patch, const char *file, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = gp_quilt_patch_path(q, patch);

	return gp_fail(err, GP_E_NO,
		       "patch '%s' cannot be taken back: its file '%s' is gone, and what it did to '%s' "
		       "would be lost; put it back, or let 'quilt refresh' write it anew",
		       patch, path, file);
}

/* It cannot be read as a patch. What cannot be read at all is told as it is. */
static int cannot_check(const char *patch, const struct gp_err *why, struct gp_err *err)
{
	char text[sizeof(why->cause)];

	if (gp_quilt_is_trouble(why)) {
		*err = *why;
		return gp_within(err, "cannot check patch '%s' before taking it back", patch);
	}
	gp_err_format(why, text, sizeof(text));
	return gp_fail(err, GP_E_NO,
		       "cannot check patch '%s' before taking it back: %s; put that right, or let "
		       "'quilt refresh' write the patch anew",
		       patch, text);
}

/* It does not even apply to what it was applied to. */
static int was_edited(const char *patch, const struct gp_err *why, struct gp_err *err)
{
	struct gp_err bare = *why;
	char text[sizeof(why->cause)];

	if (gp_quilt_is_trouble(why)) {
		*err = *why;
		return -1;
	}
	bare.context[0] = '\0';
	gp_err_format(&bare, text, sizeof(text));
	return gp_fail(err, GP_E_NO,
		       "patch '%s' is not what was applied: %s; put it back as it was, or let "
		       "'quilt refresh' write it anew",
		       patch, text);
}

/* The options of the first line that names it, as quilt has it. */
static int read_options(const struct gp_quilt *q, struct gp_patch *p, struct gp_err *err)
{
	gp_auto(gp_series_release) struct gp_series series = { 0 };
	struct gp_err why = { 0 };

	if (gp_quilt_series(q, &series, &why) < 0 && why.code != GP_E_NOTFOUND) {
		*err = why;
		return -1;
	}
	for (size_t i = 0; i < series.n; i++) {
		if (strcmp(series.v[i].name, p->name) != 0)
			continue;
		p->strip = series.v[i].strip;
		p->reverse |= series.v[i].reverse;
		break;
	}
	return 0;
}

/* Apply the patch once more. Out: *gone, its file is missing, and nothing was applied. */
static int try_again(const struct gp_quilt *q, const char *patch, struct gp_tree *again, bool *gone, struct gp_err *err)
{
	gp_auto(gp_applied_list_release) struct gp_applied_list list = { 0 };
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_patch p = {
		.set = q->patches, .name = patch, .strip = 1, .reverse = q->flags.reverse, .empty_is_none = true
	};
	struct gp_err why = { 0 };

	*gone = gp_quilt_load(q, patch, &text, &why) < 0 && why.code == GP_E_NOTFOUND;
	if (*gone)
		return 0;
	if (why.code || read_options(q, &p, &why) < 0)
		return cannot_check(patch, &why, err);
	p.text = gp_buf_str(&text);
	if (!p.text.len || gp_apply_patch(again, &p, ANY_FUZZ, &list, NULL, &why) == 0)
		return 0;
	return list.n && !gp_quilt_is_trouble(&why) ? was_edited(patch, &why, err) : cannot_check(patch, &why, err);
}

/* Is each file what the patch makes of what was kept? Out: *compared, that could be asked. */
static int check_content(const struct gp_quilt *q, const struct gp_tree *t, const char *patch,
			 const struct gp_list *files, const char *dir, bool *compared, struct gp_err *err)
{
	struct before b = { .now = t, .dir = dir };
	struct gp_tree_base base = { .look = before_look, .read = before_read, .arg = &b };
	struct gp_tree again;
	bool gone;
	int rc;

	for (size_t i = 0; i < files->n; i++)
		gp_map_put(&b.kept, files->v[i], 0);
	gp_tree_init_base(&again, &base);
	rc = try_again(q, patch, &again, &gone, err);
	*compared = rc == 0;
	for (size_t i = 0; i < files->n && rc == 0; i++) {
		struct gp_str now, then;

		rc = content(t, files->v[i], &now, err) < 0 || content(&again, files->v[i], &then, err) < 0 ? -1 : 0;
		if (rc == 0 && !gp_str_same(now, then))
			rc = gone ? is_gone(q, patch, files->v[i], err) : dirty(patch, files->v[i], err);
	}
	gp_tree_release(&again);
	gp_map_release(&b.kept);
	return rc;
}

static bool is_before(struct timespec a, struct timespec b)
{
	return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

/* Both its content and its inode are older than the stamp. */
static bool is_older(const struct stat *file, const struct stat *stamp)
{
	return is_before(file->st_mtim, stamp->st_mtim) && is_before(file->st_ctim, stamp->st_mtim);
}

/*
 * quilt's second way: nothing has been touched since the patch was applied, so
 * nobody's change can be lost, and the patch is what it was. quilt believes the
 * times of content alone; a file that was moved here from elsewhere has an old one,
 * so the times of the inodes are asked, too.
 *
 * In: may_miss: a file may be missing because the patch deleted it.
 */
static bool untouched(const struct gp_quilt *q, const struct gp_tree *t, const char *patch, const struct gp_list *files,
		      bool may_miss)
{
	gp_auto(gp_free_ptr) char *record = gp_quilt_kept(q, patch, ".timestamp");
	gp_auto(gp_free_ptr) char *path = gp_quilt_patch_path(q, patch);
	struct stat st, then;

	if (gp_disktree_stat(q->disk, record, &then) <= 0 || stat(path, &st) < 0 || !is_older(&st, &then))
		return false;
	for (size_t i = 0; i < files->n; i++) {
		const struct gp_tfile *f = gp_tree_touched(t, files->v[i]);
		int there;

		if (f && f->state != GP_TFILE_SAME)
			return false;
		there = gp_disktree_stat(q->disk, files->v[i], &st);
		if (there < 0 || (there ? !is_older(&st, &then) : !may_miss))
			return false;
	}
	return true;
}

static int check_clean(const struct gp_quilt *q, const struct gp_tree *t, const char *patch,
		       const struct gp_list *files, const char *dir, struct gp_err *err)
{
	struct gp_err why = { 0 };
	bool compared = true;

	if (!files->n || check_content(q, t, patch, files, dir, &compared, &why) == 0)
		return 0;
	if (!gp_quilt_is_trouble(&why) && untouched(q, t, patch, files, !compared)) {
		gp_debug("patch '%s' goes because nothing was touched since it came", patch);
		return 0;
	}
	if (err)
		*err = why;
	return -1;
}

/* --- back --- */

static int restore(struct gp_quilt *q, struct gp_tree *t, const char *dir, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *kept = gp_path_join(dir, path);
	struct gp_str old;

	if (gp_tree_read(t, kept, &old, err) < 0)
		return -1;
	gp_quilt_hold(q, old.len ? kept : NULL, path);
	if (old.len) {
		gp_list_add(&q->restored, path);
		if (gp_tree_write(t, path, old, (int)gp_tree_mode(t, kept), err) < 0)
			return -1;
	} else {
		gp_list_add(&q->removed, path);
		if (gp_tree_has(t, path) && gp_tree_delete(t, path, err) < 0)
			return -1;
	}
	return gp_tree_delete(t, kept, err);
}

/*
 * Is the folder with the kept files missing? quilt makes none for an empty patch
 * whose name has a '/', and what nothing was kept for, needs none.
 *
 * Out: q->lost.
 */
static int look_for_records(struct gp_quilt *q, const struct gp_tree *t, const char *patch, const char *dir,
			    struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_err why = { 0 };
	unsigned mode;

	switch (t->base.look(t->base.arg, dir, &mode)) {
	case GP_NODE_DIR: return 0;
	case GP_NODE_NONE: break;
	default: return gp_fail(err, GP_E_FORMAT, "'%s/%s' is not a directory", q->root, dir);
	}
	q->lost = gp_quilt_load(q, patch, &text, &why) < 0 || text.len;
	if (!gp_quilt_is_trouble(&why) || why.code == GP_E_NOTFOUND)
		return 0;
	if (err)
		*err = why;
	return -1;
}

static int take_back(struct gp_quilt *q, struct gp_tree *t, const char *patch, const char *dir,
		     const struct gp_list *files, struct gp_err *err)
{
	for (size_t i = 0; i < files->n; i++)
		if (restore(q, t, dir, files->v[i], err) < 0)
			return gp_within(err, "patch '%s'", patch);
	if (gp_quilt_drop(t, gp_path_join(dir, ".timestamp"), err) < 0)
		return -1;
	gp_list_add(&q->popped, patch);
	free(q->applied.v[--q->applied.n]);
	return gp_quilt_write_applied(q, t, err);
}

int gp_quilt_pop(struct gp_quilt *q, struct gp_tree *t, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };
	gp_auto(gp_free_ptr) char *patch = NULL, *dir = NULL;

	gp_list_release(&q->restored);
	gp_list_release(&q->removed);
	if (!q->applied.n)
		return gp_fail(err, GP_E_NO, "no patches applied");
	if (gp_quilt_defaults(q, err) < 0)
		return -1;
	patch = gp_strdup(gp_quilt_top(q));
	dir = gp_quilt_record(q, patch);
	if (gp_quilt_is_forced(q, t, patch))
		return gp_quilt_needs_refresh(patch, "it was forced", err);
	if (look_for_records(q, t, patch, dir, err) < 0 || list_kept(q, t, dir, &files, err) < 0 ||
	    check_clean(q, t, patch, &files, dir, err) < 0)
		return -1;
	return take_back(q, t, patch, dir, &files, err);
}

/* Only folders go, and only empty ones. */
static void sweep(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(d)))
		if ((e->d_type == DT_DIR || e->d_type == DT_UNKNOWN) && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			sweep(fd, e->d_name);
	closedir(d);
	unlinkat(dir, name, AT_REMOVEDIR);
}

void gp_quilt_settle_pop(const struct gp_quilt *q)
{
	gp_quilt_link_back(q);
	for (size_t i = 0; i < q->popped.n; i++) {
		gp_auto(gp_free_ptr) char *record = gp_quilt_record(q, q->popped.v[i]);
		const char *name;
		int dir = gp_dirs_parent(q->disk->dirs, record, &name);

		if (dir >= 0)
			sweep(dir, name);
		gp_dirs_forget(q->disk->dirs, record);
	}
}
