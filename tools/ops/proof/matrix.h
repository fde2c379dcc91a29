/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_MATRIX_H
#define GP_OPS_PROOF_MATRIX_H

#include "base/progress.h"
#include "ops/proof/build.h"

/* Many drivers, many kernels. Strings and lists are borrowed. */
struct gp_matrix_opts {
	const struct gp_list *runs;   /* installers, extracted installers */
	struct gp_build_opts build;   /* jobs and jobserver are filled in here */
	unsigned jobs;                /* compilers at a time, of all cells; 0: one per processor and per GiB */
	unsigned shard, shards;       /* build cells shard-1, shard-1+shards, …; 0 0: all */
	bool keep_by_driver;          /* build.keep gets a folder per driver */
	const struct gp_cells *known; /* results that need not be had again, or NULL */
	/* What decides each cell of the plan, for the cells that are built: of
	 * gp_since_look(); NULL: nobody asks. */
	const struct gp_list *inputs;
	/* A cell is done, or was known. Called by one thread at a time. May be NULL. */
	void (*done)(void *arg, const struct gp_cell *cell, size_t n, size_t total, bool known);
	void *arg;
	const struct gp_progress
		*progress; /* of decoding, of one source at a time, from its thread; NULL: nobody listens */
};

/*
 * Build every cell of drivers × headers, several at a time.
 *
 * Each installer is decoded once, before its first cell, and its sources go when
 * its last cell is done. All compilers share the job slots of one GNU make job
 * server, so a cell that only links leaves its slots to the others.
 *
 * Out:    out, all cells of this shard in order, also when the call fails; those
 *         that a signal kept from being built are "cancelled". gp_cells_release() it.
 * Errors: what makes all cells senseless: GP_E_USAGE, GP_E_NOTFOUND headers, data,
 *         GP_E_SYSTEM no scratch directory. With one driver also what is wrong with
 *         it (GP_E_FORMAT, …); with several, its cells are "environment".
 *         GP_E_CANCELLED.
 */
int gp_matrix_run(const struct gp_matrix_opts *o, struct gp_cells *out, struct gp_err *err);

/*
 * The cells that a run would have, in order, without opening any driver.
 *
 * Out: out, one per cell, with input, release and headers; planned as well.
 * Errors: as above for headers.
 */
int gp_matrix_plan(const struct gp_matrix_opts *o, struct gp_cells *out, struct gp_err *err);

#endif
