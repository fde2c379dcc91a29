/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_LOG_H
#define GP_BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum gp_log_level { GP_LOG_QUIET = -1, GP_LOG_NORMAL = 0, GP_LOG_VERBOSE = 1 };

/* Process-wide: set once by main from -q and -v. */
void gp_log_set(enum gp_log_level level);

/* Likewise, from what is known of standard error: are "warning:" and the name before an
 * error to have colours? No, if this is not called. */
void gp_log_set_colours(bool on);

/* "gridpatch: warning: …" on stderr, unless quiet. Arguments are masked. */
void gp_warn(const char *fmt, ...) GP_PRINTF(1, 2);

/* A warning that -q does not silence: files were changed in a way that nobody asked for. */
void gp_warn_loud(const char *fmt, ...) GP_PRINTF(1, 2);

/* An error, as "gridpatch: …" on stderr. */
void gp_print_error(const struct gp_err *err);

/* "gridpatch: …" on stderr with -v only. Arguments are masked. */
void gp_debug(const char *fmt, ...) GP_PRINTF(1, 2);

#endif
