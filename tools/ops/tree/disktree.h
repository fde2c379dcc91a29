/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_TREE_DISKTREE_H
#define GP_OPS_TREE_DISKTREE_H

#include <signal.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/dirfd.h"
#include "base/map.h"
#include "ops/tree/tree.h"

/* Where a run that changes a directory keeps what it needs to go back. */
#define GP_JOURNAL_DIR ".gridpatch-journal"

/* What lay at a path when it was first asked for. */
struct gp_seen {
	enum gp_node node;
	unsigned mode; /* 07777 */
	uint64_t size;
	uid_t uid;
	gid_t gid;
};

/* A directory as the base of a tree, and its lock. */
struct gp_disktree {
	char *root;
	int fd;
	int journal;           /* its directory, while it is used; else -1 */
	int litter;            /* errno, where that could not be removed after all was done; 0 */
	struct gp_dirs *dirs;  /* below fd: all that happens in the tree goes through them */
	struct gp_err trouble; /* the first look or read that failed */
	struct gp_map index;   /* of files that were read */
	struct gp_buf *data;
	size_t n, cap;
	struct gp_map looked; /* path to its place in seen */
	struct gp_seen *seen;
	size_t nseen, seen_cap;
};

/*
 * Open a directory and lock it against another gridpatch.
 *
 * Errors: GP_E_NOTFOUND; GP_E_SYSTEM it is locked, or not readable.
 */
int gp_disktree_open(struct gp_disktree *d, const char *root, struct gp_err *err);

/* Open a directory without the lock, to read only. */
int gp_disktree_look(struct gp_disktree *d, const char *root, struct gp_err *err);
void gp_disktree_close(struct gp_disktree *d);

/* What is asked of it, for a tree that needs it in another place: gp_disktree_tree() is
 * the usual one. */
struct gp_tree_base gp_disktree_base(struct gp_disktree *d);

/* The tree over it; d must outlive it. */
void gp_disktree_tree(struct gp_disktree *d, struct gp_tree *t);

/* What lay at path when it was first asked for; borrowed until the next call. */
const struct gp_seen *gp_disktree_seen(struct gp_disktree *d, const char *path);

/* What lies there now, as lstat(2): 1; 0 nothing; -1 with errno, ELOOP when a parent
 * is a symlink. Allocates nothing. */
int gp_disktree_stat(const struct gp_disktree *d, const char *path, struct stat *st);

/* Did an earlier run stop half way, or can that not be told? Then gp_commit_recover() comes
 * first. */
bool gp_disktree_interrupted(const struct gp_disktree *d);

/* For those who only read. Errors: GP_E_NO an earlier run stopped while it changed files;
 * GP_E_SYSTEM it still does. */
int gp_disktree_check_whole(const struct gp_disktree *d, struct gp_err *err);

struct gp_commit_opts {
	bool fsync;                          /* every file, and the directories */
	const volatile sig_atomic_t *cancel; /* may be NULL */
};

/*
 * Carry out all changes of t, or none.
 *
 * First every new content is written into the journal directory and every old
 * file is linked there, then the journal gets its name, then files are renamed
 * into place. An error or a signal rolls back; after SIGKILL or a power loss
 * (with fsync) the journal is there, and gp_commit_recover() rolls back.
 *
 * From that name on no memory is asked for. Everything happens relative to open
 * directories: whatever is swapped for a link meanwhile, nothing outside is touched.
 *
 * Errors: GP_E_SYSTEM, GP_E_CANCELLED; the directory is as it was. Also GP_E_SYSTEM
 *         when the tree is not sound (gp_tree_sound()): nothing was begun.
 */
int gp_commit_run(struct gp_disktree *d, const struct gp_tree *t, const struct gp_commit_opts *o, struct gp_err *err);

/* Is there a journal, or can that not be told? After a failed gp_commit_run(): it could not be rolled back. */
bool gp_commit_pending(const struct gp_disktree *d);

/* Roll back what an interrupted run did, as far as it goes. *files: how many were
 * restored or, being new, removed. Errors: GP_E_FORMAT the journal is damaged, and
 * nothing was done; GP_E_SYSTEM it is another user's, and nothing was done; or
 * the first thing that failed: it may be tried again. */
int gp_commit_recover(struct gp_disktree *d, size_t *files, struct gp_err *err);

#endif
