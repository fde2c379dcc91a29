/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MERGE_MERGEFIT_H
#define GP_CORE_MERGE_MERGEFIT_H

#include <stdbool.h>

#include "core/rules/kind.h"
#include "core/rules/release.h"

/*
 * Which two drivers make a merged one: a vGPU host, and a general driver or a grid
 * guest of the same branch, the desktop.
 */

/* One of the two, as its manifest says. */
struct gp_merge_half {
	const char *name; /* of the file, for messages */
	enum gp_kind kind;
	struct gp_version version;
};

enum gp_merge_fit {
	GP_FIT_SAME,     /* one version */
	GP_FIT_VERSIONS, /* one branch, and two versions: only when the user allows it */
	GP_FIT_BRANCHES, /* two branches: never */
	GP_FIT_HOSTS,    /* both are hosts */
	GP_FIT_DESKTOPS, /* neither is */
	GP_FIT_MERGED,   /* one is merged already */
};

/* "same version", "versions", "branches", "two hosts", "two desktops", "merged". */
const char *gp_merge_fit_name(enum gp_merge_fit f);

/* What the two are to each other. Out: swapped, the host is b; may be NULL. */
enum gp_merge_fit gp_merge_fits(const struct gp_merge_half *a, const struct gp_merge_half *b, bool *swapped);

/*
 * Say no to what does not fit.
 *
 * In:     allow_versions: two versions of one branch are fine, too.
 * Out:    swapped as above.
 * Errors: GP_E_NO, with both names, and with what would fit.
 */
int gp_merge_check(const struct gp_merge_half *a, const struct gp_merge_half *b, bool allow_versions, bool *swapped,
		   struct gp_err *err);

#endif
