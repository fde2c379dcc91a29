/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "cmd/proof/matrix_report.h"
#include "core/proof/baseline.h"
#include "core/proof/merge.h"

const char *gp_or_nothing(const char *s)
{
	return s ? s : "";
}

bool gp_cell_is_red(const struct gp_cell *c)
{
	return gp_cell_group(c->cls) == GP_GROUP_FAILED && !c->expected;
}

char *gp_cell_place(const struct gp_cell *c)
{
	if (!c->file)
		return gp_strdup("");
	return c->line ? gp_asprintf("%s:%u", c->file, c->line) : gp_strdup(c->file);
}

char *gp_cell_why(const struct gp_cell *c)
{
	if (c->error)
		return gp_strdup(c->error);
	if (c->cls != GP_CELL_OK && c->reasons.n)
		return gp_strdup(c->reasons.v[0]);
	return gp_strdup(c->cls == GP_CELL_CANCELLED ? "cancelled before it was finished" : "");
}

void gp_matrix_summary(const struct gp_cells *l, struct gp_buf *out)
{
	gp_auto(gp_list_release) struct gp_list missing = { 0 };
	size_t n[GP_CELL_CLASSES], red = 0, expected = 0, unchanged = 0;

	gp_cells_count(l, n);
	gp_cells_missing(l, &missing);
	for (size_t i = 0; i < l->n; i++) {
		red += gp_cell_is_red(&l->v[i]);
		unchanged += l->v[i].unchanged;
		expected += gp_cell_group(l->v[i].cls) == GP_GROUP_FAILED && l->v[i].expected;
	}
	gp_buf_printf(out, "%zu ok, %zu failed", n[GP_CELL_OK], red);
	if (expected)
		gp_buf_printf(out, ", %zu failed as expected", expected);
	if (n[GP_CELL_BLOCKED])
		gp_buf_printf(out, ", %zu blocked", n[GP_CELL_BLOCKED]);
	if (n[GP_CELL_UNKNOWN])
		gp_buf_printf(out, ", %zu unknown", n[GP_CELL_UNKNOWN]);
	if (missing.n)
		gp_buf_printf(out, ", %zu missing", missing.n);
	if (unchanged)
		gp_buf_printf(out, "; %zu unchanged", unchanged);
	if (l->baseline.file)
		gp_buf_printf(out, "; %zu newly broken, %zu newly mended", gp_baseline_count(l, GP_CHANGE_BROKEN),
			      gp_baseline_count(l, GP_CHANGE_MENDED));
}

const char *gp_say_seconds(double s, char out[32])
{
	unsigned long whole = s > 0 && s < 1e9 ? (unsigned long)(s + 0.5) : 0;

	if (s < 60)
		snprintf(out, 32, "%.1f s", s > 0 ? s : 0.0);
	else if (whole < 3600)
		snprintf(out, 32, "%lu min %lu s", whole / 60, whole % 60);
	else
		snprintf(out, 32, "%lu h %lu min", whole / 3600, whole / 60 % 60);
	return out;
}
