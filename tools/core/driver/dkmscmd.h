/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_DKMSCMD_H
#define GP_CORE_DRIVER_DKMSCMD_H

#include <stdbool.h>

#include "base/buf.h"

/* A module of dkms's. */
struct gp_dkmscmd {
	const char *name, *version; /* PACKAGE_NAME and PACKAGE_VERSION */
	const char *sourcetree;     /* where NAME-VERSION lies; NULL: /usr/src */
	const char *dkmstree;       /* where it keeps builds; NULL: its own place */
	bool added;                 /* it is registered: that has to go first */
};

/*
 * The commands after which dkms has forgotten what it built of earlier sources, and
 * knows the module anew. In the words that every dkms takes: `remove` fails with 3
 * for one that is not registered, and `add` for one that is.
 *
 * Source: dkms 2.8.4, 3.0.10 and 3.2.2: remove_module(), add_module(); tried in
 *         tests/cli/inplace.sh and tests/real/dkms.sh.
 */
void gp_dkmscmd_add(const struct gp_dkmscmd *c, struct gp_list *lines);

/*
 * The commands that build and install it for a kernel.
 *
 * In: headers: where dkms would not find them by itself; NULL.
 */
void gp_dkmscmd_build(const struct gp_dkmscmd *c, const char *release, const char *headers, struct gp_list *lines);

#endif
