/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PATCH_NAMES_H
#define GP_OPS_PATCH_NAMES_H

#include "core/diff/diff.h"
#include "ops/tree/tree.h"

/* A name as a path of the tree: below this folder, "" is the tree. path is taken, and may
 * be NULL; free() the result. */
char *gp_name_below(const char *below, char *path);

/* How the names in a patch are read. */
struct gp_naming {
	const char *below; /* the folder of the tree that they are relative to; "" is the tree */
	unsigned strip;
	bool reverse;
	bool (*there)(const void *arg, const char *path); /* asked instead of the tree; NULL */
	const void *arg;
};

/*
 * The file that a diff is about when its two names differ: one that exists before
 * one that does not, then the better one; of a new file the one that needs fewer
 * new directories. Git's headers say it themselves.
 *
 * Out:    a clean path of the tree, free() it; NULL on failure. For renames and
 *         copies: what is written.
 * Errors: as gp_diff_target().
 * Source: patch(1) of GNU patch 2.7.6, "DESCRIPTION"; by experiment.
 */
char *gp_name_in_tree(const struct gp_tree *t, const struct gp_filediff *f, const struct gp_naming *how,
		      struct gp_err *err);

/* Is the file there that f changes? path: as above; of a rename either name may
 * be there, it may be done; of a copy its source. */
bool gp_name_is_there(const struct gp_tree *t, const struct gp_filediff *f, const struct gp_naming *how,
		      const char *path);

/* Is it a directory: of the base, or one that a new file of the tree lies in? */
bool gp_tree_has_dir(const struct gp_tree *t, const char *path);

/*
 * Do the files that must exist do so when names are read like this? A patch
 * that only creates files says nothing, unless git wrote it: its a/ and b/ mean 1.
 */
bool gp_strip_fits(const struct gp_tree *t, const struct gp_diff *d, const struct gp_naming *how);

#endif
