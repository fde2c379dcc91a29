/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_CHANGE_H
#define GP_OPS_JOB_CHANGE_H

#include "ops/job/clone.h"
#include "ops/job/decide.h"
#include "ops/job/dkmspatch.h"
#include "ops/tree/tree.h"

/* The third stage of a job: what was decided, done in memory. */
struct gp_changes {
	struct gp_tree *tree; /* the driver's, with the changes in it */
	struct gp_applied_list applied;
	struct gp_applied_list hooks_applied; /* until they are in applied, too */
	struct gp_late_list late;             /* what DKMS will apply */
	struct gp_clones clones;              /* cards in vgpuConfig.xml */
	char *targetdir;                      /* of the new installer; NULL: it did not come so far */
	bool user_half;                       /* that of vgpu_unlock was put in, or is another one now */
	char *exclusive;                      /* BUILD_EXCLUSIVE_KERNEL that was set, NULL */
	struct gp_buf history;                /* lines added to pkg-history.txt */
	struct gp_buf why;                    /* of a hunk that did not match, lines */
	struct gp_list warnings;
};

/* Begin it: from here on the driver's tree, and what the decision did to the copy of
 * the hooks, are the changes' own. Nothing else of the two is touched. */
void gp_changes_begin(struct gp_changes *c, struct gp_inputs *in, struct gp_decision *d);

/*
 * The sources only, as a build wants them: sets, the user's patches, hooks. What DKMS
 * would apply for the one kernel of a run in place goes in, too.
 *
 * Errors: GP_E_NO a hunk; as gp_apply_patch() and gp_unlock_integrate().
 */
int gp_change_sources(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c,
		      struct gp_err *err);

/* All that a new installer needs: the sources, what DKMS applies, the package's records. */
int gp_change_all(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_err *err);

void gp_changes_release(struct gp_changes *c);

#endif
