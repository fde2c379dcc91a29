/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PATCH_PATCHFILE_H
#define GP_OPS_PATCH_PATCHFILE_H

#include "base/buf.h"
#include "base/err.h"

/*
 * A patch file's text; NAME.gz, NAME.bz2 and NAME.xz are unpacked, as quilt
 * does.
 *
 * Errors: GP_E_NOTFOUND; GP_E_UNSUPPORTED .lzma and .lz; GP_E_FORMAT damaged,
 *         or larger than 1 GiB; GP_E_SYSTEM.
 */
int gp_patch_read(const char *path, struct gp_buf *text, struct gp_err *err);

/* A patch file that the user named: a pipe will do, too, as <(command) is one.
 * Errors: GP_E_CANCELLED a signal came while the pipe was silent. */
int gp_patch_read_given(const char *path, struct gp_buf *text, struct gp_err *err);

#endif
