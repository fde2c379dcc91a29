/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_REJECT_H
#define GP_CORE_DIFF_REJECT_H

#include "core/diff/diff.h"
#include "core/diff/hunk.h"

/*
 * The failed hunks of a file as GNU patch writes them into its .rej.
 *
 * The headers keep what stands after their names; line numbers are moved by
 * what earlier hunks added; between two lines of context all '-' lines come
 * before all '+' lines. Like patch's, a line without a newline stays without
 * one and gets no "\ No newline at end of file".
 *
 * In:     rep: of gp_hunks_apply() for f; strip and reverse: as the patch is applied.
 * Out:    appended to out (a patch that names a file twice has one .rej for both);
 *         nothing when no hunk failed: not when a deletion leaves content behind.
 * Source: GNU patch 2.7.6 by experiment (tests/unit/core/diff/test_reject.c and
 *         tests/unit/ops/patch/test_differential.c compare the bytes).
 */
void gp_reject_append(const struct gp_filediff *f, const struct gp_hunk_report *rep, unsigned strip, bool reverse,
		      struct gp_buf *out);

#endif
