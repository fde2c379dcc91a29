/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_DRIVER_INSTALLED_H
#define GP_OPS_DRIVER_INSTALLED_H

#include "ops/driver/driver.h"

/*
 * The sources of an installed driver: /usr/src/nvidia-VERSION, which nvidia-installer
 * or a distribution's package filled. It is the content of an installer's kernel/,
 * without that folder, without a manifest, and its dkms.conf is filled in. Everything
 * above takes it for a driver that has kernel/ only.
 *
 * Source: nvidia-installer 460.73.01, dkms.c and install-from-cwd.c; Debian's
 *         nvidia-kernel-dkms, whose package is named nvidia-current.
 */

/* The folder as which it stands in its tree. */
#define GP_INSTALLED_AT "kernel"

/* What gridpatch writes down in it, as a path of the tree and of the directory. */
#define GP_INSTALLED_RECORD "gridpatch-history.txt"

/* What a directory is, by the names at its top. */
enum gp_driver_dir { GP_DRIVER_DIR_NONE, GP_DRIVER_DIR_EXTRACTED, GP_DRIVER_DIR_INSTALLED };
enum gp_driver_dir gp_driver_dir_at(const char *dir);

/* Is it an installed tree? */
bool gp_disktree_installed(const struct gp_disktree *d);

/*
 * List a driver's files that lie in a directory, without what a build left there: those
 * below kernel/ and kernel-open/; of an installed tree all, each as kernel/FILE.
 *
 * Out: appended to rf.
 */
int gp_driver_list(const struct gp_disktree *d, struct gp_runfile *rf, struct gp_err *err);

/* Where a file of that list lies below the directory. */
const char *gp_driver_list_place(bool installed, const char *path);

/* Is this a file that a build leaves in its tree (objects, .cmd, conftest/)? It must
 * not be taken into another one: make would think it up to date. */
bool gp_driver_is_product(const char *path);

/*
 * The version, kind and modules of an installed tree, by dkms.conf, else by the
 * sources. A guest is not told from a general driver there: only their programs differ.
 *
 * Errors: GP_E_UNSUPPORTED no version, or dkms.conf is not filled in.
 */
int gp_installed_identify(struct gp_driver *d, struct gp_err *err);

/* "host", or what it may be as well: "general or guest". */
const char *gp_driver_kind_text(const struct gp_driver *d);

#endif
