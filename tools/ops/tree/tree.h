/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_TREE_TREE_H
#define GP_OPS_TREE_TREE_H

#include "base/buf.h"
#include "base/map.h"
#include "base/spool.h"

enum gp_node { GP_NODE_NONE, GP_NODE_FILE, GP_NODE_DIR, GP_NODE_SYMLINK, GP_NODE_OTHER };

/*
 * What a tree is made of before anything is changed: an installer's members,
 * or a directory. Paths are in clean form.
 */
struct gp_tree_base {
	/* What lies at path; *mode 07777. Never follows a symlink. Where that cannot be
	 * told the answer is GP_NODE_NONE, and trouble has the reason. */
	enum gp_node (*look)(void *arg, const char *path, unsigned *mode);
	/* The bytes of a file, borrowed while the base lives, or until forget. */
	int (*read)(void *arg, const char *path, struct gp_str *out, struct gp_err *err);
	/* They are not needed any more; a later read brings them back. May be NULL. */
	void (*forget)(void *arg, const char *path);
	/* The length of a file that is there: spares a read. May be NULL. */
	uint64_t (*size)(void *arg, const char *path);
	/* An unnamed file for results that are too many for memory, or -1. May be NULL. */
	int (*spool)(void *arg);
	/* Did an earlier call fail, and its answer is none? 0, or -1 with the first such
	 * failure. May be NULL: nothing can. */
	int (*trouble)(void *arg, struct gp_err *err);
	void *arg;
};

enum gp_tstate { GP_TFILE_SAME, GP_TFILE_CHANGED, GP_TFILE_NEW, GP_TFILE_DELETED };

/* A file that was touched. */
struct gp_tfile {
	char *path; /* clean */
	bool was;   /* it is in the base */
	unsigned was_mode;
	enum gp_tstate state;
	unsigned mode;       /* 07777 */
	bool mode_given;     /* somebody said it; else a new file's passes the umask */
	struct gp_piece now; /* CHANGED and NEW; gp_tree_result() has its bytes */
};

/*
 * A tree in memory: read, change, compare with the pristine one. Nothing
 * reaches a disk before gp_repack_write() or gp_commit_run().
 */
struct gp_tree {
	struct gp_tree_base base;
	struct gp_tfile *file;
	size_t n, cap;
	struct gp_map index;
	struct gp_spool *spool; /* the results */
};

void gp_tree_init_base(struct gp_tree *t, const struct gp_tree_base *base);

void gp_tree_release(struct gp_tree *t);

/*
 * Can what the tree has said so far be believed?
 *
 * Asked before anything is concluded from it ("there is no file", "done"), as
 * ferror(3) is after reading.
 *
 * Errors: GP_E_SYSTEM the first failure of the system's, with the file's name.
 */
int gp_tree_sound(const struct gp_tree *t, struct gp_err *err);

/* Present (member or new, not deleted)? Directories do not count. */
bool gp_tree_has(const struct gp_tree *t, const char *path);

/*
 * The present content of a file.
 *
 * Out:    *out borrowed until the file is written again.
 * Errors: GP_E_NOTFOUND no such file; GP_E_UNSUPPORTED it is a link, or the
 *         scan of an installer did not keep its bytes.
 */
int gp_tree_read(const struct gp_tree *t, const char *path, struct gp_str *out, struct gp_err *err);

/*
 * Give a file new content (data is copied; it may be the old content's bytes).
 *
 * In:     mode 07777, or -1: as it was, 0644 for a new one.
 * Errors: GP_E_FORMAT a parent is a file or a symlink, or path is a directory.
 */
int gp_tree_write(struct gp_tree *t, const char *path, struct gp_str data, int mode, struct gp_err *err);

/* Give a file new content that is a piece of t->spool: *data is the tree's from now on. Whether it is
 * the pristine content is asked by gp_tree_settle(). */
int gp_tree_take(struct gp_tree *t, const char *path, struct gp_piece *data, int mode, struct gp_err *err);

/* The new bytes of a CHANGED or NEW file: *out is borrowed from the tree or
 * from *room, which the caller releases. Errors: GP_E_SYSTEM. */
int gp_tree_result(const struct gp_tree *t, const struct gp_tfile *f, struct gp_buf *room, struct gp_str *out,
		   struct gp_err *err);

/* See which taken files have come back to their pristine content; before the
 * changes are counted or carried out. */
void gp_tree_settle(struct gp_tree *t);

/* The pristine bytes of path are not needed for now. */
void gp_tree_forget(const struct gp_tree *t, const char *path);

int gp_tree_delete(struct gp_tree *t, const char *path, struct gp_err *err);

/* The record of a touched file, or NULL; borrowed until the next write. */
const struct gp_tfile *gp_tree_touched(const struct gp_tree *t, const char *path);

/* The content before any change; GP_E_NOTFOUND when there was none. */
int gp_tree_read_pristine(const struct gp_tree *t, const char *path, struct gp_str *out, struct gp_err *err);

unsigned gp_tree_mode(const struct gp_tree *t, const char *path); /* 0644 if unknown */

/* How many files differ from the pristine tree. */
size_t gp_tree_changes(const struct gp_tree *t);

#endif
