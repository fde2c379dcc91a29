/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_UNDO_H
#define GP_OPS_JOB_UNDO_H

#include "ops/job/inplace.h"
#include "ops/job/inputs.h"
#include "ops/tree/tree.h"

/* Taking back what the last run of `patch` did to an installed tree. Zeroed is empty. */
struct gp_undo {
	struct gp_inputs in;      /* its driver and tree; nothing else is asked for */
	char *backup;             /* where its backup is, NULL: it is not known yet */
	size_t restored, removed; /* files */
	struct gp_list others;    /* that were not there then, and stay */
	struct gp_list altered;   /* that somebody changed since; with GP_ALLOW_ALTERED they are put back, too */
	struct gp_undo_late {
		char *path;
		enum gp_node node;
		unsigned mode;
		uid_t uid;
		gid_t gid;
		char *to; /* of a symlink */
	} * late;         /* what is made, or gets its owner, when the files are in place */
	size_t nlate, late_cap;
	bool found; /* the tree is open */
	bool done, half_changed;
	struct gp_inplace inplace; /* what there is to do for dkms */
};

/*
 * Put an installed tree back to what it was before the last run, from that run's
 * backup, which is removed then: all or nothing. The backup is read to its end before
 * anything is changed.
 *
 * In:     opts: run, dry_run, allow, dkmstree, cancel count. Borrowed by u.
 * Out:    u, whatever the result; gp_undo_release() it.
 * Errors: GP_E_NO there is nothing to take back, no backup, or somebody changed files
 *         since; GP_E_FORMAT record or backup are damaged; as gp_commit_run().
 */
int gp_undo_run(struct gp_undo *u, const struct gp_patch_opts *opts, struct gp_err *err);
void gp_undo_release(struct gp_undo *u);

#endif
