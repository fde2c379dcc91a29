/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_INPLACE_H
#define GP_OPS_JOB_INPLACE_H

#include "ops/driver/dkmsstate.h"
#include "ops/job/inputs.h"
#include "ops/tree/disktree.h"

struct gp_decision;
struct gp_changes;
struct gp_written;

/* The last stage of a job for an installed tree: it is changed where it lies. */
struct gp_inplace {
	char *backup;         /* of the tree as it was; NULL: none was needed, or it was a dry run */
	uint64_t backup_size; /* bytes */
	bool same;            /* there was nothing to change */
	bool half_changed;    /* it failed, and so did the way back */
	struct gp_dkms_state dkms;
	struct gp_list stale;    /* files that a build left in the tree, and that dkms would copy */
	struct gp_list commands; /* for dkms, in their order; none if it is not said how it is called */
	struct gp_list warnings;
};

void gp_inplace_release(struct gp_inplace *p);

/*
 * Open and lock the tree that opts->run names, after rolling back what an interrupted
 * run left. A dry run only looks.
 *
 * Out:    in->driver, in->tree.
 * Errors: as gp_driver_open_tree(); GP_E_USAGE it is no installed tree.
 */
int gp_inplace_open(struct gp_inputs *in, struct gp_err *err);

/*
 * Write the backup and then, all or nothing, the changes; and the lock file.
 *
 * Out:    w: its inplace, done and lock.
 * Errors: as gp_backup_write(), gp_commit_run(); the tree is as it was, and nothing is
 *         beside it, unless inplace.half_changed.
 */
int gp_inplace_write(struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_written *w,
		     struct gp_err *err);

/* The real path of an open directory, which must be that of its name; free() it. NULL:
 * GP_E_SYSTEM. */
char *gp_inplace_real(const struct gp_disktree *d, struct gp_err *err);

/* What there is to do for dkms, and what it has of the tree's state at `since`. Of an
 * undo, d is NULL: the kernels are those of -k, else those that it has built for. */
void gp_inplace_dkms(const struct gp_inputs *in, const struct gp_decision *d, int64_t since, struct gp_inplace *p);

#endif
