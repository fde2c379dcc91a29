/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_TREE_OVERTREE_H
#define GP_OPS_TREE_OVERTREE_H

#include "ops/tree/tree.h"

/*
 * A tree whose base is another one as it is now: for trying things out, of which
 * nothing reaches that one.
 *
 * In:  below, which must outlive *over and not be changed meanwhile.
 * Out: gp_tree_release() it.
 */
void gp_overtree_init(struct gp_tree *over, const struct gp_tree *below);

#endif
