/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_VIEW_H
#define GP_OPS_JOB_VIEW_H

#include "ops/driver/driver.h"
#include "ops/tree/tree.h"

struct gp_inputs;
struct gp_decision;

/*
 * The driver's sources as though they had come with the user's patches in them.
 *
 * Rules are written for sources as NVIDIA delivers them, and those that choose one
 * of our sets ask for the very thing that the set mends. So what our sets change is
 * left out of the view again: else a set would un-choose itself. Where both changed
 * a file, the view has the lines that it came with, without those that the user's
 * patches took away, and with those that they brought; the latter stand at the end,
 * for rules ask line by line.
 */
struct gp_view {
	const struct gp_driver *driver; /* as it came */
	bool open;                      /* there are patches */
	struct gp_tree ours, theirs;    /* over it with our sets; over that with the user's patches */
	struct gp_buf merged;           /* a file that both changed */
};

/*
 * Try sets and patches, changing nothing.
 *
 * In:     d with its sets chosen; r: patches with an expression that matches this
 *         release belong to it, too; NULL: only those that are for every kernel.
 * Out:    gp_view_close() it, before the driver changes or goes. Failure: closed.
 * Errors: as gp_apply_patch().
 */
int gp_view_open(struct gp_view *v, const struct gp_inputs *in, const struct gp_decision *d, const struct gp_release *r,
		 struct gp_err *err);
void gp_view_close(struct gp_view *v);

/* A file of it, for gp_query.driver_file; arg is the view. */
bool gp_view_file(void *arg, const char *path, struct gp_str *out);

#endif
