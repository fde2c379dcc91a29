/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_DKMSFILES_H
#define GP_OPS_JOB_DKMSFILES_H

#include "core/driver/dkmsfill.h"
#include "ops/job/change.h"
#include "ops/job/inputs.h"

#define GP_PACKAGE_HISTORY "pkg-history.txt"

/* A file or directory of a tree for DKMS. */
struct gp_dkmsfile {
	char *path;
	char *from;         /* where its bytes are in the driver's tree; NULL: they are text */
	struct gp_buf text; /* dkms.conf, and what the driver has not */
	unsigned mode;
	bool dir;
};

struct gp_dkmsfiles {
	struct gp_dkmsfile *v;
	size_t n, cap, files;
	struct gp_dkms_name name; /* what DKMS will call the module */
};

/*
 * What nvidia-installer puts into /usr/src/nvidia-VERSION: the sources and blobs of
 * kernel/ that the manifest lists, as the changes left them, with a dkms.conf that is
 * filled in, and the package's pkg-history.txt. Of an installed tree, all that lies in it but
 * gridpatch's record of changing it in its place. kernel-open/ stays out.
 *
 * Out:    no directories yet; gp_dkmsfiles_release() it, after a failure, too. Modes are
 *         0644, and 0755 for what the package lets its owner run, and for scripts.
 * Errors: GP_E_UNSUPPORTED no dkms.conf; as gp_dkms_fill(); GP_E_FORMAT the manifest
 *         lists what is not there.
 * Source: nvidia-installer 460.73.01 and 535, dkms.c and kernel.c; of 580 and newer,
 *         make runs pahole.sh by its name.
 */
int gp_dkmsfiles_collect(const struct gp_inputs *in, const struct gp_changes *c, struct gp_dkmsfiles *out,
			 struct gp_err *err);

/* Move all of them below top. */
void gp_dkmsfiles_below(struct gp_dkmsfiles *l, const char *top);

/* One more, with that text, which becomes the list's own. */
void gp_dkmsfiles_add(struct gp_dkmsfiles *l, const char *path, struct gp_buf *text, unsigned mode);

/* Add the directories that they lie in, and sort: each stands behind the one it is in. */
void gp_dkmsfiles_order(struct gp_dkmsfiles *l);

/* The length of one, as far as it can be told without reading it. */
uint64_t gp_dkmsfiles_size(const struct gp_tree *t, const struct gp_dkmsfile *f);

/*
 * The bytes of one.
 *
 * Out:    borrowed until gp_dkmsfiles_forget(), or the tree changes.
 * Errors: as gp_tree_read().
 */
int gp_dkmsfiles_read(const struct gp_tree *t, const struct gp_dkmsfile *f, struct gp_str *out, struct gp_err *err);
void gp_dkmsfiles_forget(const struct gp_tree *t, const struct gp_dkmsfile *f);

void gp_dkmsfiles_release(struct gp_dkmsfiles *l);

#endif
