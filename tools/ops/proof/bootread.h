/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_BOOTREAD_H
#define GP_OPS_PROOF_BOOTREAD_H

#include "core/vm/boot.h"
#include "core/vm/console.h"
#include "ops/proof/bootorder.h"

#define GP_BOOT_NO_STEP UINT32_MAX

/* What a boot does with each unit of an order: the steps, by their numbers. */
struct gp_bootpart {
	unsigned load, standin_load, taint, unload; /* or GP_BOOT_NO_STEP */
	struct gp_modfile standin;                  /* path is NULL without one */
	char *no_standin;                           /* why there is none, where one is wanted */
};

struct gp_bootplan {
	struct gp_bootpart *part; /* as many as units */
	size_t n;
};

void gp_bootplan_init(struct gp_bootplan *p, size_t n);
void gp_bootplan_release(struct gp_bootplan *p);

/*
 * What a console says of the modules.
 *
 * A module's failure is no answer where something that it needs was not there: that is
 * "not asked". One whose init failed because a stand-in says "no" to it was taken.
 *
 * Out: added to out: modules in the order of loading, those of the kernel's own only when
 *      they were not loaded; findings.
 */
void gp_bootplan_read(const struct gp_bootplan *p, const struct gp_bootorder *o, const struct gp_console *c,
		      struct gp_boot *out);

#endif
