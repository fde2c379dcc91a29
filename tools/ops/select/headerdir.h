/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_HEADERDIR_H
#define GP_OPS_SELECT_HEADERDIR_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* Which directory a user means by the headers that he names. */

/*
 * Kernel sources, at least their headers: include/linux is there. A build directory:
 * configured, and prepared as far as that shows.
 *
 * In:  why: zeroed; may be NULL, where the answer only words an error.
 * Out: false with why set when it cannot be told: GP_E_SYSTEM. A second look might not
 *      fail, so it is said here.
 */
bool gp_headerdir_is_source(const char *dir, struct gp_err *why);
bool gp_headerdir_is_build(const char *dir, struct gp_err *why);

/*
 * Find the build directory.
 *
 * In:     dir: the build directory itself, a link to it, or /lib/modules/R.
 * Out:    absolute, without links; free() it. NULL on failure.
 * Errors: what is there instead, and what to give or to do. GP_E_NOTFOUND
 *         nothing, a file, an empty directory, sources that were never
 *         configured or prepared, the half that flavours share, or a directory
 *         of several kernels; GP_E_UNSUPPORTED headers of another architecture.
 * Source: as gp_headers_open(); linux-headers-5.15.0-33 and linux-hwe-5.15-
 *         headers-5.15.0-33 (Ubuntu); SUSE's kernel-devel, which is /usr/src/
 *         linux-R with /usr/src/linux-R-obj/x86_64/default beside it.
 */
char *gp_headerdir_find(const char *dir, struct gp_err *err);

/*
 * Append the headers that a directory is, or else those in it, by name: build directories,
 * and those that a /lib/modules/R in it leads to. What else lies there is passed over. A
 * directory that has none is appended itself, for gp_headerdir_find() to say what it is.
 *
 * Errors: GP_E_SYSTEM it cannot be told.
 */
int gp_headerdir_expand(const char *dir, struct gp_list *out, struct gp_err *err);

#endif
