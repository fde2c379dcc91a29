/* SPDX-License-Identifier: MIT */
#ifndef GP_TESTS_FX_GITDIFF_H
#define GP_TESTS_FX_GITDIFF_H

#include "ops/tree/tree.h"

/* Small random trees, and patches from one to the next: git's, with renames,
 * copies and modes, and plain ones with all kinds of names in their headers. */

enum { FX_MAX_FILES = 24 };

struct fx_file {
	char path[40];
	unsigned mode;
	struct gp_buf data;
};

struct fx_tree {
	struct fx_file file[FX_MAX_FILES]; /* a free place has no path */
};

void fx_tree_clear(struct fx_tree *t);
struct fx_file *fx_tree_find(struct fx_tree *t, const char *path);
struct fx_file *fx_tree_put(struct fx_tree *t, const char *path, unsigned mode, struct gp_str data);
void fx_tree_remove(struct fx_tree *t, const char *path);
void fx_tree_copy(struct fx_tree *to, const struct fx_tree *from);

void fx_tree_print(const struct fx_tree *t, struct gp_buf *out);

/* What a is that b is not, as text; an empty answer is "the same". Of modes only
 * the owner's x counts, as git has it. */
void fx_tree_diff(struct fx_tree *a, struct fx_tree *b, struct gp_buf *out);

/* The tree as gp_tree sees it; t must outlive it. */
void fx_tree_base(struct fx_tree *t, struct gp_tree_base *base);
/* What a gp_tree over t has become. */
void fx_tree_result(struct fx_tree *t, const struct gp_tree *now, struct fx_tree *out);

/* On the disk, in the current directory, which holds nothing else. */
void fx_tree_write(const struct fx_tree *t);
void fx_tree_read(struct fx_tree *t);
void fx_tree_wipe(void);

struct fx_case {
	struct fx_tree old, now; /* the patch leads from old to now */
	struct gp_buf patch;
	unsigned strip;
	bool copies;  /* git does not take a copy back */
	bool chained; /* a file is moved over one that is moved */
	bool reused;  /* a name is left and made anew: git looks at the order, then */
};

/* git's own kind, with plain diffs of other files in between. */
void fx_git_case(uint64_t *seed, struct fx_case *c);

/* One or two plain diffs: which file is meant, and whether it is to be made,
 * changed or removed, has to be found out from names and stamps. */
void fx_plain_case(uint64_t *seed, struct fx_case *c);

/* Spoil a tree: a line, a mode, a file too few or too many. */
void fx_tree_spoil(uint64_t *seed, struct fx_tree *t);

#endif
