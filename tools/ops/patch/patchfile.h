/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PATCH_PATCHFILE_H
#define GP_OPS_PATCH_PATCHFILE_H

#include "base/buf.h"
#include "base/err.h"

/* No patch is larger, packed or not. */
#define GP_PATCH_MAX (1u << 30)

/* One of the two below. */
typedef int gp_patch_reader(const char *path, struct gp_buf *text, struct gp_err *err);

/*
 * A patch file's text; NAME.gz, NAME.bz2 and NAME.xz are unpacked, as quilt
 * does.
 *
 * Errors: GP_E_NOTFOUND; GP_E_UNSUPPORTED .lzma and .lz; GP_E_FORMAT damaged,
 *         or larger than GP_PATCH_MAX; GP_E_SYSTEM.
 */
gp_patch_reader gp_patch_read;

/* A patch file that the user named: "-" is standard input, and a pipe will do,
 * too, as <(command) is one. Errors: GP_E_CANCELLED a signal came while nobody wrote. */
gp_patch_reader gp_patch_read_given;

#endif
