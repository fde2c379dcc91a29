/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_DIFF_H
#define GP_CORE_DIFF_DIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* One line of a hunk's body. text is borrowed from the patch, without the
 * mark in column one and without its newline (nor the CR of a CRLF patch). */
struct gp_dline {
	char op; /* ' ', '-' or '+' */
	bool nl; /* false: '\ No newline at end of file' follows */
	struct gp_str text;
};

struct gp_hunk {
	uint64_t old_start, old_count; /* as in the "@@" line; start is 0 for an empty file */
	uint64_t new_start, new_count;
	struct gp_dline *line;
	size_t nline, cap;
	size_t lineno;         /* of the "@@" line in the patch, from 1 */
	struct gp_str section; /* after the second "@@", its blank included; borrowed */
	bool old_eof_nonl, new_eof_nonl;
};

enum gp_file_op { GP_FILE_MODIFY, GP_FILE_CREATE, GP_FILE_DELETE, GP_FILE_RENAME, GP_FILE_COPY };

struct gp_filediff {
	enum gp_file_op op;
	char *old_path, *new_path; /* as in the headers, before strip; NULL for /dev/null */
	char *index_path;          /* of an "Index:" line, which counts where they say nothing; or NULL */
	int old_mode, new_mode;    /* octal of git's headers; -1 unknown */
	bool git;                  /* a "diff --git" line came first */
	bool crlf;                 /* headers ended in CRLF: CRs were taken off the body */
	bool old_empty, new_empty; /* the first hunk says so: this file may be missing, too */
	struct gp_hunk *hunk;      /* none: only modes, a rename, an empty file */
	size_t nhunk, cap;
	size_t lineno;                      /* of the first header line, from 1 */
	bool old_line, new_line;            /* "---" and "+++" lines were there; neither: "Index:" alone */
	struct gp_str old_stamp, new_stamp; /* after their names, as it stands there; borrowed */
};

struct gp_diff {
	struct gp_filediff *file;
	size_t nfile, cap;
	struct gp_list
		notes; /* what was taken, or passed over, though it is not as it should be: "line N: …", masked */
};

/*
 * Parse a patch: unified diffs and git's extended headers, with prose around them.
 *
 * In:     text, untrusted; must outlive *out, whose lines point into it.
 * Out:    *out in the order of the patch, a file that is patched twice comes
 *         twice; gp_diff_release() it. Released and zeroed on failure.
 *         notes: blank context cut off at the end of the text, "Binary files … differ"
 *         (what git's header says of such a file, its mode or that it is new, is in
 *         *out), a "@@" line in prose, git's headers without "---" and "+++", a patch
 *         that is indented as a whole.
 * Errors: GP_E_UNSUPPORTED for context diffs, combined diffs, git's binary patches,
 *         and when nothing but an ed script, a normal diff or "Binary files …
 *         differ" is found;
 *         GP_E_FORMAT for a malformed hunk or name ("malformed patch at line N"), a
 *         whole hunk that no file's name stands before, after a file's hunks, and
 *         when there is no diff at all.
 * Source: output of GNU diff 3.8 and of git diff (all of git's headers by
 *         experiment with it); behaviour of GNU patch 2.7.6, seen by
 *         experiment (tests/unit/core/diff/test_diff.c names each): the line before the first
 *         "@@" decides about CRs, lines in a hunk that start with '#' are
 *         comments, an empty line or one that starts with a tab is context,
 *         a time stamp of 0 means a missing file, a hunk must change something.
 *         Stricter than GNU patch: a body shorter than its counts (but for blank
 *         context at the end of the text), and a '+' line after a body that is
 *         complete, are malformed; an indented diff counts only where no other is.
 */
int gp_diff_parse(struct gp_str text, struct gp_diff *out, struct gp_err *err) GP_MUST_CHECK;

void gp_diff_release(struct gp_diff *d);

/* Free the lines of a file's hunks; its names and numbers stay. */
void gp_diff_drop_lines(struct gp_filediff *f);

/* What happens to the tree when f is applied, or applied in reverse: a creation
 * becomes a deletion. GP_FILE_COPY reversed is the deletion of the copy. */
enum gp_file_op gp_diff_op(const struct gp_filediff *f, bool reverse);

/* path without its first n components ("//" counts once), or NULL when it has
 * no more than that. Not cleaned; points into path, which may be NULL. */
const char *gp_diff_strip(const char *path, unsigned n);

/*
 * The path that is written (or deleted) when f is applied.
 *
 * In:     strip, how many leading components to take off ("//" counts once).
 * Out:    a clean path, free() it; NULL on failure. When old and new name of a
 *         plain change differ: the one with fewer components, then the shorter
 *         one, as GNU patch chooses when both exist (whatever its manual says of
 *         base names).
 * Errors: GP_E_FORMAT: nothing left after strip, absolute, "..".
 * Source: patch(1) of GNU patch 2.7.6, "DESCRIPTION"; by experiment.
 */
char *gp_diff_target(const struct gp_filediff *f, unsigned strip, bool reverse, struct gp_err *err);

/* The path that is read: differs from the target for renames and copies only. */
char *gp_diff_source(const struct gp_filediff *f, unsigned strip, bool reverse, struct gp_err *err);

#endif
