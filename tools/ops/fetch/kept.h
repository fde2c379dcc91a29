/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_FETCH_KEPT_H
#define GP_OPS_FETCH_KEPT_H

#include "base/outfile.h"
#include "ops/fetch/plan.h"

#define GP_FETCH_KEPT 12 /* kernels; one has about 100 MB */

/*
 * Headers that earlier runs fetched, in the cache: CACHE/headers/KEY/root has the files,
 * and KEY/record what they are and the sum of all, so that what is no longer as it was
 * unpacked is not taken.
 */
struct gp_kept {
	char *root;              /* where the packages' files are */
	int lock;                /* while it is open nobody removes them; -1 */
	struct gp_list packages; /* "NAME VERSION SHA256" */
};

void gp_kept_release(struct gp_kept *k); /* the files stay */

/*
 * Look for those of a plan; they count as used now.
 *
 * Out: false: there are none, or not all as they were. Whatever else goes wrong is a no, too.
 */
bool gp_kept_find(const struct gp_fetch_plan *p, struct gp_kept *out);

/* Begin new ones. Out: root: where to unpack, inside of t; free() it. false: there is no
 * cache that is ours. gp_tmpdir_release() t in any case. */
bool gp_kept_begin(const struct gp_fetch_plan *p, struct gp_tmpdir *t, char **root);

/*
 * Give them their place; those that were there before go, and of all but the newest
 * GP_FETCH_KEPT those that nobody uses. packages: as in gp_kept.
 *
 * Errors: GP_E_SYSTEM, GP_E_UNSUPPORTED.
 */
int gp_kept_commit(struct gp_tmpdir *t, const char *root, const struct gp_list *packages, struct gp_err *err);

#endif
