/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PATCH_WHOLE_H
#define GP_OPS_PATCH_WHOLE_H

#include "ops/patch/apply.h"
#include "ops/patch/patchset.h"

/*
 * Is a series in the tree as a whole? Where a later patch changes what an earlier one
 * wrote, the earlier one by itself fits neither way; all of them, the last one first, come
 * out again. Of one patch alone gp_apply_patch() tells.
 *
 * In:  patch: n of them, in their order.
 * Out: true: they are appended to list, each as one that is there already. False: they are
 *      not, or it cannot be told; list is as it was. The tree is not changed.
 */
bool gp_series_is_there(struct gp_tree *t, const struct gp_patch *patch, size_t n, struct gp_applied_list *list);

/* The same of a set. */
bool gp_patchset_is_there(struct gp_tree *t, const struct gp_patchset *set, struct gp_applied_list *list);

/*
 * Apply a set to the tree in memory, without fuzz, where it is not there already.
 *
 * Out:    a failed one may have left its first patches in the tree.
 * Errors: as gp_apply_patch().
 */
int gp_patchset_apply(struct gp_tree *t, const struct gp_patchset *set, struct gp_applied_list *list,
		      struct gp_buf *why, struct gp_err *err);

#endif
