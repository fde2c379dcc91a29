/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_SHEET_H
#define GP_CORE_PROOF_SHEET_H

#include "core/proof/cell.h"

/* Nobody reads a table of more places than this. */
#define GP_SHEET_MAX 200000

struct gp_sheet_row {
	const char *driver;
	const char *input; /* base name of the file; NULL when the driver's version says enough */
};

/* Cells as a table, drivers down and releases across, each in the order in
 * which it comes first. Everything but the arrays is borrowed from the cells. */
struct gp_sheet {
	struct gp_sheet_row *row;
	const char **release;
	size_t rows, columns;
	size_t *at; /* rows × columns: index of the cell plus one; 0: there is none */
};

/* Out: release it. Errors: -1, there would be more than GP_SHEET_MAX places. */
int gp_sheet_make(const struct gp_cells *l, struct gp_sheet *out);
void gp_sheet_release(struct gp_sheet *g);

/* The cell there, or NULL. */
const struct gp_cell *gp_sheet_cell(const struct gp_sheet *g, const struct gp_cells *l, size_t row, size_t column);

#endif
