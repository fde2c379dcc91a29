/* SPDX-License-Identifier: MIT */
#include "core/proof/sheet.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/path.h"

static const char *or_nothing(const char *s)
{
	return s ? s : "";
}

/* The number of key, which is the next one when it is new. */
static size_t number_of(struct gp_map *m, const char *key)
{
	size_t n = m->n;

	if (!gp_map_get(m, key, &n))
		gp_map_put(m, key, n);
	return n;
}

/* The place of each cell, as row and column; fills the heads. */
static void find_places(const struct gp_cells *l, struct gp_sheet *g, size_t *row, size_t *column)
{
	gp_auto(gp_map_release) struct gp_map rows = { 0 }, releases = { 0 };

	for (size_t i = 0; i < l->n; i++) {
		const struct gp_cell *c = &l->v[i];
		const char *input = c->input ? gp_path_base(c->input) : "";
		gp_auto(gp_free_ptr) char *key = gp_asprintf("%s\n%s", or_nothing(c->driver), input);

		row[i] = number_of(&rows, key);
		column[i] = number_of(&releases, or_nothing(c->release));
		g->row[row[i]] = (struct gp_sheet_row){ or_nothing(c->driver), input };
		g->release[column[i]] = or_nothing(c->release);
	}
	g->rows = rows.n;
	g->columns = releases.n;
}

/* Where a driver has one row, its input need not be named. */
static void drop_inputs(struct gp_sheet *g)
{
	gp_auto(gp_map_release) struct gp_map count = { 0 };
	size_t n;

	for (size_t i = 0; i < g->rows; i++) {
		n = 0;
		(void)gp_map_get(&count, g->row[i].driver, &n);
		gp_map_put(&count, g->row[i].driver, n + 1);
	}
	for (size_t i = 0; i < g->rows; i++)
		if (gp_map_get(&count, g->row[i].driver, &n) && n == 1)
			g->row[i].input = NULL;
}

int gp_sheet_make(const struct gp_cells *l, struct gp_sheet *out)
{
	gp_auto(gp_free_ptr) size_t *row = gp_alloc((l->n + 1) * sizeof(*row));
	gp_auto(gp_free_ptr) size_t *column = gp_alloc((l->n + 1) * sizeof(*column));

	*out = (struct gp_sheet){ 0 };
	out->row = gp_alloc((l->n + 1) * sizeof(*out->row));
	out->release = gp_alloc((l->n + 1) * sizeof(*out->release));
	find_places(l, out, row, column);
	if (out->columns && out->rows > GP_SHEET_MAX / out->columns)
		return -1;
	drop_inputs(out);
	out->at = gp_alloc((out->rows * out->columns + 1) * sizeof(*out->at));
	for (size_t i = 0; i < l->n; i++)
		out->at[row[i] * out->columns + column[i]] = i + 1;
	return 0;
}

void gp_sheet_release(struct gp_sheet *g)
{
	free(g->row);
	free(g->release);
	free(g->at);
	*g = (struct gp_sheet){ 0 };
}

const struct gp_cell *gp_sheet_cell(const struct gp_sheet *g, const struct gp_cells *l, size_t row, size_t column)
{
	size_t i = g->at[row * g->columns + column];

	return i ? &l->v[i - 1] : NULL;
}
