/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JUDGE_H
#define GP_OPS_JUDGE_H

#include "ops/patchjob.h"

/*
 * May this job go on? Each judge either says why not (GP_E_NO), or notes a
 * warning, or an override that the history will record.
 */

/* Blocked and unknown kernels; "-k installed" skips them while one is left. */
int gp_judge_kernels(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

/* A changed licence tag, half integrated hooks, DKMS patches over our files. */
int gp_judge_altered(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

/* Sets hooks_action: by kind, --hooks, --no-hooks, and what is there already. */
int gp_judge_hooks_wanted(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

/* Does the copy have the table constant that this driver needs? */
int gp_judge_hooks_table(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

#endif
