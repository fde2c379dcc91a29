/* SPDX-License-Identifier: MIT */
#include "ops/tree/tree.h"

#include <stdlib.h>
#include <string.h>

/* Results beyond this wait on the disk. A whole real series makes 1.5 MB. */
#define HOLD_MAX (16u << 20)

void gp_tree_init_base(struct gp_tree *t, const struct gp_tree_base *base)
{
	gp_assert(base->look && base->read);
	*t = (struct gp_tree){ .base = *base, .spool = gp_alloc(sizeof(*t->spool)) };
	if (base->spool)
		*t->spool = (struct gp_spool){ .limit = HOLD_MAX, .open = base->spool, .arg = base->arg };
}

void gp_tree_release(struct gp_tree *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++) {
		free(t->file[i].path);
		gp_piece_release(t->spool, &t->file[i].now);
	}
	if (t->spool)
		gp_spool_release(t->spool);
	free(t->spool);
	free(t->file);
	gp_map_release(&t->index);
	*t = (struct gp_tree){ 0 };
}

/* Only touched files have a record. */
static struct gp_tfile *touched(const struct gp_tree *t, const char *path)
{
	size_t i;

	return gp_map_get(&t->index, path, &i) ? &t->file[i] : NULL;
}

const struct gp_tfile *gp_tree_touched(const struct gp_tree *t, const char *path)
{
	return touched(t, path);
}

static enum gp_node look(const struct gp_tree *t, const char *path, unsigned *mode)
{
	unsigned unused;

	return t->base.look(t->base.arg, path, mode ? mode : &unused);
}

int gp_tree_sound(const struct gp_tree *t, struct gp_err *err)
{
	return t->base.trouble ? t->base.trouble(t->base.arg, err) : 0;
}

static bool is_there(const struct gp_tree *t, const char *path)
{
	enum gp_node node = look(t, path, NULL);

	return node != GP_NODE_NONE && node != GP_NODE_DIR;
}

bool gp_tree_has(const struct gp_tree *t, const char *path)
{
	const struct gp_tfile *f = touched(t, path);

	return f ? f->state != GP_TFILE_DELETED : is_there(t, path);
}

int gp_tree_read_pristine(const struct gp_tree *t, const char *path, struct gp_str *out, struct gp_err *err)
{
	if (!is_there(t, path))
		return gp_fail(err, GP_E_NOTFOUND, "there is no file '%s'", path);
	return t->base.read(t->base.arg, path, out, err);
}

int gp_tree_read(const struct gp_tree *t, const char *path, struct gp_str *out, struct gp_err *err)
{
	struct gp_tfile *f = touched(t, path);

	if (f && f->state == GP_TFILE_DELETED)
		return gp_fail(err, GP_E_NOTFOUND, "there is no file '%s' any more", path);
	if (!f || f->state == GP_TFILE_SAME)
		return gp_tree_read_pristine(t, path, out, err);
	if (gp_piece_load(t->spool, &f->now, err) < 0)
		return -1;
	*out = gp_buf_str(&f->now.mem);
	return 0;
}

int gp_tree_result(const struct gp_tree *t, const struct gp_tfile *f, struct gp_buf *room, struct gp_str *out,
		   struct gp_err *err)
{
	gp_assert(f->state == GP_TFILE_CHANGED || f->state == GP_TFILE_NEW);
	return gp_piece_get(t->spool, &f->now, room, out, err);
}

/* A path is only writable where all its parents are directories, or nothing. */
static int check_place(const struct gp_tree *t, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);
	enum gp_node node = look(t, path, NULL);

	if (node == GP_NODE_DIR)
		return gp_fail(err, GP_E_FORMAT, "'%s' is a directory", path);
	if (node == GP_NODE_SYMLINK)
		return gp_fail(err, GP_E_FORMAT, "'%s' is a symlink", path);
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
	gp_assert(t->file);
	f = &t->file[t->n];
	*f = (struct gp_tfile){ .path = gp_strdup(path), .was = is_there(t, path), .mode = 0644 };
	if (f->was) {
		look(t, path, &f->was_mode);
		f->mode = f->was_mode;
		f->mode_given = true;
	}
	gp_map_put(&t->index, path, t->n++);
	return f;
}

static bool is_pristine(const struct gp_tree *t, const struct gp_tfile *f)
{
	gp_auto(gp_buf_release) struct gp_buf room = { 0 };
	struct gp_str old, now;

	return f->was && f->mode == f->was_mode && t->base.read(t->base.arg, f->path, &old, NULL) == 0 &&
	       gp_piece_get(t->spool, &f->now, &room, &now, NULL) == 0 && gp_str_same(old, now);
}

static void put(struct gp_tree *t, struct gp_tfile *f, struct gp_piece *data, int mode)
{
	if (mode >= 0) {
		f->mode = (unsigned)mode & 07777;
		f->mode_given = true;
	}
	gp_piece_release(t->spool, &f->now);
	f->now = *data;
	*data = (struct gp_piece){ 0 };
}

int gp_tree_write(struct gp_tree *t, const char *path, struct gp_str data, int mode, struct gp_err *err)
{
	struct gp_buf copy = { 0 };
	struct gp_piece piece = { 0 };
	struct gp_tfile *f;

	if (check_place(t, path, err) < 0)
		return -1;
	gp_buf_add(&copy, data.p, data.len);
	if (gp_piece_set(t->spool, &piece, &copy, err) < 0)
		return -1;
	f = touch(t, path);
	put(t, f, &piece, mode);
	f->state = !f->was ? GP_TFILE_NEW : is_pristine(t, f) ? GP_TFILE_SAME : GP_TFILE_CHANGED;
	return 0;
}

int gp_tree_take(struct gp_tree *t, const char *path, struct gp_piece *data, int mode, struct gp_err *err)
{
	struct gp_tfile *f;

	if (check_place(t, path, err) < 0)
		return -1;
	f = touch(t, path);
	put(t, f, data, mode);
	f->state = f->was ? GP_TFILE_CHANGED : GP_TFILE_NEW;
	return 0;
}

void gp_tree_settle(struct gp_tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		struct gp_tfile *f = &t->file[i];

		if (f->state != GP_TFILE_CHANGED || (t->base.size && t->base.size(t->base.arg, f->path) != f->now.len))
			continue;
		if (is_pristine(t, f))
			f->state = GP_TFILE_SAME;
	}
}

void gp_tree_forget(const struct gp_tree *t, const char *path)
{
	if (t->base.forget)
		t->base.forget(t->base.arg, path);
}

int gp_tree_delete(struct gp_tree *t, const char *path, struct gp_err *err)
{
	struct gp_tfile *f;

	if (!gp_tree_has(t, path))
		return gp_fail(err, GP_E_NOTFOUND, "there is no file '%s'", path);
	f = touch(t, path);
	gp_piece_release(t->spool, &f->now);
	f->state = GP_TFILE_DELETED;
	f->mode = 0644; /* of a new file, should there be one */
	f->mode_given = false;
	return 0;
}

unsigned gp_tree_mode(const struct gp_tree *t, const char *path)
{
	const struct gp_tfile *f = touched(t, path);
	unsigned mode = 0644;

	if (f)
		return f->mode;
	return look(t, path, &mode) == GP_NODE_FILE ? mode : 0644;
}

size_t gp_tree_changes(const struct gp_tree *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state == GP_TFILE_CHANGED || t->file[i].state == GP_TFILE_NEW ||
		    (t->file[i].state == GP_TFILE_DELETED && t->file[i].was))
			n++;
	return n;
}
