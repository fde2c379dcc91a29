/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PATCH_APPLY_H
#define GP_OPS_PATCH_APPLY_H

#include "core/diff/diff.h"
#include "core/diff/hunk.h"
#include "ops/tree/tree.h"

/* What one patch did to one file, or would have done: when the run fails, nothing is. */
struct gp_applied_file {
	char *path;
	char *from; /* of a rename or a copy, else NULL */
	enum gp_file_op op;
	char *trouble; /* why it could not even be tried, or NULL */
	struct gp_hunk_report hunks;
	struct gp_buf reject; /* of the hunks that failed, as a .rej file; may be empty */
};

/* What one patch did. */
struct gp_applied {
	char *set;            /* the set, or the user's folder */
	char *name;           /* the patch */
	bool already;         /* every hunk of it was present before */
	char *prefix;         /* "kernel": its names are relative to that folder; else "" */
	struct gp_list notes; /* of gp_diff */
	struct gp_applied_file *file;
	size_t n, cap;
};

struct gp_applied_list {
	struct gp_applied *v;
	size_t n, cap;
};

void gp_applied_list_release(struct gp_applied_list *l);

/* Move all of from to the end of to. */
void gp_applied_list_take(struct gp_applied_list *to, struct gp_applied_list *from);

/*
 * Is told of every file before a patch that matched completely changes it.
 *
 * In:     path, clean; existed, old: what is there now (quilt keeps it in .pc).
 * Out:    -1 gives the patch up.
 */
struct gp_apply_watch {
	int (*before)(void *arg, const char *path, bool existed, struct gp_str old, unsigned mode, struct gp_err *err);
	void *arg;
};

/* A patch as it is handed in. */
struct gp_patch {
	const char *set, *name;
	struct gp_str text; /* untrusted */
	unsigned strip;
	bool reverse;
	bool may_lie_in_kernel;             /* names may be relative to kernel/: users' patches */
	const struct gp_apply_watch *watch; /* or NULL */
	bool by_hand;                       /* somebody chose -p and -d: a missing file may be due to them */
	const char *below;                  /* names are relative to this folder of the tree; or NULL */
	bool empty_is_none;                 /* an empty file may stand for none, as in quilt's records */
};

/*
 * Apply one patch to the tree in memory.
 *
 * Files that a patch names and hunks that it holds are all placed before the
 * tree is touched by this patch; earlier patches have changed it, so a failed
 * one leaves the tree useless: the caller gives the whole run up.
 *
 * Git's renames and copies are of the files as they were before the patch; the
 * old name of a rename goes unless another part writes a file of that name.
 * A part is there already when its hunks are, in reverse; a deletion, when the
 * directory that the file lay in is one and the file is not there; a rename, when
 * the old name is not there and the new one has the result. Where a part is there
 * already the others take no fuzz.
 *
 * In:     max_fuzz: 0 for shipped sets, 2 (quilt's default) for users'.
 * Out:    appended to list, also when it fails: then with all files of the
 *         patch, so that every reject can be told.
 * Errors: GP_E_NO a hunk does not match (message: patch, hunk, file, line; the
 *         details are appended to why); a file is missing, lies behind a link, is
 *         a link or a directory, or has the name that a rename or a copy is to get;
 *         GP_E_FORMAT, GP_E_UNSUPPORTED as gp_diff_parse(); GP_E_FORMAT also for
 *         names in .git, .pc, or gridpatch's own journal.
 */
int gp_apply_patch(struct gp_tree *t, const struct gp_patch *p, unsigned max_fuzz, struct gp_applied_list *list,
		   struct gp_buf *why, struct gp_err *err);

/* Put the patch's name before an error, and its folder when that says something. Always -1. */
int gp_patch_within(const struct gp_patch *p, struct gp_err *err);

#endif
