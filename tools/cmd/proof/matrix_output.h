/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_MATRIX_OUTPUT_H
#define GP_CMD_PROOF_MATRIX_OUTPUT_H

#include "cmd/front/opt.h"
#include "core/proof/expect.h"

/* Does at most one of --json, --junit, --html and --markdown go to standard output?
 * GP_E_USAGE. */
int gp_matrix_check_reports(const struct gp_args *a, struct gp_err *err);

/*
 * Write every report beside --json's that was asked for, each of them complete or
 * not at all; "-" is standard output. The first failure is the one that is reported,
 * the others are written all the same.
 */
int gp_matrix_write_reports(const struct gp_args *a, const struct gp_cells *l, struct gp_err *err);

/* The last lines: how many of what, and for each red cell its first error and
 * the command that repeats it; what was run twice, is missing, or passes now. */
void gp_matrix_say(const struct gp_args *a, const struct gp_cells *l, const struct gp_expect_result *j);

/* Read the file of --expect, if there is one. Errors: as gp_expect_parse(). */
int gp_matrix_read_expect(const struct gp_args *a, struct gp_expect *out, struct gp_err *err);

/* What --fail-on makes of it. Errors: GP_E_NO. */
int gp_matrix_answer(const struct gp_args *a, const struct gp_cells *l, const struct gp_expect_result *j,
		     struct gp_err *err);

#endif
