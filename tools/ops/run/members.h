/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_MEMBERS_H
#define GP_OPS_RUN_MEMBERS_H

#include "ops/run/runfile.h"
#include "ops/run/tarout.h"
#include "ops/tree/tree.h"

/* Tar members of a changed tree, as bytes into a sink. */
struct gp_members {
	const struct gp_runfile *rf;
	const struct gp_tree *tree; /* over rf */
	int64_t new_mtime;          /* of new files: seconds since the epoch */
	struct gp_tarout *out;
};

/* A file that changed, or a new one: mode of the tree, time of the member it
 * replaces, uid and gid 0. */
int gp_members_put(struct gp_members *m, const struct gp_tfile *f, struct gp_err *err);

/* A member of the installer as it was, as a file of its own. */
int gp_members_put_old(struct gp_members *m, const char *path, const struct gp_entry *file, struct gp_err *err);

/* Any member of a list: of a file that is not kept only its header, and who puts it puts its
 * bytes (gp_tarout_data()). */
int gp_members_put_entry(struct gp_members *m, const struct gp_entry *e, struct gp_err *err);

/* What was added to the installer's list and is not elsewhere, and all new files, sorted,
 * with the directories that they need; with changed, the changed ones too. */
int gp_members_put_all(struct gp_members *m, bool changed, struct gp_err *err);

#endif
