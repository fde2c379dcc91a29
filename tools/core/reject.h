/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_REJECT_H
#define GP_CORE_REJECT_H

#include "core/hunk.h"

/*
 * The failed hunks of a file as GNU patch writes them into its .rej.
 *
 * In:     rep: of gp_hunks_apply(); path: the file's name as patch would show it.
 * Out:    appended to out; nothing when no hunk failed.
 * Source: GNU patch 2.7.6 by experiment (tests/test_reject.c compares).
 */
void gp_reject_format(const struct gp_filediff *f, const struct gp_hunk_report *rep, const char *path,
		      bool reverse, struct gp_buf *out);

#endif
