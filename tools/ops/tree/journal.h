/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_TREE_JOURNAL_H
#define GP_OPS_TREE_JOURNAL_H

/* What commit.c and recover.c share; everybody else wants ops/tree/disktree.h. Except for
 * gp_journal_parse() nothing here allocates memory. */

#include "ops/tree/disktree.h"

#define GP_JOURNAL_NAME "journal"
#define GP_JOURNAL GP_JOURNAL_DIR "/" GP_JOURNAL_NAME

/*
 * Make the journal's directory, and hold it open.
 *
 * Errors: GP_E_SYSTEM also when another user put one of theirs in its place.
 */
int gp_journal_make(struct gp_disktree *d, struct gp_err *err);

/*
 * Hold the one open that an interrupted run left.
 *
 * Out:    1; 0 there is none.
 * Errors: GP_E_FORMAT it is not a directory; GP_E_SYSTEM it is another user's, or
 *         others can write into it: not a line of it counts.
 */
int gp_journal_open(struct gp_disktree *d, struct gp_err *err);

/* "b7": a file in that directory. */
void gp_journal_slot(char out[32], char kind, size_t n);

/* Is it there? 1, 0, or -1. */
int gp_journal_has(const struct gp_disktree *d, const char *name, struct gp_err *err);

/* Remove the journal itself: what is done stays done. Errors: GP_E_SYSTEM it is
 * there: a later recovery would undo it. */
int gp_journal_end(const struct gp_disktree *d, struct gp_err *err);

/* Remove the rest of its directory, and close it. Out: 0, or errno: something of it is
 * left, which changes nothing and which the next run removes. */
int gp_journal_clear(struct gp_disktree *d);

/* Both, into d->litter what the second one says. Errors: as the first one's. */
int gp_journal_remove(struct gp_disktree *d, struct gp_err *err);

/* A line of the journal; its path points into the text. */
struct gp_journal_entry {
	char kind;
	size_t n;
	const char *path;
};

struct gp_journal {
	char *text;
	struct gp_journal_entry *v;
	size_t n;
};

void gp_journal_release(struct gp_journal *j);

/*
 * Parse a complete journal.
 *
 * In:     text: j's from now on, also on failure; text[len] is writable. Untrusted.
 * Out:    gp_journal_release() frees it.
 * Errors: GP_E_FORMAT it is damaged; GP_E_SYSTEM no memory.
 */
int gp_journal_parse(const struct gp_disktree *d, char *text, size_t len, struct gp_journal *j, struct gp_err *err);

/* The journal is not what gridpatch writes. Always -1. */
int gp_journal_damaged(const struct gp_disktree *d, struct gp_err *err);

/* mkdir -p of what lies above path. */
int gp_journal_parents(const struct gp_disktree *d, const char *path, struct gp_err *err);

/* Put everything back. Errors: GP_E_SYSTEM the first thing that failed; the rest was
 * tried nevertheless. */
int gp_journal_undo(struct gp_disktree *d, const struct gp_journal *j, size_t *files, struct gp_err *err);

#endif
