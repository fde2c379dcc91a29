/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_INPUT_PACKAGEFILES_H
#define GP_OPS_INPUT_PACKAGEFILES_H

#include <signal.h>

#include "base/err.h"
#include "ops/input/archive.h"

/*
 * Call a function for each member of a .deb's files, or an .rpm's; what is said of the
 * package, and its scripts, are passed over.
 *
 * In:     path: a regular file, untrusted. cancel: may be NULL. take: gets the member's name
 *         in clean form, from the root on; 0, or -1 to stop.
 * Errors: GP_E_UNSUPPORTED it is neither; GP_E_FORMAT damaged, cut off, or with a name that
 *         leaves the root; GP_E_NOTFOUND, GP_E_SYSTEM, GP_E_CANCELLED; those of take.
 */
int gp_packagefiles_each(const char *path, const volatile sig_atomic_t *cancel,
			 int (*take)(void *arg, struct gp_archive *a, struct archive_entry *e, const char *name,
				     struct gp_err *err),
			 void *arg, struct gp_err *err);

#endif
