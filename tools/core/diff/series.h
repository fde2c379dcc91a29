/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_SERIES_H
#define GP_CORE_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct gp_series_entry {
	char *name;       /* clean path below the patch folder */
	unsigned strip;   /* 1 when not given; -pab counts as 1 */
	bool strip_given;
	bool reverse;     /* -R */
	size_t lineno;    /* from 1 */
};

struct gp_series {
	struct gp_series_entry *v;
	size_t n, cap;
};

/*
 * Parse a quilt series file: one patch per line, "NAME [-pN] [-R] [# comment]".
 *
 * In:     text, untrusted; not needed afterwards.
 * Out:    *out in the order of the file; gp_series_release() it. An empty
 *         series is fine. Released and zeroed on failure.
 * Errors: GP_E_FORMAT naming the line: a name that is absolute or has "..", an
 *         option that quilt does not write, a patch that is listed twice (both
 *         lines are named).
 * Source: quilt 0.66, scripts/patchfns: where names, comments and options end.
 */
int gp_series_parse(struct gp_str text, struct gp_series *out, struct gp_err *err) GP_MUST_CHECK;

void gp_series_release(struct gp_series *s);

#endif
