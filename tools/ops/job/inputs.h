/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_INPUTS_H
#define GP_OPS_JOB_INPUTS_H

#include "base/progress.h"
#include "ops/driver/driver.h"
#include "ops/driver/userspace.h"
#include "ops/job/lock.h"
#include "ops/patch/patchset.h"
#include "ops/run/given.h"
#include "ops/run/repack.h"
#include "ops/select/catalog.h"
#include "ops/select/gpu.h"
#include "ops/select/target.h"

#define GP_ALLOW_BLOCKED 1u
#define GP_ALLOW_UNKNOWN 2u
#define GP_ALLOW_HOOKS 4u
#define GP_ALLOW_ALTERED 8u
#define GP_ALLOW_VERSIONS 16u
extern const char *const gp_allow_names[]; /* of these bits; NULL after the last */

struct gp_merging;

/* What the user asked for. Strings are borrowed. */
struct gp_patch_opts {
	const char *run;
	const char *host;                /* what is merged with run: see ops/job/merging.h; NULL */
	const char *gpu;                 /* --gpu, NULL */
	const struct gp_given *given;    /* in which run and host may be; NULL */
	struct gp_list kernels, headers; /* -k, --headers */
	const char *hooks;               /* --hooks, NULL */
	bool no_hooks;
	const char *hooks_patch;      /* --hooks-patch, NULL */
	bool no_hooks_patch;          /* not even the one beside the hooks that the rules want */
	const char *unlock_lib;       /* --unlock-lib, NULL */
	const char *unlock_script;    /* --unlock-script, NULL */
	const char *unlock_config;    /* --unlock-config, NULL */
	struct gp_list patches;       /* --patches */
	struct gp_list matches;       /* --patch-match of each of them, or "" */
	struct gp_list sets, no_sets; /* --set, --no-set */
	struct gp_list data;          /* --data */
	unsigned allow;               /* GP_ALLOW_… */
	bool proved;                  /* the modules were built for all kernels of the run */
	bool drop_dkms_patches;
	struct gp_list clones; /* --profile-clone, each FROM=TO */
	const char *out;       /* -o, NULL: NAME-custom.run; "-" */
	const char *out_dir;   /* where that is to be; NULL: here */
	bool force, dry_run;
	const char *lock;       /* --lock, NULL */
	const char *write_lock; /* --write-lock, NULL */
	const char *dkmstree;   /* --dkmstree, NULL: GP_DKMS_TREE */
	const char *report;     /* a file that the caller will write, NULL */
	const char *program;    /* the version of gridpatch, for the lock */
	bool no_cache;          /* neither read nor write an index */
	enum gp_repack_mode repack;
	unsigned threads;
	const volatile sig_atomic_t *cancel;
	const struct gp_progress *progress; /* NULL: nobody listens */
};

/*
 * The first stage of a job: all that was asked, read and opened, and nothing decided.
 * Zeroed is empty; opts is set by the owner, is borrowed, and outlives it.
 */
struct gp_inputs {
	const struct gp_patch_opts *opts;
	bool in_place;  /* for a build: driver is a directory, and nothing will be written */
	bool dkms_tree; /* for a tree for DKMS, which applies patches itself: driver is a directory */
	bool has_epoch; /* SOURCE_DATE_EPOCH is set, to this: */
	int64_t epoch;
	char *tree; /* an installed tree that is to be changed, its real path; NULL: the run is for an installer */
	char *out;  /* with to_stdout, the name that it would have; NULL: a tree, which chooses it later or has none */
	bool to_stdout;
	char *name; /* what an output without a name is called, but for "-custom.run"; NULL: as the input */
	const struct gp_merging *merging; /* how driver was made of two; NULL */
	char *index_dir;                  /* NULL: no index is used */
	struct gp_lock lock;              /* of --lock */
	struct gp_targets targets;
	struct gp_catalog catalog;
	struct gp_gpu_list gpus;  /* of --gpu; may be empty */
	struct gp_patchset *user; /* one per --patches */
	size_t nuser;
	struct gp_usercopy user_half; /* of vgpu_unlock */
	struct gp_driver driver;
	struct gp_list warnings;
};

/*
 * The names of what a run will write, and SOURCE_DATE_EPOCH. Nothing is made.
 *
 * The variable stands for a build that must come out the same anywhere, so the running
 * kernel must not decide anything then.
 *
 * Errors: GP_E_USAGE output equal to the input, the variable is not a decimal number, or
 *         later than a tar can say (2242), or nothing names the kernels then;
 *         GP_E_NO a file exists; GP_E_NOTFOUND, GP_E_SYSTEM.
 * Source: reproducible-builds.org/specs/source-date-epoch, "must be an ASCII
 *         representation of an integer with no fractional component".
 */
int gp_inputs_name(struct gp_inputs *in, struct gp_err *err);

/* The same, once more, for another name: in->name. */
int gp_inputs_rename(struct gp_inputs *in, struct gp_err *err);

/* The name of the output; with "-" the one that it would have. free() it. */
char *gp_out_name(const struct gp_patch_opts *o);

/* NAME-custom.run, at path, is patched again: which name is free? GP_E_USAGE. */
int gp_inputs_fail_custom(const char *path, bool several, struct gp_err *err);

/*
 * Can a file appear under this name, or take the place of what is there?
 *
 * In:     what: "output": for messages.
 * Errors: GP_E_USAGE.
 */
int gp_inputs_check_place(const char *what, const char *path, const struct gp_patch_opts *o, struct gp_err *err);

/* Can one be made there? Asked before hours of work. Errors: as gp_outfile_open(). */
int gp_inputs_check_writable(const char *path, struct gp_err *err);

/*
 * What does not need the driver: kernels, data, the user's patches and copies.
 *
 * Out:    paths: what the user's patches, copies and clones touch, appended.
 * Errors: GP_E_USAGE, GP_E_NOTFOUND, GP_E_FORMAT, …
 */
int gp_inputs_load(struct gp_inputs *in, struct gp_list *paths, struct gp_err *err);

/* The last step, once driver is open: how the user's single patches are to be read. */
int gp_inputs_complete(struct gp_inputs *in, struct gp_err *err);

void gp_inputs_release(struct gp_inputs *in);

/* The directories of data that the command line and this machine name, in the order in
 * which they lie upon each other, each once, where it is named first; the first one is the
 * shipped, or $GRIDPATCH_DATA. */
int gp_data_dirs(const struct gp_list *extra, struct gp_list *dirs, struct gp_err *err);

/* Load the data that the command line and this machine name. In: tables: as
 * gp_catalog_load(). */
int gp_data_load(const struct gp_list *extra, unsigned tables, struct gp_catalog *out, struct gp_err *err);

/* The day that this machine's data are of, without loading them (gp_catalog_read_date()). */
int gp_data_date(char **date, struct gp_err *err);

#endif
