/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_DIRECT_H
#define GP_CORE_DIFF_DIRECT_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/diff/diff.h"
#include "core/diff/hunk.h"

/*
 * Apply all hunks of f where they say they belong, if every one of them is there.
 *
 * This is the first place that gp_hunks_search() tries, without its tables. It
 * leaves alone what has rules of its own: a file that is created or empty, a
 * hunk that looks for no line, one that starts above the last line written, and
 * anything that would be written after a line without newline.
 *
 * In:     old, untrusted; f, whose hunks agree with their counts.
 *         out, empty; place, one per hunk.
 * Out:    true: out and place are what gp_hunks_search() makes, and it says APPLIED.
 *         false: out is empty and place is undefined; ask gp_hunks_search().
 * Source: as gp_hunks_apply(); tests/unit/core/diff/test_direct.c compares the two.
 */
bool gp_hunks_direct(struct gp_str old, const struct gp_filediff *f, bool reverse, struct gp_buf *out,
		     struct gp_place *place);

#endif
