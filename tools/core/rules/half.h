/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_HALF_H
#define GP_CORE_RULES_HALF_H

#include "base/stanza.h"
#include "core/rules/release.h"

/* The userspace half of vgpu_unlock: the library vgpu_unlock-rs, or DualCoder's script. */
enum gp_half { GP_HALF_NONE, GP_HALF_LIBRARY, GP_HALF_SCRIPT };

const char *gp_half_name(enum gp_half h); /* "none", "library", "script" */

/* no: not at all; partly: it unlocks, and something else does not work. */
enum gp_fits { GP_FITS_UNSET, GP_FITS_NO, GP_FITS_PARTLY, GP_FITS_YES };

const char *gp_fits_name(enum gp_fits f); /* "unset", "no", "partly", "yes" */

/* What is known of one half with some drivers. */
struct gp_half_rule {
	enum gp_half half;
	struct gp_ranges driver;
	enum gp_fits fits;
	char *reason, *evidence; /* reason: NULL when absent */
	char *file;
	unsigned lineno;
};

/* The `unlock` files of kernel-versions/. */
struct gp_half_list {
	struct gp_half_rule *v;
	size_t n, cap;
};

void gp_halves_release(struct gp_half_list *l);

/*
 * Append the paragraphs of an unlock file.
 *
 * In:     stanzas of one file, each with Unlock (library, script), Driver (ranges), Fits
 *         (yes, partly, no) and Evidence; Reason, which only Fits: yes can do without.
 * Out:    gp_halves_release() frees *l, also after a failure.
 * Errors: GP_E_FORMAT with "file:line": a field that is unknown or missing, a bad value.
 */
int gp_halves_parse(const struct gp_stanza_list *stanzas, struct gp_half_list *l, struct gp_err *err);

/* What is said of that half with that driver, the last one that is; NULL: nothing. */
const struct gp_half_rule *gp_half_find(const struct gp_half_list *l, enum gp_half half,
					const struct gp_version *driver);

#endif
