/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_SCRATCH_H
#define GP_BASE_SCRATCH_H

#include "base/err.h"

/*
 * A scratch directory in $TMPDIR, else /var/tmp: builds are too large for a /tmp
 * that is memory. What a killed run left there goes away at the next one's start.
 * No other user may be able to move it: make takes paths.
 *
 * Out:    its name, free() it, gp_remove_tree() it; *lock: close() it at the end.
 * Errors: GP_E_SYSTEM.
 */
char *gp_scratch_dir(int *lock, struct gp_err *err);

#endif
