/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_INPUT_PACKAGE_H
#define GP_OPS_INPUT_PACKAGE_H

#include <signal.h>

#include "base/progress.h"
#include "core/driver/package.h"

/* A .deb or .rpm on its way to be a tree of sources. */
struct gp_unpacking {
	int fd;           /* borrowed */
	const char *name; /* for messages; borrowed */
	enum gp_package_kind kind;
	const volatile sig_atomic_t *cancel;
	const struct gp_progress *progress; /* NULL */

	struct gp_package *package; /* what it is; gp_package_free() it */
	char *dir; /* its /usr/src/nvidia-VERSION, a scratch directory: gp_remove_tree() it; NULL: none */
	int lock;  /* that dir is in use; -1 */
};

/*
 * Read a package: what it is, and the sources for DKMS, which are put on the disk. Of
 * those only directories and regular files: no other name is made. No script of it is run.
 *
 * Out:    package, dir, lock; nothing after a failure.
 * Errors: GP_E_FORMAT damaged, cut off, a sum differs, a name leaves the tree;
 *         GP_E_UNSUPPORTED it has no driver in it; GP_E_SYSTEM, GP_E_CANCELLED.
 */
int gp_package_unpack(struct gp_unpacking *u, struct gp_err *err);

#endif
