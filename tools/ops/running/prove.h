/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUNNING_PROVE_H
#define GP_OPS_RUNNING_PROVE_H

#include "core/proof/hostproof.h"
#include "ops/running/running.h"

/*
 * Put together what a host that was looked at shows of itself.
 *
 * In:     r: after gp_running_look(). program: its name and version. The date is
 *         SOURCE_DATE_EPOCH's, else today's.
 * Out:    gp_hostproof_release(), also after a failure.
 * Errors: GP_E_NO nvidia is not loaded; GP_E_SYSTEM that cannot be told; those of
 *         gp_clock_epoch().
 */
int gp_running_prove(const struct gp_running *r, const char *program, struct gp_hostproof *out, struct gp_err *err);

#endif
