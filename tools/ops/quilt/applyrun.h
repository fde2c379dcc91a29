/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_QUILT_APPLYRUN_H
#define GP_OPS_QUILT_APPLYRUN_H

#include "ops/patch/apply.h"
#include "ops/tree/disktree.h"
#include "ops/patch/patchset.h"

/* What `apply` is asked to do. Strings are borrowed. */
struct gp_apply_opts {
	const char *dir;       /* the tree */
	struct gp_list inputs; /* patches, and folders with a series */
	int strip;             /* -p, or -1 */
	int fuzz;              /* -F, or -1: what the series says, else 2 */
	bool reverse, dry_run, quilt, fsync, recover_only;
	const char *rejects; /* a directory, NULL */
	const volatile sig_atomic_t *cancel;
};

struct gp_apply_run {
	struct gp_disktree disk;
	struct gp_tree tree;
	struct gp_patchset *set; /* one per input */
	size_t nset;
	struct gp_applied_list applied;
	struct gp_buf why; /* of hunks that did not match, lines */
	bool recovered;    /* an interrupted run was rolled back first */
	size_t recovered_files;
	bool half_changed;      /* this one could not be rolled back */
	struct gp_list rejects; /* files that were written */
};

/*
 * Apply patches to a directory, all or nothing.
 *
 * Out:    run, whatever the result: a report of how far it came;
 *         gp_apply_run_release() it.
 * Errors: GP_E_NO a hunk does not match, an interrupted run is in the way of a
 *         dry run; GP_E_USAGE the strip level cannot be found out;
 *         GP_E_FORMAT, GP_E_UNSUPPORTED, GP_E_NOTFOUND, GP_E_SYSTEM.
 */
int gp_apply_run(struct gp_apply_run *run, const struct gp_apply_opts *o, struct gp_err *err);
void gp_apply_run_release(struct gp_apply_run *run);

/* How many files differ from what they were, quilt's records aside. */
size_t gp_apply_run_changes(const struct gp_apply_run *run);

/*
 * The strip level of a patch nobody gave one for: 0 or 1 when every file it
 * needs exists under exactly one of them.
 *
 * In:     dir, the name of the tree, for messages.
 * Out:    the level, or -1.
 * Errors: GP_E_USAGE both fit, or neither does.
 */
int gp_strip_find(const struct gp_tree *t, const char *dir, const struct gp_diff *d, bool reverse, struct gp_err *err);

#endif
