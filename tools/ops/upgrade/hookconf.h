/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_UPGRADE_HOOKCONF_H
#define GP_OPS_UPGRADE_HOOKCONF_H

#include "ops/host/machine.h"

#define GP_HOOKCONF "/etc/gridpatch/config"

/* How a new kernel is looked at. */
struct gp_hookconf {
	bool boot;        /* in a virtual machine, too */
	bool motd;        /* what is not well is told at the next login */
	unsigned limit;   /* seconds for a look that nobody asked for */
	unsigned booting; /* and that many more for booting */
};

/*
 * Read it: one paragraph of `Field: value` (base/stanza.h).
 *
 *     Boot: no        yes: ask the kernel itself
 *     Motd: yes
 *     Limit: 20       seconds, 1 - 600
 *     Boot-Limit: 300 seconds, 10 - 3600
 *
 * It decides what root's package manager waits for and runs, so it counts only if nobody
 * else can have written it.
 *
 * Out:    *out; those defaults for what is not said, also after a failure.
 * Errors: GP_E_FORMAT it cannot be read as that; GP_E_NO it belongs to somebody else than
 *         root or us, or others may write to it; GP_E_SYSTEM.
 */
int gp_hookconf_read(const struct gp_machine *m, struct gp_hookconf *out, struct gp_err *err);

#endif
