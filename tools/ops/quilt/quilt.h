/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_QUILT_QUILT_H
#define GP_OPS_QUILT_QUILT_H

#include "core/diff/patchopt.h"
#include "core/diff/series.h"
#include "ops/patch/apply.h"
#include "ops/tree/disktree.h"

struct gp_quilt_link {
	char *path; /* in the tree */
	int fd;
};

/*
 * quilt's records of a tree, format 2 (all of it by experiment with quilt 0.66):
 *
 *   .pc/.version          "2"
 *   .pc/.quilt_patches    the patch folder, relative to the tree or absolute
 *   .pc/.quilt_series     the name of the series file
 *   .pc/applied-patches   one name per line, the top last; missing when empty
 *   .pc/PATCH/FILE        FILE before PATCH, with its mode; an empty file where
 *                         there was none (nothing tells it from one that was empty)
 *   .pc/PATCH/.timestamp  made when PATCH was applied; quilt looks closer at
 *                         files that are newer
 *   .pc/PATCH~refresh     it was forced, and does not apply as it is
 */
struct gp_quilt {
	const char *root;         /* the directory; set it before gp_quilt_read(), borrowed */
	struct gp_disktree *disk; /* the same, open; borrowed */
	char *pc;                 /* the folder of records below it: $QUILT_PC, else ".pc" */
	char *up;                 /* "../../" when the user stands that far below root, or NULL */
	char *patches, *series;   /* as .pc says it; NULL: it says nothing */
	struct gp_list applied;
	struct gp_list pushed;            /* by this run */
	struct gp_list restored, removed; /* what gp_quilt_pop() did last */
	struct gp_list popped;            /* by this run */
	bool lost;                        /* the last one had no records */
	bool unclean;                     /* the top patch was forced */
	struct gp_patch_flags flags;      /* $QUILT_PATCH_OPTS; -p there never counts */
	/* gp_quilt_watch()'s own */
	struct gp_tree *tree;
	char *patch;
	struct gp_map seen;
	/* inodes with more than one name, and where they belong after the commit */
	struct gp_quilt_link *link;
	size_t nlinks, links_cap;
};

/*
 * Read .pc.
 *
 * In:     q zeroed except for root and disk; t lies over that directory.
 * Out:    q, empty for a tree without .pc; gp_quilt_release() it in any case.
 * Errors: GP_E_UNSUPPORTED made by another version of quilt; GP_E_FORMAT a
 *         name in it is absolute or has "..", .pc is not a directory; GP_E_USAGE
 *         $QUILT_PC leads out of the tree.
 */
int gp_quilt_read(const struct gp_tree *t, struct gp_quilt *q, struct gp_err *err);

/*
 * Say where the patches come from, before the first gp_quilt_push().
 *
 * In:     dir, a folder with a file "series", as seen from the current
 *         directory; NULL: what .pc says, else $QUILT_PATCHES, else "patches",
 *         with $QUILT_SERIES, else "series", as quilt finds them.
 * Errors: GP_E_NO patches of another folder are applied, or the top patch was
 *         forced and needs to be refreshed; GP_E_NOTFOUND no such folder;
 *         GP_E_USAGE $QUILT_PATCH_OPTS asks for what is not built here.
 */
int gp_quilt_init(struct gp_quilt *q, const char *dir, struct gp_err *err);

/* How much fuzz may a patch take? In: given, the command line's, or -1. */
unsigned gp_quilt_fuzz(const struct gp_quilt *q, const struct gp_series_entry *e, int given);

/* May $QUILT_PUSH_ARGS or $QUILT_POP_ARGS be passed over? Errors: GP_E_USAGE it asks for more than looks. */
int gp_quilt_check_args(const char *name, struct gp_err *err);

/* Does a path of the tree lie among the records? */
bool gp_quilt_is_record(const char *path);

/* Read the series file, where quilt looks for it. Errors: GP_E_NOTFOUND; as gp_series_parse(). */
int gp_quilt_series(const struct gp_quilt *q, struct gp_series *out, struct gp_err *err);

/* The text of a patch of it; .gz, .bz2 and .xz are unpacked.
 * Errors: GP_E_NOTFOUND; GP_E_FORMAT; GP_E_UNSUPPORTED .lzma, .lz. */
int gp_quilt_load(const struct gp_quilt *q, const char *patch, struct gp_buf *text, struct gp_err *err);

/*
 * Which patch of the series is the next one?
 *
 * Out:    *next; s->n: all are applied.
 * Errors: GP_E_NO the applied patches are not the first ones of the series;
 *         GP_E_FORMAT its lines end in a way that quilt does not take.
 */
int gp_quilt_next(const struct gp_quilt *q, const struct gp_series *s, size_t *next, struct gp_err *err);

/*
 * Which name does a user mean? He may put the patch folder before it and leave
 * ".patch", ".diff", ".dif" and what says the compression away.
 *
 * Out:    how many it may be: 0, 1 or more; *at, one of them.
 */
size_t gp_quilt_find(const struct gp_quilt *q, const struct gp_list *names, const char *word, size_t *at);

/*
 * A watch that keeps each file as it is before the first touch by a patch.
 * Both q and t must stay where they are; one watch at a time.
 */
struct gp_apply_watch gp_quilt_watch(struct gp_quilt *q, struct gp_tree *t, const char *patch);

/* Note that a patch was applied under a watch. */
int gp_quilt_pushed(struct gp_quilt *q, struct gp_tree *t, const char *patch, struct gp_err *err);

/*
 * All of it: gp_apply_patch() under a watch, gp_quilt_pushed(). What quilt
 * takes, this takes: an empty patch; what it refuses, this refuses: a patch
 * that is there already, wholly or for one of its files.
 *
 * Errors: GP_E_NO; as gp_apply_patch(). t is useless then.
 */
int gp_quilt_push(struct gp_quilt *q, struct gp_tree *t, const struct gp_patch *p, unsigned max_fuzz,
		  struct gp_applied_list *list, struct gp_buf *why, struct gp_err *err);

/*
 * After the commit of pushes: put inodes with more than one name into .pc, as patch
 * does, and make the time stamps of the patches that were pushed newer than their
 * files. quilt then believes that nothing was changed since; without it (or when it
 * fails) quilt compares, with the same result save for files that were empty and for
 * git's copies, which only its belief lets it pop.
 */
void gp_quilt_settle_push(const struct gp_quilt *q);

/*
 * Take the top patch back: files and modes as they were before it. It may go when
 * the patch, applied to the files that were kept, gives the present ones, or, as
 * with quilt, when neither they nor the patch were touched since it was applied.
 *
 * Out:    q->restored, q->removed; names, sorted. q->lost: .pc/PATCH is missing
 *         altogether, and the patch not empty; as with quilt it is off the list then,
 *         with its changes still in the files.
 * Errors: GP_E_NO nothing is applied, it "needs refresh", its file is gone or no
 *         patch; GP_E_SYSTEM something could not be read; GP_E_USAGE as gp_quilt_init().
 */
int gp_quilt_pop(struct gp_quilt *q, struct gp_tree *t, struct gp_err *err);

/* After the commit of pops: give files the inodes that .pc kept when these have more
 * names, and remove the folders of the patches that were taken back: a tree knows
 * files alone, and `quilt new` makes a folder without any. */
void gp_quilt_settle_pop(const struct gp_quilt *q);

void gp_quilt_release(struct gp_quilt *q);

/* A directory with its records: what `push`, `pop` and `applied` work on. */
struct gp_quilt_tree {
	char *root;
	struct gp_disktree disk;
	struct gp_tree tree;
	struct gp_quilt quilt;
	bool recovered; /* an interrupted run was rolled back first */
	size_t recovered_files;
};

/*
 * Find the tree that dir lies in, lock it, roll an interrupted run back, read .pc.
 *
 * In:     w must stay where it is.
 * Out:    gp_quilt_tree_close(w) in any case; w->recovered also when a later step failed: the user is told.
 * Errors: as gp_disktree_open(), gp_commit_recover(), gp_quilt_read().
 */
int gp_quilt_tree_open(struct gp_quilt_tree *w, const char *dir, struct gp_err *err);

/* Find and read it without a change: neither lock nor roll back; GP_E_NO after an interrupted run. */
int gp_quilt_tree_look(struct gp_quilt_tree *w, const char *dir, struct gp_err *err);
void gp_quilt_tree_close(struct gp_quilt_tree *w);

#endif
