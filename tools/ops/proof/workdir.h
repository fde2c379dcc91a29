/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_WORKDIR_H
#define GP_OPS_PROOF_WORKDIR_H

#include "ops/proof/source.h"
#include "ops/tree/tree.h"

/*
 * Lay out patched sources to be built: what patches changed is written, the rest
 * shared with the source as far as the file system can (reflinks), blobs by hard
 * link when the source is ours, else copied.
 *
 * In:     t: the tree after patching, over s. dir: made here; its kernel/ is what
 *         make wants. Modes are 0644: nothing in there is a program.
 * Errors: GP_E_SYSTEM.
 */
int gp_workdir_fill(const struct gp_source *s, const struct gp_tree *t, const char *dir, struct gp_err *err);

#endif
