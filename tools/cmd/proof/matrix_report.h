/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_MATRIX_REPORT_H
#define GP_CMD_PROOF_MATRIX_REPORT_H

#include "core/proof/cell.h"

/*
 * The reports of a matrix as bytes, appended to out. Cells may hold any bytes:
 * names and logs come from packages, compilers and other machines.
 */

/* One HTML file that needs nothing else; well-formed XML, too. */
void gp_matrix_html(const struct gp_cells *l, struct gp_buf *out);

/* JUnit's XML, as tools/data/junit.xsd has it: a suite for each driver. */
void gp_matrix_junit(const struct gp_cells *l, struct gp_buf *out);

/* For $GITHUB_STEP_SUMMARY and comments; always below 1 MiB. */
void gp_matrix_markdown(const struct gp_cells *l, struct gp_buf *out);

/* --- words that they share --- */

/* "11 ok, 1 failed, 1 failed as expected, 2 blocked, 1 missing; 3 unchanged": these were
 * not built again. With a baseline what changed since, be it nothing. */
void gp_matrix_summary(const struct gp_cells *l, struct gp_buf *out);

/* It failed, and nobody had said that it may. */
bool gp_cell_is_red(const struct gp_cell *c);

/* Where the first error is, "nvidia/nv.c:12", or "" when it is not known; free() it. */
char *gp_cell_place(const struct gp_cell *c);

/* Its first error, or else why nothing was built; free() it. */
char *gp_cell_why(const struct gp_cell *c);

/* s, or "" where there is none. */
const char *gp_or_nothing(const char *s);

/* "0.4 s", "3 min 20 s"; out holds 32 bytes. */
const char *gp_say_seconds(double s, char out[32]);

#endif
