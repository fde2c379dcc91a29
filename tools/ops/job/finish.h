/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_FINISH_H
#define GP_OPS_JOB_FINISH_H

#include "ops/job/patchjob.h"

/*
 * Bring the package's own records up to what the tree now is: .manifest,
 * dkms.conf, pkg-history.txt; choose targetdir.
 */
int gp_finish_tree(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

/*
 * Read SOURCE_DATE_EPOCH. It stands for a build that must come out the same
 * anywhere, so the running kernel must not decide anything then.
 *
 * Out:    j->has_epoch, j->epoch.
 * Errors: GP_E_USAGE it is not a decimal number, or later than a tar can say
 *         (2242), or nothing names the kernels.
 * Source: reproducible-builds.org/specs/source-date-epoch, "must be an ASCII
 *         representation of an integer with no fractional component".
 */
int gp_finish_epoch(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err);

/* Time of new members: SOURCE_DATE_EPOCH, else that of the old .manifest. */
int64_t gp_finish_mtime(const struct gp_patch_job *j);

#endif
