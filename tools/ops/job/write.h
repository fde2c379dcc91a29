/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_WRITE_H
#define GP_OPS_JOB_WRITE_H

#include "ops/job/change.h"
#include "ops/job/inplace.h"
#include "ops/job/inputs.h"
#include "ops/run/repack.h"

/* The last stage of a job: what stands on the disk now. */
struct gp_written {
	bool done;   /* everything went well */
	bool output; /* there is an installer */
	bool lock;   /* and a lock file */
	struct gp_repack_report repack;
	struct gp_inplace inplace; /* of an installed tree */
};

/* How the installer is to be written; what is borrowed there is the stages'. */
struct gp_repack gp_repack_of(const struct gp_inputs *in, const struct gp_changes *c);

/*
 * Write the installer, and the lock file if one was asked for; in a dry run, find
 * out which way it would be.
 *
 * In:     begun: what a head start wrote, or NULL; it is used up.
 * Errors: as gp_repack_write() and gp_outfile_commit().
 */
int gp_write(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_changes *c,
	     struct gp_output **begun, struct gp_written *w, struct gp_err *err);

#endif
