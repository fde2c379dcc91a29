/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_PATCHJOB_H
#define GP_OPS_JOB_PATCHJOB_H

#include "core/driver/dkmsconf.h"
#include "ops/patch/apply.h"
#include "ops/job/dkmspatch.h"
#include "ops/driver/driver.h"
#include "ops/job/klines.h"
#include "ops/job/lock.h"
#include "ops/job/reask.h"
#include "ops/patch/patchset.h"
#include "ops/select/select.h"
#include "ops/run/repack.h"
#include "ops/select/target.h"

#define GP_ALLOW_BLOCKED 1u
#define GP_ALLOW_UNKNOWN 2u
#define GP_ALLOW_HOOKS 4u
#define GP_ALLOW_ALTERED 8u
extern const char *const gp_allow_names[]; /* of these bits; NULL behind the last */

/* What the user asked for. Strings are borrowed. */
struct gp_patch_opts {
	const char *run;
	struct gp_list kernels, headers; /* -k, --headers */
	const char *hooks;               /* --hooks, NULL */
	bool no_hooks;
	const char *hooks_patch;      /* --hooks-patch, NULL */
	bool no_hooks_patch;          /* not even the one beside the hooks that the rules want */
	struct gp_list patches;       /* --patches */
	struct gp_list matches;       /* --patch-match of each of them, or "" */
	struct gp_list sets, no_sets; /* --set, --no-set */
	struct gp_list data;          /* --data */
	unsigned allow;               /* GP_ALLOW_… */
	bool proved;                  /* the modules were built for all kernels of the run */
	bool drop_dkms_patches;
	const char *out; /* -o, NULL: NAME-custom.run here; "-" */
	bool force, dry_run;
	const char *lock;       /* --lock, NULL */
	const char *write_lock; /* --write-lock, NULL */
	const char *report;     /* a file that the caller will write, NULL */
	const char *program;    /* the version of gridpatch, for the lock */
	bool no_cache;          /* neither read nor write an index */
	enum gp_repack_mode repack;
	unsigned threads;
	const volatile sig_atomic_t *cancel;
	const struct gp_progress *progress; /* NULL: nobody listens */
};

enum gp_hooks_action {
	GP_HOOKS_NONE, /* not wanted for this kind, or --no-hooks */
	GP_HOOKS_INTEGRATED,
	GP_HOOKS_THERE, /* complete before */
};

/* Everything a report may want to say. Zero it, run, release. */
struct gp_patch_job {
	struct gp_driver driver;
	struct gp_targets targets;
	struct gp_catalog catalog;
	struct gp_selection selection;
	struct gp_patchset *user; /* one per --patches */
	size_t nuser;
	struct gp_applied_list applied;
	struct gp_late_list late; /* what DKMS will apply */
	struct gp_reask reask;    /* what the user's patches changed in the rules' answers */
	struct gp_kline only;     /* with has_only: the one line that the output is for */
	bool has_only;
	struct gp_hookcopy hooks;
	enum gp_hooks_action hooks_action;
	struct gp_applied_list hooks_applied; /* until they are in applied: sets for the hooks that fit */
	struct gp_list hook_sets;             /* their names */
	char *hooks_why;                      /* why there are none */
	struct gp_list warnings, overrides;
	struct gp_buf why;        /* of a hunk that did not match, or of a lock, lines */
	struct gp_buf history;    /* lines added to pkg-history.txt */
	struct gp_klines blocked; /* lines that DKMS must leave alone */
	char *exclusive;          /* BUILD_EXCLUSIVE_KERNEL that was set, NULL */
	char *targetdir, *out;    /* with to_stdout, the name that out would have */
	bool to_stdout;
	char *index_dir; /* NULL: no index is used */
	bool has_epoch;  /* SOURCE_DATE_EPOCH is set, to this: */
	int64_t epoch;
	struct gp_lock lock;    /* of --lock */
	struct gp_buf lock_now; /* what a lock of this run says */
	bool lock_holds, lock_written;
	bool in_place; /* gp_patch_job_plan(): nothing will be written */
	bool done;     /* everything went well */
	bool written;
	struct gp_repack_report repack;
};

/*
 * The main job: identify, select, apply, integrate, repack; all or nothing.
 *
 * Out:    job, whatever the result: a report of how far it came;
 *         gp_patch_job_release() it.
 * Errors: GP_E_NO blocked, unknown, a hunk, hooks, altered, output exists, the
 *         lock does not hold; GP_E_USAGE output equal to the input, or
 *         SOURCE_DATE_EPOCH; GP_E_FORMAT, GP_E_NOTFOUND, …
 */
int gp_patch_job_run(struct gp_patch_job *job, const struct gp_patch_opts *opts, struct gp_err *err);
void gp_patch_job_release(struct gp_patch_job *job);

/*
 * The same for a build: identify, select, apply, integrate, in memory. What an
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

/*
 * Can the options be right, whatever the driver: kernels, headers, data, names of
 * sets, users' patches?
 *
 * Out:    paths: what the users' patches touch, appended; may be NULL.
 * Errors: as above.
 */
int gp_patch_job_check(const struct gp_patch_opts *opts, struct gp_list *paths, struct gp_err *err);

/*
 * Can the names of what a run would write be right: output, lock file? Nothing is
 * made. gp_patch_job_run() asks that itself.
 *
 * Errors: GP_E_USAGE, GP_E_NO it exists, GP_E_NOTFOUND, GP_E_SYSTEM.
 */
int gp_patch_job_check_names(const struct gp_patch_opts *opts, struct gp_err *err);

/* Load the data that the command line and this machine name. */
int gp_data_load(const struct gp_list *extra, struct gp_catalog *out, struct gp_err *err);

#endif
