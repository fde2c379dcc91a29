/* SPDX-License-Identifier: MIT */
#include "ops/tree.h"

#include <stdlib.h>
#include <string.h>

void gp_tree_init(struct gp_tree *t, const struct gp_runfile *rf)
{
	*t = (struct gp_tree){ .rf = rf };
}

void gp_tree_release(struct gp_tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		free(t->file[i].path);
		gp_buf_release(&t->file[i].now);
	}
	free(t->file);
	gp_map_release(&t->index);
	*t = (struct gp_tree){ 0 };
}

/* The record of a touched file, or NULL: only touched files have one. */
static struct gp_tfile *touched(const struct gp_tree *t, const char *path)
{
	size_t i;

	return gp_map_get(&t->index, path, &i) ? &t->file[i] : NULL;
}

static const struct gp_entry *member(const struct gp_tree *t, const char *path)
{
	const struct gp_entry *e = gp_runfile_find(t->rf, path);

	return e && e->type != GP_ENTRY_DIR ? e : NULL;
}

bool gp_tree_has(const struct gp_tree *t, const char *path)
{
	const struct gp_tfile *f = touched(t, path);

	return f ? f->state != GP_TFILE_DELETED : member(t, path) != NULL;
}

int gp_tree_read(const struct gp_tree *t, const char *path, struct gp_str *out, struct gp_err *err)
{
	const struct gp_tfile *f = touched(t, path);
	const struct gp_entry *e = member(t, path);

	if (!gp_tree_has(t, path))
		return gp_fail(err, GP_E_NOTFOUND, "the package has no file '%s'", path);
	if (f && f->state != GP_TFILE_SAME) { /* not deleted: it is there */
		*out = gp_buf_str(&f->now);
		return 0;
	}
	if (!e || e->type != GP_ENTRY_FILE)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is a link, not a file", path);
	if (!e->kept)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is not a source file", path);
	*out = gp_buf_str(&e->data);
	return 0;
}

/* A path is only writable where all its parents are directories, or nothing. */
static int check_place(const struct gp_tree *t, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);
	const struct gp_entry *e = gp_runfile_find(t->rf, path);

	if (e && e->type == GP_ENTRY_DIR)
		return gp_fail(err, GP_E_FORMAT, "'%s' is a directory", path);
	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (gp_tree_has(t, p))
			return gp_fail(err, GP_E_FORMAT, "'%s': '%s' is not a directory", path, p);
		*slash = '/';
	}
	return 0;
}

static struct gp_tfile *touch(struct gp_tree *t, const char *path)
{
	struct gp_tfile *f = touched(t, path);

	if (f)
		return f;
	GP_GROW(t->file, t->n, t->cap);
	f = &t->file[t->n];
	*f = (struct gp_tfile){ .path = gp_strdup(path), .entry = member(t, path) };
	f->mode = f->entry ? f->entry->mode : 0644;
	gp_map_put(&t->index, path, t->n++);
	return f;
}

static bool is_pristine(const struct gp_tfile *f, struct gp_str data)
{
	return f->entry && f->entry->kept && f->mode == f->entry->mode &&
	       gp_str_same(gp_buf_str(&f->entry->data), data);
}

int gp_tree_write(struct gp_tree *t, const char *path, struct gp_str data, int mode, struct gp_err *err)
{
	const struct gp_entry *e = member(t, path);
	struct gp_buf copy = { 0 };
	struct gp_tfile *f;

	if (check_place(t, path, err) < 0)
		return -1;
	if (e && e->type == GP_ENTRY_SYMLINK)
		return gp_fail(err, GP_E_FORMAT, "'%s' is a symlink", path);
	gp_buf_add(&copy, data.p, data.len);
	f = touch(t, path);
	if (mode >= 0)
		f->mode = (unsigned)mode & 07777;
	gp_buf_release(&f->now);
	f->now = copy;
	f->state = !f->entry ? GP_TFILE_NEW :
		   is_pristine(f, gp_buf_str(&f->now)) ? GP_TFILE_SAME : GP_TFILE_CHANGED;
	return 0;
}

int gp_tree_delete(struct gp_tree *t, const char *path, struct gp_err *err)
{
	struct gp_tfile *f;

	if (!gp_tree_has(t, path))
		return gp_fail(err, GP_E_NOTFOUND, "the package has no file '%s'", path);
	for (size_t i = 0; i < t->rf->n; i++)
		if (t->rf->entry[i].type == GP_ENTRY_HARDLINK && strcmp(t->rf->entry[i].link, path) == 0)
			return gp_fail(err, GP_E_UNSUPPORTED, "'%s' cannot be deleted: '%s' is a hard link to it",
				       path, t->rf->entry[i].path);
	f = touch(t, path);
	gp_buf_release(&f->now);
	f->state = GP_TFILE_DELETED;
	return 0;
}

unsigned gp_tree_mode(const struct gp_tree *t, const char *path)
{
	const struct gp_tfile *f = touched(t, path);
	const struct gp_entry *e = member(t, path);

	return f ? f->mode : e ? e->mode : 0644;
}

size_t gp_tree_changes(const struct gp_tree *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state == GP_TFILE_CHANGED || t->file[i].state == GP_TFILE_NEW ||
		    (t->file[i].state == GP_TFILE_DELETED && t->file[i].entry))
			n++;
	return n;
}
