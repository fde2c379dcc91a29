/* SPDX-License-Identifier: MIT */
#include "ops/tree/overtree.h"

static enum gp_node over_look(void *arg, const char *path, unsigned *mode)
{
	const struct gp_tree *t = arg;
	const struct gp_tfile *f = gp_tree_touched(t, path);

	if (!f)
		return t->base.look(t->base.arg, path, mode);
	*mode = f->mode;
	return f->state == GP_TFILE_DELETED ? GP_NODE_NONE : GP_NODE_FILE;
}

static int over_read(void *arg, const char *path, struct gp_str *out, struct gp_err *err)
{
	return gp_tree_read(arg, path, out, err);
}

void gp_overtree_init(struct gp_tree *over, const struct gp_tree *below)
{
	/* Neither of the two functions changes it. */
	const struct gp_tree_base base = { .look = over_look, .read = over_read, .arg = (void *)(uintptr_t)below };

	gp_assert(over != below);
	gp_tree_init_base(over, &base);
}
