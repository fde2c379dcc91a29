/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_DIFF_IMPL_H
#define GP_CORE_DIFF_DIFF_IMPL_H

/* What diff.c shares with headname.c and hunkread.c; everybody else wants core/diff/diff.h. */

#include "core/diff/diff.h"

/* A patch, line by line. */
struct gp_diff_reader {
	struct gp_str rest;
	struct gp_str line; /* without '\n' */
	size_t lineno;
	bool outdent;          /* take blanks off the lines: up to indent columns */
	size_t indent, column; /* column: how many were taken off line */
	struct gp_list *notes; /* of what was taken although it is not as it should be */
	struct gp_err *err;
};

bool gp_reader_next(struct gp_diff_reader *p);

/* What comes behind the line, from where its text begins. */
struct gp_str gp_reader_ahead(const struct gp_diff_reader *p);

void gp_reader_note(struct gp_diff_reader *p, const char *fmt, ...) GP_PRINTF(2, 3);

/* GP_E_FORMAT, with the line: -1. */
int gp_reader_malformed(const struct gp_diff_reader *p);

/* s without its first blanks, up to that many columns; *column: how many there were.
 * Source: GNU patch 2.7.6 by experiment: a tab leads to the next multiple of 8. */
struct gp_str gp_reader_outdented(struct gp_str s, size_t columns, size_t *column);

/* "12" or "12,3" at the start of *s. */
bool gp_hunk_take_range(struct gp_str *s, uint64_t *start, uint64_t *count);

/* "@@ -a,b +c,d @@ section"; like GNU patch, one '@' at the end will do. */
bool gp_hunk_header(struct gp_str s, struct gp_hunk *h);

/* Is the "@@" line, and what stands behind it, a whole hunk? */
bool gp_hunk_is_whole(const struct gp_diff_reader *p);

/* Read this "@@" line's hunk, and those right behind it. Errors: GP_E_FORMAT. */
int gp_hunks_parse(struct gp_diff_reader *p, struct gp_filediff *f);

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
