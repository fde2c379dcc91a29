/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_DKMSPATCH_H
#define GP_OPS_JOB_DKMSPATCH_H

#include "core/rules/release.h"
#include "ops/patch/apply.h"

/*
 * Patches for some kernels only. Up to 515 nvidia-installer builds its first
 * module through DKMS, so DKMS applies them: kernel/patches/, PATCH[] and
 * PATCH_MATCH[]. From 520 on the installer builds in its own tree first: they go
 * into the sources, and the installer is for one kernel line.
 * Source: nvidia-installer 470, 515, 520 and 535, dkms.c and install-from-cwd.c.
 */
#define GP_BUILDS_IN_TREE 520 /* the first branch whose installer builds in its own tree */

struct gp_inputs;
struct gp_decision;
struct gp_changes;

/* One that is left to DKMS. */
struct gp_late {
	char *set, *name; /* whose, and which patch of it */
	char *match;      /* PATCH_MATCH */
	char *file;       /* below kernel/patches/ */
	char *sha256;     /* of the set */
	unsigned fuzz;
	struct gp_buf text; /* for `patch -p1` in kernel/ */
	bool there;         /* the package has it already */
	bool told;          /* it is in applied */
};

struct gp_late_list {
	struct gp_late *v;
	size_t n, cap;
	struct gp_applied_list applied; /* what they do, tried on the first kernel that they match */
};

void gp_late_list_release(struct gp_late_list *l);

/* Does DKMS build the first module of what this run writes: of a tree for it, of an
 * installed one, or of an installer that lets it? */
bool gp_late_possible(const struct gp_inputs *in);

/* Is an expression good for PATCH_MATCH? Errors: GP_E_USAGE. */
int gp_late_check(const char *ere, struct gp_err *err);

/*
 * Is it for this kernel, as bash's =~ in dkms tells? "" is for every one.
 *
 * Out:    1 yes, 0 no, -1 it cannot be told.
 * Errors: as gp_text_matches(); that an expression of a dkms.conf is malformed
 *         makes dkms take no kernel for it, and says that somebody erred.
 */
int gp_late_matches(const char *ere, const struct gp_release *r, struct gp_err *err);

/*
 * May patches for some kernels go into the sources, where DKMS comes too late?
 * Only when the run is for one kernel, whose line is then all that the installer
 * is for (d->only). Errors: GP_E_NO.
 */
int gp_late_decide(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err);

/*
 * Add the files and remember the lines of dkms.conf (c->late), after everything
 * else has changed the tree: all of them apply there, for each kernel of the run,
 * after what dkms.conf applies already, or nothing is done.
 *
 * Errors: GP_E_NO a hunk does not match, or is there already, where DKMS would
 *         stop; GP_E_UNSUPPORTED renames, modes; no dkms.conf, or one whose
 *         PATCH[] lines cannot be continued.
 */
int gp_late_plan(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_err *err);

#endif
