/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_DIFFOUT_H
#define GP_CORE_DIFF_DIFFOUT_H

#include "core/diff/diff.h"

/*
 * Write one file of a patch anew, in the plainest form, for `patch -p1`: whatever
 * names, strip level, direction and dialect it had before.
 *
 * In:     op: MODIFY, CREATE or DELETE; path: the file, as seen from where patch
 *         will run; f has a hunk at least.
 * Out:    appended to out.
 * Source: GNU diff's unified format; patch(1) of GNU patch 2.7.6 (-p1 takes "a/" off).
 */
void gp_diff_put(const struct gp_filediff *f, enum gp_file_op op, const char *path, bool reverse, struct gp_buf *out);

#endif
