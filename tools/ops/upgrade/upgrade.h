/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_UPGRADE_UPGRADE_H
#define GP_OPS_UPGRADE_UPGRADE_H

#include <signal.h>

#include "ops/host/checkup.h"
#include "ops/upgrade/dkmsdriver.h"
#include "ops/upgrade/hookconf.h"

/*
 * Will the driver that is installed work with a kernel, before that is booted? Of one
 * that is installed DKMS's modules are looked at as `verify` does; of one that is not,
 * there are the data, and what they want the sources to have.
 */
struct gp_upgrade {
	struct gp_checkup c; /* the answers */
	struct gp_dkms_driver dkms;
	struct gp_hookconf conf;
	char *release;        /* the kernel in question */
	bool arrived;         /* its modules are here */
	struct gp_list stale; /* what DKMS has besides, and no longer can build */
	char *elsewhere;      /* where DKMS has no driver: a kernel with one that it does not know; NULL */
	const char *keep;     /* an installed kernel that has the driver; NULL: there is none; c's */
	char *pin, *back;     /* commands: keep that one, and boot it; NULL */
};
void gp_upgrade_release(struct gp_upgrade *u);

/*
 * Find the kernel and the driver. It costs little where there is no driver.
 *
 * In:     m: outlives u. release: NULL: the newest one that is installed; never the one that
 *         runs for being that.
 * Out:    1 there is a driver; 0 none. gp_upgrade_release(), also after a failure.
 * Errors: GP_E_FORMAT no release; GP_E_NOTFOUND no kernel is installed; as
 *         gp_dkms_driver_find(); GP_E_SYSTEM.
 */
int gp_upgrade_find(struct gp_upgrade *u, const struct gp_machine *m, const char *release, struct gp_err *err);

/*
 * Look at all of it; what cannot be looked at is unknown. u->conf says whether to boot.
 *
 * In:     catalog: outlives u. cancel: of gp_main_cancel().
 */
void gp_upgrade_look(struct gp_upgrade *u, const struct gp_catalog *catalog, const volatile sig_atomic_t *cancel);

/* All answers in one: missing: it will not work; unknown: that cannot be told; OK. */
enum gp_health gp_upgrade_answer(const struct gp_upgrade *u);

/* The kernel to go back to, and the commands for it. */
void gp_upgrade_find_way_back(struct gp_upgrade *u);

#endif
