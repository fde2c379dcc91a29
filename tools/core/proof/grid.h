/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_GRID_H
#define GP_CORE_PROOF_GRID_H

#include "core/proof/cell.h"

/* Nobody reads a table of more places than this. */
#define GP_GRID_MAX 200000

struct gp_grid_row {
	const char *driver;
	const char *input; /* base name of the file; NULL when the driver's version says enough */
};

/* Cells as a table, drivers down and releases across, each in the order in
 * which it comes first. Everything but the arrays is borrowed from the cells. */
struct gp_grid {
	struct gp_grid_row *row;
	const char **release;
	size_t rows, columns;
	size_t *at; /* rows × columns: index of the cell plus one; 0: there is none */
};

/* Out: release it. Errors: -1, there would be more than GP_GRID_MAX places. */
int gp_grid_make(const struct gp_cells *l, struct gp_grid *out);
void gp_grid_release(struct gp_grid *g);

/* The cell there, or NULL. */
const struct gp_cell *gp_grid_cell(const struct gp_grid *g, const struct gp_cells *l, size_t row, size_t column);

#endif
