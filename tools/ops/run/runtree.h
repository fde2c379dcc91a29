/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_RUNTREE_H
#define GP_OPS_RUN_RUNTREE_H

#include "ops/run/runfile.h"
#include "ops/tree/tree.h"

/* A tree over the members of a scanned installer, which must outlive it. */
void gp_tree_init(struct gp_tree *t, const struct gp_runfile *rf);

#endif
