/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_MATRIX_RUN_H
#define GP_CMD_PROOF_MATRIX_RUN_H

#include "cmd/opt.h"
#include "core/proof/cell.h"

/*
 * Build the matrix of the command line, with a line for each cell as it is done.
 *
 * After each cell the JSON report, if it goes to a file, is written anew, so that
 * a run which is killed can be gone on with by --resume.
 *
 * Out:    cells, as far as they were built; also when it fails.
 * Errors: as gp_matrix_run(); GP_E_USAGE.
 */
int gp_matrix_build(struct gp_args *a, struct gp_cells *cells, struct gp_err *err);

/* The cells that it would have. Errors: as above. */
int gp_matrix_cells(struct gp_args *a, struct gp_cells *out, struct gp_err *err);

/* Print the cells in one of the ways of --emit, on standard output. */
int gp_matrix_emit(struct gp_args *a, struct gp_err *err);

#endif
