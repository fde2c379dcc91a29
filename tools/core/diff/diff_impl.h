/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_DIFF_IMPL_H
#define GP_CORE_DIFF_DIFF_IMPL_H

/* What diff.c shares with headname.c; everybody else wants core/diff/diff.h. */

#include "core/diff/diff.h"

/*
 * The name of a "---", "+++" or "Index:" line.
 *
 * In:     raw: what stands after the word, untrusted; lineno, for messages.
 * Out:    *name, free() it, NULL for /dev/null; *stamp, what stands after the
 *         name, a part of raw; *absent: the file is not there, says /dev/null or
 *         a time stamp of the epoch.
 * Errors: GP_E_FORMAT no usable name.
 */
int gp_head_name(struct gp_str raw, size_t lineno, char **name, struct gp_str *stamp, bool *absent, struct gp_err *err);

/* What a "diff --git" line says: its names as one text, and those of its "rename"
 * or "copy" lines; p is NULL where there are none. */
struct gp_git_head {
	struct gp_str names, from, to;
};

/*
 * The two names of a "diff --git" line.
 *
 * Out:    *a, *b: free() them, also after a failure.
 * Errors: GP_E_FORMAT they cannot be told apart.
 */
int gp_head_git_names(const struct gp_git_head *h, size_t lineno, char **a, char **b, struct gp_err *err);

#endif
