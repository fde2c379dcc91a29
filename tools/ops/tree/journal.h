/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOURNAL_H
#define GP_OPS_JOURNAL_H

/* What commit.c and recover.c share; everybody else wants ops/disktree.h. */

#include "ops/tree/disktree.h"

#define GP_JOURNAL GP_JOURNAL_DIR "/journal"
#define GP_JOURNAL_NEW GP_JOURNAL_DIR "/journal.new"

/* ".gridpatch-journal/b7" */
void gp_journal_slot(char out[64], char kind, size_t n);

/* Is there anything of that name, symlinks included? */
bool gp_journal_exists(const struct gp_disktree *d, const char *path);

/* mkdir -p of what lies above path. */
int gp_journal_parents(const struct gp_disktree *d, const char *path, struct gp_err *err);

/*
 * The journal first, then the rest of its directory.
 *
 * Errors: GP_E_SYSTEM the journal itself cannot be removed: a later recovery
 *         would undo what is done. Of the rest nothing matters.
 */
int gp_journal_remove(struct gp_disktree *d, struct gp_err *err);

#endif
