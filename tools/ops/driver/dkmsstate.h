/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_DRIVER_DKMSSTATE_H
#define GP_OPS_DRIVER_DKMSSTATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct gp_root;

#define GP_DKMS_TREE "/var/lib/dkms" /* where dkms keeps what it builds */

/* What it built for one kernel. */
struct gp_dkms_build {
	char *release, *arch;
	bool installed; /* and put into that kernel's modules */
	bool old;       /* before the sources were what they are */
};

/* What dkms has of a module. */
struct gp_dkms_state {
	bool added;
	char *source; /* where it takes the sources from, as its link says; NULL */
	struct gp_dkms_build *v;
	size_t n, cap;
	bool left; /* a build that failed, or is going on, left its copy of the sources */
};

void gp_dkms_state_release(struct gp_dkms_state *s);

/*
 * Look into dkms's tree, without dkms.
 *
 * In:     root: the system's; NULL: this one. name, version: somebody's words. since:
 *         seconds since the epoch; what was built before is old.
 * Out:    release it; empty when there is no such module.
 * Errors: GP_E_SYSTEM: it cannot be read.
 * Source: dkms 2.8.4 – 3.2.2: TREE/NAME/VERSION/{source,build,RELEASE/ARCH/module},
 *         and a link TREE/NAME/kernel-RELEASE-ARCH to what is installed.
 */
int gp_dkms_state_read(const struct gp_root *root, const char *tree, const char *name, const char *version,
		       int64_t since, struct gp_dkms_state *out, struct gp_err *err);

/* What it has for that kernel; NULL: nothing. */
const struct gp_dkms_build *gp_dkms_state_for(const struct gp_dkms_state *s, const char *release);

#endif
