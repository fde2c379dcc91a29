/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_BOOT_RUN_H
#define GP_CMD_PROOF_BOOT_RUN_H

#include "core/vm/boot.h"
#include "ops/proof/bootcell.h"
#include "ops/proof/build.h"
#include "ops/vm/kernel.h"
#include "cmd/front/opt.h"

/* Errors: GP_E_USAGE options of --boot without it, or that do not fit together; as
 * gp_qemu_find(), before anybody waits for a build. */
int gp_boot_args_check(const struct gp_args *a, struct gp_err *err);

/* The kernels of a command line that builds, opened. Zeroed before use. */
struct gp_boot_ready {
	struct gp_vmkernel_opts o;
	struct gp_vmkernels kernels;
	struct gp_bootcell_opts cell;
};

/* Open them, and say so in b, which borrows; nothing without --boot. Errors: as gp_vmkernels_open(). */
int gp_boot_begin(const struct gp_args *a, struct gp_boot_ready *r, struct gp_build_opts *b, struct gp_err *err);
void gp_boot_ready_release(struct gp_boot_ready *r);

/* Of the command line; borrowed from a. */
struct gp_vmkernel_opts gp_boot_kernels(const struct gp_args *a);

/* The answer as an error: -1 for "no" (GP_E_NO) and for none (GP_E_SYSTEM); 0: yes. */
int gp_boot_check(const struct gp_boot *b, struct gp_err *err);

#endif
