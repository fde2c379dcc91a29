/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_BUILD_ARGS_H
#define GP_CMD_PROOF_BUILD_ARGS_H

#include "core/proof/cell.h"
#include "ops/job/patchjob.h"
#include "ops/proof/build.h"
#include "cmd/front/opt.h"

/* What build, matrix and patch --build have in common on the command line. */

#define GP_BUILD_TIMEOUT_S 3600

/* The options of the command line that decide a build's result, for a shell. */
void gp_build_words(const struct gp_args *a, struct gp_buf *out);

/* a, and words of gp_build_words(), must outlive it. */
struct gp_build_opts gp_build_args(const struct gp_args *a, const char *words);

/*
 * Build one driver for all kernels of the command line, with the text of each cell
 * as it is done. Kernels that nobody knows are built, too: that is the proof they
 * wait for.
 *
 * Errors: as gp_matrix_run(); that a cell failed is none.
 */
int gp_build_one(struct gp_args *a, const char *run, struct gp_cells *cells, struct gp_err *err);

/*
 * --build of what writes: the modules of every kernel of the run. a->patch.proved
 * then. Errors: as gp_build_one(); those of the first cell that failed.
 */
int gp_build_proof(struct gp_args *a, const char *run, struct gp_cells *cells, struct gp_err *err);

/* What every job that writes is told besides the options: threads, and who it is. */
void gp_job_args(struct gp_args *a);

/* Why a job of patch or dkms-tree ended so, as a word for its report; NULL: it did not fail,
 * or for none of these. cells are those of --build. */
const char *gp_job_reason(const struct gp_args *a, const struct gp_patch_job *job, const struct gp_cells *cells);

/* One line per cell, and what went wrong below it. */
void gp_say_cell(const struct gp_args *a, const struct gp_cell *c);

/* The code that the class of a cell ends the program with; GP_OK for GP_CELL_OK. */
enum gp_code gp_cell_code(enum gp_cell_class c);

#endif
