/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_PROGRESS_H
#define GP_CMD_REPORT_PROGRESS_H

#include "base/progress.h"
#include "cmd/front/opt.h"

/*
 * Start to listen as --progress says: a bar on the terminal, JSON lines, or not
 * at all. The bar comes after half a second and has one line of standard error.
 *
 * Out: for the work to call, or NULL: nobody listens. It is valid until
 *      gp_progress_end(), which must come before anything else is printed.
 */
const struct gp_progress *gp_progress_begin(const struct gp_args *a);

/* Take the bar off the screen. Fine without a beginning, and twice. */
void gp_progress_end(void);

#endif
