/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_MATRIX_RUN_H
#define GP_CMD_PROOF_MATRIX_RUN_H

#include "cmd/front/opt.h"
#include "core/proof/cell.h"

/* Is the file of --resume or --since the one that --json writes? Then it holds results
 * that nobody else has. */
bool gp_matrix_goes_on(const struct gp_args *a);

/* Read a JSON report, which is untrusted. Errors: as gp_file_read(), gp_cells_from_json(). */
int gp_matrix_read_report(const char *path, struct gp_cells *out, struct gp_err *err);

/*
 * Read the file of --resume, or of --since.
 *
 * Out:    known; nothing when the option was not given, or the file is not there yet,
 *         so that the first run can be started with the same words.
 * Errors: as gp_cells_from_json().
 */
int gp_matrix_read_known(const struct gp_args *a, struct gp_cells *known, struct gp_err *err);

/*
 * Build the matrix of the command line, with a line for each cell as it is done.
 *
 * After each cell the JSON report, if it goes to a file, is written anew, with what
 * was known before: a run that is killed has lost nothing, and --resume continues it.
 *
 * In:     known: what gp_matrix_read_known() found. With --since it is left what of
 *         that holds today.
 * Out:    cells, as far as they were built; also when it fails.
 * Errors: as gp_matrix_run(); GP_E_USAGE, also when the report that is continued
 *         has results that this run would not have.
 */
int gp_matrix_build(struct gp_args *a, struct gp_cells *known, struct gp_cells *cells, struct gp_err *err);

/* The cells that it would have. Errors: as above. */
int gp_matrix_cells(struct gp_args *a, struct gp_cells *out, struct gp_err *err);

/* Print the cells in one of the ways of --emit, on standard output. */
int gp_matrix_emit(struct gp_args *a, struct gp_err *err);

#endif
