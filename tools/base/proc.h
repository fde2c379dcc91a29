/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_PROC_H
#define GP_BASE_PROC_H

#include "base/buf.h"

/*
 * Run a program of this machine (never one out of a package), without a shell.
 *
 * In:     argv, NULL-terminated, argv[0] looked up in PATH; dir, where to run
 *         it, or NULL for here. stdin is /dev/null.
 * Out:    the exit status (128 + signal when killed), or -1; out gets stdout and
 *         stderr together (at most 1 MiB are kept), NULL to let them through.
 * Errors: GP_E_NOTFOUND no such program; GP_E_SYSTEM.
 */
int gp_proc_run(const char *const *argv, const char *dir, struct gp_buf *out, struct gp_err *err);

#endif
