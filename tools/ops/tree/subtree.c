/* SPDX-License-Identifier: MIT */
#include "ops/tree/subtree.h"

#include <string.h>

#include "base/path.h"

/* The path below the folder; "." for the folder itself, NULL for what is not in it. */
static const char *down(const char *at, const char *path)
{
	if (!gp_path_under(path, at))
		return NULL;
	path += strlen(at);
	return *path ? path + 1 : ".";
}

static enum gp_node sub_look(void *arg, const char *path, unsigned *mode)
{
	const struct gp_subtree *s = arg;
	const char *below = down(s->at, path);

	*mode = 0;
	return below ? s->disk.look(s->disk.arg, below, mode) : GP_NODE_NONE;
}

static int sub_read(void *arg, const char *path, struct gp_str *out, struct gp_err *err)
{
	const struct gp_subtree *s = arg;
	const char *below = down(s->at, path);

	if (!below)
		return gp_fail(err, GP_E_NOTFOUND, "there is no file '%s'", path);
	return s->disk.read(s->disk.arg, below, out, err);
}

static void sub_forget(void *arg, const char *path)
{
	const struct gp_subtree *s = arg;
	const char *below = down(s->at, path);

	if (below)
		s->disk.forget(s->disk.arg, below);
}

static uint64_t sub_size(void *arg, const char *path)
{
	const struct gp_subtree *s = arg;
	const char *below = down(s->at, path);

	return below ? s->disk.size(s->disk.arg, below) : 0;
}

static int sub_spool(void *arg)
{
	const struct gp_subtree *s = arg;

	return s->disk.spool(s->disk.arg);
}

static int sub_trouble(void *arg, struct gp_err *err)
{
	const struct gp_subtree *s = arg;

	return s->disk.trouble(s->disk.arg, err);
}

void gp_subtree_init(struct gp_subtree *s, struct gp_disktree *d, const char *at, struct gp_tree *t)
{
	const struct gp_tree_base base = { .look = sub_look,
					   .read = sub_read,
					   .forget = sub_forget,
					   .size = sub_size,
					   .spool = sub_spool,
					   .trouble = sub_trouble,
					   .arg = s };

	*s = (struct gp_subtree){ .disk = gp_disktree_base(d), .at = at };
	gp_tree_init_base(t, &base);
}

static int copy_change(const struct gp_tree *t, const struct gp_tfile *f, const char *below, struct gp_tree *to,
		       struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf room = { 0 };
	struct gp_str data;

	if (f->state == GP_TFILE_DELETED)
		return f->was ? gp_tree_delete(to, below, err) : 0;
	if (gp_tree_result(t, f, &room, &data, err) < 0)
		return -1;
	return gp_tree_write(to, below, data, f->mode_given ? (int)f->mode : -1, err);
}

int gp_subtree_changes(const struct gp_tree *t, const char *at, struct gp_disktree *d, struct gp_tree *to,
		       struct gp_err *err)
{
	gp_disktree_tree(d, to);
	for (size_t i = 0; i < t->n; i++) {
		const struct gp_tfile *f = &t->file[i];
		const char *below = down(at, f->path);

		if (f->state == GP_TFILE_SAME)
			continue;
		if (!below)
			return gp_fail(err, GP_E_UNSUPPORTED, "'%s' lies outside of %s/, which is all that '%s' has",
				       f->path, at, d->root);
		if (copy_change(t, f, below, to, err) < 0)
			return -1;
	}
	return 0;
}
