/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_LINT_NEWSET_H
#define GP_OPS_LINT_NEWSET_H

#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "ops/job/inputs.h"

/*
 * A patch set in the making is a directory:
 *
 *     tree/kernel/…           a driver's sources, to be edited
 *     orig/kernel/…           the same, to compare with
 *     patches/NAME/           the set; NAME.patch has its header from the start
 *     kernel-versions/LINE    a rule that names it, once it is finished
 *     new-set                 what it was begun with
 *
 * so that it can be handed to --data as it is, and to quilt: NAME.patch is on top in
 * tree/, as `quilt new` leaves it.
 */
struct gp_newset {
	char *dir, *name;
	char *patch;   /* DIR/patches/NAME/NAME.patch */
	char *from;    /* the driver, absolute */
	char *version; /* of it */
	enum gp_kind kind;
	char release[GP_RELEASE_MAX + 1];
	struct gp_list sets;    /* that the driver needs there anyway: they are in both trees */
	struct gp_list changed; /* gp_newset_finish(): what the patch changes, sorted */
	char *rule;             /* gp_newset_finish(): a stub that was written, or NULL: one was there */
};

void gp_newset_release(struct gp_newset *n);

/*
 * Begin one: lay the sources out twice, with all sets that select chooses for the one
 * kernel of opts, whatever its verdict.
 *
 * In:     name: of the set. dir: where to; nothing may be there, and it appears whole.
 *         opts: run, its given, kernels, headers, data, sets and no_sets count; a folder
 *         that is not ours is only read.
 * Out:    gp_newset_release() it in any case.
 * Errors: GP_E_USAGE not a name for a set, or not one kernel; GP_E_NO dir is there; as
 *         gp_source_open() and gp_patch_job_plan().
 */
int gp_newset_begin(const char *name, const char *dir, const struct gp_patch_opts *opts, struct gp_newset *out,
		    struct gp_err *err);

/*
 * Write down what was changed in tree/ since: the patch anew, with the header that it
 * has and the date of today; quilt's copies of files that nobody told it of; and, where
 * there is none, a rule for the driver and the line.
 *
 * In:     now: seconds since the epoch, for dates.
 * Out:    as above.
 * Errors: GP_E_NOTFOUND no such directory, or none that gp_newset_begin() made; GP_E_NO
 *         nothing was changed; GP_E_UNSUPPORTED what no patch can say: a file with NUL
 *         bytes, a link; GP_E_FORMAT a damaged record; GP_E_SYSTEM.
 */
int gp_newset_finish(const char *name, const char *dir, int64_t now, struct gp_newset *out, struct gp_err *err);

#endif
