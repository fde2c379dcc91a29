/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_DRIVER_H
#define GP_OPS_DRIVER_H

#include "core/release.h"
#include "ops/tree.h"
#include "ops/unlock.h"

/* What the versions of host drivers have in common: their files. */
struct gp_driver {
	struct gp_runfile rf;
	struct gp_tree tree;
	struct gp_manifest manifest;  /* the pristine one, text borrowed from rf */
	struct gp_version version;
	enum gp_kind kind;
	bool has_kernel, has_kernel_open; /* source trees */
	struct gp_altered altered;
};

/*
 * Open an installer and find out what it is: stub, sums, members, manifest.
 * The sources below kernel/ and the files named in also are kept in memory.
 *
 * In:     also: clean paths, may be NULL; index_dir: where an index may be
 *         (gp_index_dir()), NULL: scan; cancel may be NULL.
 * Errors: as gp_runfile_open() and gp_runfile_scan(); GP_E_UNSUPPORTED no
 *         .manifest in it, or no version.
 */
int gp_driver_open(struct gp_driver *d, const char *path, const struct gp_list *also,
		   const char *index_dir, const volatile sig_atomic_t *cancel, struct gp_err *err);
void gp_driver_release(struct gp_driver *d);

/* A file of the (changed) tree, for gp_query.driver_file; arg is the driver. */
bool gp_driver_file(void *arg, const char *path, struct gp_str *out);

#endif
