/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_RECORDS_H
#define GP_OPS_JOB_RECORDS_H

#include "ops/job/change.h"
#include "ops/job/inputs.h"

/*
 * Bring the package's own records up to what the tree now is: .manifest,
 * dkms.conf, pkg-history.txt; choose targetdir. An installed tree has no manifest.
 *
 * Errors: GP_E_NO dkms.conf keeps DKMS from being limited to one line;
 *         GP_E_UNSUPPORTED, GP_E_FORMAT a manifest that cannot be written on.
 */
int gp_records_write(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_err *err);

#endif
