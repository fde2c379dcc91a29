/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_PATCHJOB_H
#define GP_OPS_JOB_PATCHJOB_H

#include "ops/job/change.h"
#include "ops/job/inputs.h"
#include "ops/job/merging.h"
#include "ops/job/write.h"
#include "ops/run/runfile.h"

/* The main job by its stages, of which each takes those before it as they are.
 * Everything a report may want to say. Zeroed is empty. */
struct gp_patch_job {
	struct gp_merging merging; /* of a merged driver */
	struct gp_inputs in;
	struct gp_decision decided;
	struct gp_changes changed;
	struct gp_written written;
};

/*
 * The main job: identify, select, apply, integrate, repack; all or nothing.
 *
 * In:     opts, borrowed by the job.
 * Out:    job, whatever the result: a report of how far it came;
 *         gp_patch_job_release() it.
 * Errors: as the stages': gp_inputs_name(), gp_inputs_load(), gp_driver_open(),
 *         gp_decide(), gp_decide_lock(), gp_change_all(), gp_write().
 */
int gp_patch_job_run(struct gp_patch_job *job, const struct gp_patch_opts *opts, struct gp_err *err);

/*
 * The same for two installers, opts->host and ->run, in two steps: reading them, after
 * which job->in.driver is the merged driver, and the rest.
 *
 * In:     sources: a directory of ours, or NULL: its kernel sources are stored there, for
 *         a build between the two.
 * Errors: as gp_merging_open(), and as above.
 */
int gp_patch_job_merge(struct gp_patch_job *job, const struct gp_patch_opts *opts, const char *sources,
		       struct gp_err *err);
int gp_patch_job_finish(struct gp_patch_job *job, struct gp_err *err);

void gp_patch_job_release(struct gp_patch_job *job);

/*
 * The main job for a build: identify, select, apply, integrate, in memory. What an
 * installer needs besides (manifest, dkms.conf, history) is left out, and what
 * DKMS would apply for the one kernel of the run goes into the sources.
 *
 * In:     opts for one kernel; out, lock and what else is about writing is not
 *         looked at. dir, rf: as for gp_driver_open_dir().
 * Out:    job: its driver.tree has the changed sources; gp_patch_job_release() it
 *         before rf goes.
 * Errors: as above; and the verdict is in job's selection when that was made.
 */
int gp_patch_job_plan(struct gp_patch_job *job, const struct gp_patch_opts *opts, const char *dir,
		      const struct gp_runfile *rf, struct gp_err *err);

/* Of all stages, in order, appended: warnings; kernels of "-k installed" that were
 * passed over, "RELEASE: why". */
void gp_patch_job_warnings(const struct gp_patch_job *job, struct gp_list *out);
void gp_patch_job_skipped(const struct gp_patch_job *job, struct gp_list *out);

/* Why it ended: lines about a hunk or a lock; empty: the error says it all. */
const struct gp_buf *gp_patch_job_why(const struct gp_patch_job *job);

/*
 * Can the options be right, whatever the driver: kernels, headers, data, names of
 * sets, users' patches?
 *
 * Out:    paths: what the users' patches touch, appended; may be NULL.
 * Errors: as gp_inputs_load().
 */
int gp_patch_job_check(const struct gp_patch_opts *opts, struct gp_list *paths, struct gp_err *err);

/* Can the names of what a run would write be right? gp_patch_job_run() asks that
 * itself. Errors: as gp_inputs_name(). */
int gp_patch_job_check_names(const struct gp_patch_opts *opts, struct gp_err *err);

#endif
