/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_MATRIX_HTML_IMPL_H
#define GP_CMD_PROOF_MATRIX_HTML_IMPL_H

#include "core/proof/cell.h"

/* The parts of the page, appended to out. Cells are untrusted in all of them. */

/* Drivers down, kernels across; below each driver that failed its first error. */
void gp_matrix_grid_html(const struct gp_cells *l, struct gp_buf *out);

/* From how many kernels on the grid shows signs without words. */
#define GP_MATRIX_MANY 8

/* So many kernels has the grid; 0: there is none. */
size_t gp_matrix_columns(const struct gp_cells *l);

/* Every cell with all that is known of it, under the head of its result. one_compiler:
 * the head of the page has named it. */
void gp_matrix_cells_html(const struct gp_cells *l, bool one_compiler, struct gp_buf *out);

/* Where the first error of a cell is and what it says: "<code>nv.c:12</code>: …". */
void gp_matrix_error_html(const struct gp_cell *c, struct gp_buf *out);

/* The compilers of all cells, each once, and of how many cells each is. */
struct gp_compilers {
	const char **name; /* of the cells */
	size_t *cells;
	size_t n;
};

void gp_compilers_find(const struct gp_cells *l, struct gp_compilers *out);
void gp_compilers_release(struct gp_compilers *c);

/* The head of the page: totals, what made it, the bar, the filters, the legend. */
void gp_matrix_top_html(const struct gp_cells *l, const struct gp_compilers *compilers, const char *summary,
			struct gp_buf *out);

/* Rules of the page's style that depend on the cells: filters, and the bar's lengths. */
void gp_matrix_top_style(const struct gp_cells *l, struct gp_buf *out);

#endif
