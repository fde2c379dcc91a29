/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_JUDGE_H
#define GP_OPS_JOB_JUDGE_H

#include "ops/job/patchjob.h"

/*
 * May this job go on? Each judge either says why not (GP_E_NO), or notes a
 * warning, or an override that the history will record.
 */

/* Are the sets of --set and --no-set there? Errors: GP_E_USAGE, with all names. */
int gp_judge_set_names(const struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

/* Take in and leave out what --set and --no-set say. */
void gp_judge_sets(struct gp_patch_job *j, const struct gp_patch_opts *o);

/* Does the run go on without this kernel (an index of the selection's)? What
 * "-k installed" found is skipped when it would be an error, had it been named. */
bool gp_judge_skips(const struct gp_patch_job *j, const struct gp_patch_opts *o, size_t i);

/* Blocked and unknown kernels; "-k installed" skips them while one is left. */
int gp_judge_kernels(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

/* A changed licence tag, half integrated hooks, DKMS patches over our files. */
int gp_judge_altered(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

/* Sets hooks_action: by kind, --hooks, --no-hooks, and what is there already. */
int gp_judge_hooks_wanted(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

/* Does the copy have the table constant that this driver needs? */
int gp_judge_hooks_table(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

#endif
