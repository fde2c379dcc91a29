/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_CLONE_H
#define GP_OPS_JOB_CLONE_H

#include "core/driver/vgpuconfig.h"
#include "ops/job/inputs.h"
#include "ops/tree/tree.h"

/* --profile-clone: what was asked for, in its order. Zeroed is empty. */
struct gp_clones {
	struct gp_cloned *v;
	size_t n, cap;
};

/*
 * Clone cards' entries in the vgpuConfig.xml of tree, as it is then: a user's patch may have
 * been at it. For a run in place it is only looked whether that can be done.
 *
 * In:     in's driver is open, and that file was kept of it.
 * Out:    c: gp_clones_release() it, also after a failure. warnings: appended.
 * Errors: GP_E_NO a driver that has no such file, or no use for it; as
 *         gp_vgpuconfig_clone().
 */
int gp_clones_make(const struct gp_inputs *in, struct gp_tree *tree, struct gp_clones *c, struct gp_list *warnings,
		   struct gp_err *err);
void gp_clones_release(struct gp_clones *c);

#endif
