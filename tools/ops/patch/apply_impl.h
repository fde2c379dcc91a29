/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PATCH_APPLY_IMPL_H
#define GP_OPS_PATCH_APPLY_IMPL_H

/* What apply.c, plan.c and names.c share; everybody else wants ops/patch/apply.h. */

#include "base/map.h"
#include "base/spool.h"
#include "ops/patch/apply.h"

/* What is to become of one file. */
struct gp_plan {
	char *source, *target;
	enum gp_file_op op;
	int mode; /* 0777, or -1: as it is */
	struct gp_piece data;
	bool skip;                      /* nothing is to be done, or it failed */
	const struct gp_filediff *diff; /* borrowed */
	bool elsewhere;                 /* it fits at an offset, and where it belongs it may be there already */
	bool absent;                    /* a deletion or rename that counts as done: there is no such file */
};

/* One patch on its way: results wait here until all of it has matched. */
struct gp_applying {
	struct gp_tree *t;
	const struct gp_patch *p;
	unsigned max_fuzz;
	const char *prefix; /* names are relative to this folder; "" is the tree */
	struct gp_applied *done;
	struct gp_buf *why;
	struct gp_plan *plan; /* one per file of the patch */
	size_t nplan;
	struct gp_map state; /* path to the plan that wrote it last, or what follows */
	bool misses;         /* the last error: a file is not there */
};

/* In gp_applying.state. */
#define GP_PATH_GONE SIZE_MAX          /* an earlier part renamed or deleted it */
#define GP_PATH_LEAVING (SIZE_MAX - 1) /* a later part renames it */

/*
 * Plan all files of a patch; the tree is not touched.
 *
 * Out:    j->plan and j->done's files, also after a failure: the first one is
 *         the error, the others show in the list.
 * Errors: as gp_apply_patch().
 */
int gp_plan_patch(struct gp_applying *j, struct gp_diff *d, struct gp_err *err);

/* Would the names of files that count as renamed or deleted fit better under another
 * level than the patch's? Errors: GP_E_NO. */
int gp_plan_check_level(struct gp_applying *j, const struct gp_diff *d, struct gp_err *err);

static inline bool gp_op_moves(enum gp_file_op op)
{
	return op == GP_FILE_RENAME || op == GP_FILE_COPY;
}

/* In a file's place in the list: why it could not even be tried. */
void gp_applied_trouble(struct gp_applied_file *a, const struct gp_err *why);

#endif
