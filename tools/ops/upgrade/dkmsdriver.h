/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_UPGRADE_DKMSDRIVER_H
#define GP_OPS_UPGRADE_DKMSDRIVER_H

#include "ops/driver/dkmsstate.h"
#include "ops/driver/driver.h"
#include "ops/host/checkup.h"

/* The driver that DKMS builds for each kernel. Zeroed is empty. */
struct gp_dkms_driver {
	char *module, *version; /* as DKMS names them; NULL: it has none */
	char *source;           /* where its sources are, as on that machine */
	struct gp_driver driver;
	struct gp_dkms_state state;
	char *tree; /* /var/lib/dkms, as a path of this process */
};
void gp_dkms_driver_release(struct gp_dkms_driver *d);

/*
 * Find it: of the entries named nvidia… one whose sources are there and make nvidia.ko; of
 * several versions that which DKMS has installed for the kernel, else the newest, which it
 * would take when that kernel arrives.
 *
 * In:     release: a kernel.
 * Out:    1 and *d; 0: DKMS has none, stale entries aside, of which each has a line in *why.
 *         gp_dkms_driver_release(), also after a failure.
 * Errors: GP_E_SYSTEM, GP_E_FORMAT, GP_E_UNSUPPORTED, GP_E_NO: there is one, and it cannot
 *         be read (as gp_driver_open_tree()).
 * Source: dkms 3.0.10 and 3.2.2, autoinstall().
 */
int gp_dkms_driver_find(const struct gp_checkup *c, const char *release, struct gp_dkms_driver *d, struct gp_list *why,
			struct gp_err *err);

/* The paths of modules that it built for one; appended, sorted. Errors: GP_E_SYSTEM. */
int gp_dkms_driver_modules(const struct gp_dkms_driver *d, const struct gp_dkms_build *b, struct gp_list *paths,
			   struct gp_err *err);

#endif
