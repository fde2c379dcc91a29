/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_SOURCES_H
#define GP_OPS_JOB_SOURCES_H

#include "ops/job/decide.h"
#include "ops/patch/apply.h"
#include "ops/tree/tree.h"

/* Where the sources are changed, and who wants to know of it. */
struct gp_sources {
	struct gp_tree *tree;
	struct gp_applied_list *applied; /* what was done is appended */
	struct gp_buf *why;              /* of a hunk that did not match, and the way out */
};

/*
 * Apply the sets that the job has chosen: the neutral ones first; then, where DKMS
 * cannot do it (gp_late_decide()), what the one kernel of the run asked for.
 *
 * Errors: as gp_apply_patch().
 */
int gp_sources_sets(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_sources *to,
		    struct gp_err *err);

/* Apply the i-th of the user's series. Errors: as above. */
int gp_sources_series(const struct gp_inputs *in, const struct gp_decision *d, size_t i, const struct gp_sources *to,
		      struct gp_err *err);

#endif
