/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_FETCH_UNPACKED_H
#define GP_OPS_FETCH_UNPACKED_H

#include "ops/fetch/plan.h"

/* Where the headers of a plan lie below the root that its packages were unpacked in. */
char *gp_unpacked_headers(const char *root, const struct gp_fetch_plan *p);

/*
 * Unpack the files of packages that headers are made of: what lies in usr/src, and the
 * kernel's own tools for building modules, which Debian has elsewhere. Nothing of a package
 * is run, and nothing is installed.
 *
 * In:     files: .deb or .rpm, untrusted. root: an existing directory, empty.
 * Out:    the headers are there, and are those of the plan's release.
 * Errors: GP_E_FORMAT a package is damaged, has names that cannot be, or other headers;
 *         GP_E_NOTFOUND a part is missing; GP_E_SYSTEM, GP_E_CANCELLED.
 */
int gp_unpacked_make(const struct gp_list *files, const char *root, const struct gp_fetch_plan *p,
		     const volatile sig_atomic_t *cancel, struct gp_err *err);

#endif
