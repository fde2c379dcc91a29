/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_SINCE_H
#define GP_OPS_PROOF_SINCE_H

#include "core/proof/cell.h"
#include "ops/proof/matrix.h"
#include "ops/select/catalog.h"

/* What decides each cell of a matrix, so that a later run can tell what it need not build. */
struct gp_since {
	struct gp_list *cell; /* of each cell of the plan, as gp_cell.inputs without sets; may be empty */
	size_t n;
	struct gp_catalog catalog;
};

void gp_since_release(struct gp_since *s);

/*
 * Look at drivers, headers, compilers, hooks, patches and data. Drivers and headers are
 * read to their last byte, unless earlier has their sums and stat says that nothing
 * was touched.
 *
 * What cannot be summed up leaves its cells without inputs: they are built. Call it before
 * the first one is, so that what changes meanwhile shows the next time.
 *
 * In:     o: what gp_matrix_run() will get. earlier: cells with sums; may be empty.
 * Out:    gp_since_release() it.
 * Errors: those of headers and data that make all cells senseless; GP_E_CANCELLED.
 */
int gp_since_look(const struct gp_matrix_opts *o, const struct gp_cells *earlier, struct gp_since *out,
		  struct gp_err *err);

/*
 * The cells that need not be built: earlier has them, of the same inputs.
 *
 * Out: known, appended: copies, unchanged, with the names and places of this run.
 */
void gp_since_pick(const struct gp_since *s, const struct gp_cells *earlier, const struct gp_cells *plan,
		   const char *words, struct gp_cells *known);

#endif
