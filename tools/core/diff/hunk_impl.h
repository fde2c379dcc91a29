/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_HUNK_IMPL_H
#define GP_CORE_DIFF_HUNK_IMPL_H

/* What hunk.c shares with hunkwhy.c; everybody else wants core/diff/hunk.h. */

#include "core/diff/hunk.h"
#include "core/diff/numbered.h"

/* A hunk that was not found. */
struct gp_hunk_miss {
	struct gp_numbered *in; /* where it was looked for */
	const struct gp_hunk *hunk;
	bool reverse;
	const uint32_t *id; /* of the lines that it wants, GP_NO_LINE: there is no such line */
	size_t n;
	int64_t guess; /* the line where the first of them was expected */
};

/* Is the line one of the side that a hunk is looked for by? */
static inline bool gp_dline_is_old(const struct gp_dline *d, bool reverse)
{
	return d->op != (reverse ? '-' : '+');
}

/* Fill in near_line, near_expected and why of a report that has near_hunk. */
void gp_hunk_explain(const struct gp_hunk_miss *m, struct gp_hunk_report *rep);

#endif
