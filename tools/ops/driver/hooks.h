/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_DRIVER_HOOKS_H
#define GP_OPS_DRIVER_HOOKS_H

#include "base/buf.h"
#include "core/driver/hooksrc.h"
#include "ops/patch/apply.h"
#include "ops/patch/patchset.h"

/* Upstream's file has 38 kB; no copy needs more than this. */
#define GP_HOOKS_MAX (4u << 20)

/* vGPU-Unlock-patcher's patch, under its own name; fetch-hooks puts it beside the hooks. */
#define GP_HOOKS_PATCH "vgpu_unlock_hooks-510.patch"

/* The user's copy of DualCoder/vgpu_unlock, as far as it is needed. */
struct gp_hookcopy {
	char *dir;            /* where it was found */
	struct gp_buf source; /* vgpu_unlock_hooks.c, after --hooks-patch and gp_hooks_fix() */
	struct gp_buf kern_ld;
	/* Of the user's copy: after --hooks-patch, before gp_hooks_fix(). */
	char sha256[65];
	bool known;            /* one of the two known copies */
	bool patched;          /* --hooks-patch was applied, or the patch beside the copy */
	char *patch;           /* which file that was, NULL */
	char patch_sha256[65]; /* of that patch, "" */
	enum gp_hooks_table table;
};

/* The places that are searched without --hooks, in order (borrowed strings in
 * a list that the caller releases). */
void gp_hooks_places(struct gp_list *places);

/*
 * Load the hooks.
 *
 * In:     dir from --hooks, or NULL: the first of gp_hooks_places() that has them.
 * Errors: GP_E_NOTFOUND not there; the message names the places and fetch-hooks.
 */
int gp_hooks_load(const char *dir, struct gp_hookcopy *out, struct gp_err *err);
void gp_hooks_release(struct gp_hookcopy *h);

/* *path: the patch for the newer table that lies beside the copy; free() it. NULL: none
 * does. GP_E_SYSTEM: that cannot be seen. */
int gp_hooks_patch_beside(const struct gp_hookcopy *h, char **path, struct gp_err *err);

/*
 * Apply a patch of the user's to the copy in memory.
 *
 * In:     text: a diff whose one file is named …/vgpu_unlock_hooks.c.
 * Errors: GP_E_NO it does not apply; GP_E_FORMAT.
 */
int gp_hooks_patch(struct gp_hookcopy *h, const char *name, struct gp_str text, struct gp_err *err);

/*
 * Apply a set of the data that is for the hooks to the copy in memory, all of
 * it or nothing, without fuzz.
 *
 * Out:    done: appended to, one per patch; a patch that was there already is
 *         told as such. sha256, known and table stay those of the user's copy.
 * Errors: GP_E_NO it does not fit this copy; others when it cannot be read.
 */
int gp_hooks_fix(struct gp_hookcopy *h, const struct gp_patchset *set, struct gp_applied_list *done,
		 struct gp_err *err);

#endif
