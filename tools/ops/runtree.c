/* SPDX-License-Identifier: MIT */
/* The members of an installer as the base of a tree. */
#include <string.h>

#include "ops/tree.h"

static enum gp_node look(void *arg, const char *path, unsigned *mode)
{
	const struct gp_entry *e = gp_runfile_find(arg, path);

	if (!e)
		return GP_NODE_NONE;
	*mode = e->mode;
	return e->type == GP_ENTRY_FILE ? GP_NODE_FILE : e->type == GP_ENTRY_DIR ? GP_NODE_DIR :
	       e->type == GP_ENTRY_SYMLINK ? GP_NODE_SYMLINK : GP_NODE_OTHER;
}

static int read_member(void *arg, const char *path, struct gp_str *out, struct gp_err *err)
{
	const struct gp_entry *e = gp_runfile_find(arg, path);

	if (!e || e->type != GP_ENTRY_FILE)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is a link, not a file", path);
	if (!e->kept)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is not a source file", path);
	*out = gp_buf_str(&e->data);
	return 0;
}

static int may_delete(void *arg, const char *path, struct gp_err *err)
{
	const struct gp_runfile *rf = arg;

	for (size_t i = 0; i < rf->n; i++)
		if (rf->entry[i].type == GP_ENTRY_HARDLINK && strcmp(rf->entry[i].link, path) == 0)
			return gp_fail(err, GP_E_UNSUPPORTED, "'%s' cannot be deleted: '%s' is a hard link to it",
				       path, rf->entry[i].path);
	return 0;
}

void gp_tree_init(struct gp_tree *t, const struct gp_runfile *rf)
{
	struct gp_tree_base base = { look, read_member, may_delete, (void *)rf };

	gp_tree_init_base(t, &base);
	t->rf = rf;
}
