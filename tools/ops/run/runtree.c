/* SPDX-License-Identifier: MIT */
/* The members of an installer as the base of a tree. */
#include "ops/run/runtree.h"

static enum gp_node look(void *arg, const char *path, unsigned *mode)
{
	const struct gp_entry *e = gp_runfile_find(arg, path);

	if (!e)
		return GP_NODE_NONE;
	/* A hard link is a file; writing it makes it one of its own. */
	if (e->type == GP_ENTRY_HARDLINK)
		e = gp_runfile_resolve(arg, e);
	if (!e)
		return GP_NODE_OTHER;
	*mode = e->mode;
	return e->type == GP_ENTRY_DIR ? GP_NODE_DIR : e->type == GP_ENTRY_SYMLINK ? GP_NODE_SYMLINK : GP_NODE_FILE;
}

static int read_member(void *arg, const char *path, struct gp_str *out, struct gp_err *err)
{
	const struct gp_entry *e = gp_runfile_find(arg, path);

	if (e && e->type == GP_ENTRY_SYMLINK)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is a symlink, not a file", path);
	e = e ? gp_runfile_resolve(arg, e) : NULL;
	if (e && !e->kept && e->size > GP_RUN_MAX_SOURCE)
		return gp_runfile_too_large(e, GP_RUN_MAX_SOURCE, err);
	if (!e || !e->kept)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is not a source file, or a link to one", path);
	*out = gp_buf_str(&e->data);
	return 0;
}

void gp_tree_init(struct gp_tree *t, const struct gp_runfile *rf)
{
	struct gp_tree_base base = { .look = look, .read = read_member, .arg = (void *)rf };

	gp_tree_init_base(t, &base);
}
