/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_BOOTCELL_H
#define GP_OPS_PROOF_BOOTCELL_H

#include "core/proof/cell.h"
#include "ops/proof/boot.h"

/* How the kernels of cells are asked. Borrowed. */
struct gp_bootcell_opts {
	const struct gp_vmkernels *kernels;
	enum gp_accel accel;
};

/*
 * Is there the kernel of a cell, before its modules are built?
 *
 * Out: false: the cell is "environment", with the reason.
 */
bool gp_bootcell_check(const struct gp_bootcell_opts *o, const char *release, struct gp_cell *cell);

/*
 * Boot the kernel of a cell with the modules that were built for it.
 *
 * In:     dir: where they lie. b: headers, compiler, a scratch directory; the rest is filled in.
 * Out:    in cell: what was said of each module, findings among the reasons, and when the
 *         answer is no "yes" its class and error.
 */
void gp_bootcell_ask(const struct gp_bootcell_opts *o, const char *dir, const struct gp_boot_opts *b,
		     struct gp_cell *cell);

#endif
