/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_SERIES_H
#define GP_CORE_DIFF_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define GP_SERIES_MAX (1u << 20) /* bytes of a series file */

/* As many lines of context may differ unless somebody says otherwise; patch's default. */
#define GP_SERIES_FUZZ 2

struct gp_series_entry {
	char *name;     /* clean path below the patch folder */
	unsigned strip; /* 1 when not given; -pab counts as 1 */
	bool strip_given;
	bool reverse; /* -R */
	bool fuzz_given;
	unsigned fuzz; /* -F; only when given */
	size_t lineno; /* from 1 */
};

struct gp_series {
	struct gp_series_entry *v;
	size_t n, cap;
	size_t crlf; /* the first line whose CR quilt takes as a part of its last word; 0: none */
};

/*
 * Parse a quilt series file: one patch per line, "NAME [-pN] [-R]
 * [-F N] [# comment]". A CR at a line's end is passed over.
 *
 * In:     text, untrusted; not needed afterwards.
 * Out:    *out in the order of the file; gp_series_release() it. An empty
 *         series is fine. Released and zeroed on failure.
 * Errors: GP_E_FORMAT naming the line: a name that is absolute or has "..", and as
 *         gp_patch_flags_parse(); GP_E_UNSUPPORTED an option that only patch knows.
 * Source: quilt 0.66, scripts/patchfns: where names, comments and options end.
 */
int gp_series_parse(struct gp_str text, struct gp_series *out, struct gp_err *err) GP_MUST_CHECK;

/* Errors: GP_E_FORMAT a patch is listed twice (both lines are named); quilt finds
 * that only when it comes to the second one. */
int gp_series_check_unique(const struct gp_series *s, struct gp_err *err) GP_MUST_CHECK;

/* How much fuzz may a patch take? In: given, what the command line says, or -1: it
 * stands after the series' own in quilt's call, so it wins. */
unsigned gp_series_fuzz(const struct gp_series_entry *e, int given);

void gp_series_release(struct gp_series *s);

#endif
