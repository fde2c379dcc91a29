/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_TREE_SUBTREE_H
#define GP_OPS_TREE_SUBTREE_H

#include "ops/tree/disktree.h"
#include "ops/tree/tree.h"

/* A directory that stands in a tree as one of its folders, and is all that the tree has. */
struct gp_subtree {
	struct gp_tree_base disk;
	const char *at; /* the folder: one name, borrowed */
};

/* The tree in which d is the folder `at`. s and d must outlive it, and s may not move. */
void gp_subtree_init(struct gp_subtree *s, struct gp_disktree *d, const char *at, struct gp_tree *t);

/*
 * The changes of such a tree as those of the directory, for gp_commit_run().
 *
 * Out:    to: a tree over the directory, with them; gp_tree_release() it, also after a
 *         failure.
 * Errors: GP_E_UNSUPPORTED one of them is not below the folder.
 */
int gp_subtree_changes(const struct gp_tree *t, const char *at, struct gp_disktree *d, struct gp_tree *to,
		       struct gp_err *err);

#endif
