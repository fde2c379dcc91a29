/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_USERHALF_H
#define GP_OPS_JOB_USERHALF_H

#include "ops/job/decide.h"

/*
 * May the user's copies of vgpu_unlock's userspace half go into this package, and may it
 * stay as it is without them? What the data say of them with this driver is a warning:
 * the copies are the user's.
 *
 * Out:    d->half_rule: what the data say; warnings, overrides.
 * Errors: GP_E_NO no host driver, another machine, the other half is there, or a half of
 *         one that they do not complete.
 */
int gp_user_half_decide(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err);

#endif
