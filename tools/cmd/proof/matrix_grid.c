/* SPDX-License-Identifier: MIT */
#include "cmd/proof/matrix_html_impl.h"
#include "cmd/proof/matrix_look.h"
#include "cmd/proof/matrix_report.h"
#include "core/proof/baseline.h"
#include "core/proof/markup.h"
#include "core/proof/sheet.h"

/*
 * Each driver has a <tbody> of its own, with the row of its cells and, if one failed, a
 * row with the first error: so the two stay together when a script sorts them.
 */

size_t gp_matrix_columns(const struct gp_cells *l)
{
	gp_auto(gp_sheet_release) struct gp_sheet g = { 0 };

	return gp_sheet_make(l, &g) < 0 ? 0 : g.columns;
}

/* What the style makes visible also where there are no words. */
static const char *change_class(const struct gp_cell *c)
{
	static const char *const classes[] = { "", " broken", " mended" };

	return classes[gp_cell_change(c)];
}

static void put_place(struct gp_buf *out, const struct gp_cells *l, const struct gp_cell *c)
{
	gp_auto(gp_buf_release) struct gp_buf words = { 0 };
	gp_auto(gp_free_ptr) char *title = NULL;
	size_t i;

	if (!c) {
		gp_buf_puts(out, "<td></td>");
		return;
	}
	i = (size_t)(c - l->v);
	gp_look_words(&words, c);
	title = gp_asprintf("%s on %s: %s", gp_or_nothing(c->driver), gp_or_nothing(c->release), words.data);
	gp_buf_printf(out, "<td id=\"t%zu\" class=\"%s k-%s%s\"><a href=\"#c%zu\"", i, gp_look_tone(c),
		      gp_cell_class_name(c->cls), change_class(c), i);
	gp_markup_attr(out, "title", title);
	gp_buf_printf(out, ">%s<span class=\"w\"> %s</span></a></td>", gp_looks[c->cls].sign, words.data);
}

/* What a row comes to. */
struct row {
	const struct gp_cell *first; /* that failed, the unexpected ones before the others; NULL: none did */
	enum gp_section worst;
	size_t cells, failed;
};

static struct row add_up(const struct gp_cells *l, const struct gp_sheet *g, size_t row)
{
	struct row r = { .worst = GP_SECTION_BUILT };

	for (size_t k = 0; k < g->columns; k++) {
		const struct gp_cell *c = gp_sheet_cell(g, l, row, k);
		enum gp_section s = c ? gp_section_of(c) : GP_SECTION_BUILT;

		r.cells += c != NULL;
		r.failed += s <= GP_SECTION_EXPECTED;
		if (s >= r.worst)
			continue;
		r.worst = s;
		if (s <= GP_SECTION_EXPECTED)
			r.first = c;
	}
	return r;
}

static void put_first(struct gp_buf *out, const struct gp_cells *l, const struct gp_cell *c, size_t columns)
{
	gp_buf_printf(out, "<tr class=\"why\"><td colspan=\"%zu\"><div><a href=\"#c%zu\">", columns + 1,
		      (size_t)(c - l->v));
	gp_markup_text(out, gp_or_nothing(c->release));
	gp_buf_puts(out, "</a> ");
	gp_matrix_error_html(c, out);
	gp_buf_puts(out, "</div></td></tr>\n");
}

static void put_row(struct gp_buf *out, const struct gp_cells *l, const struct gp_sheet *g, size_t row)
{
	struct row r = add_up(l, g, row);

	gp_buf_printf(out, "<tbody class=\"row\" data-result=\"%s\" data-order=\"%u\">\n<tr><th scope=\"row\"%s>",
		      gp_section_name(r.worst), (unsigned)r.worst, r.first ? " rowspan=\"2\"" : "");
	gp_markup_text(out, g->row[row].driver);
	if (g->row[row].input) {
		gp_buf_puts(out, "<small>");
		gp_markup_text(out, g->row[row].input);
		gp_buf_puts(out, "</small>");
	}
	gp_buf_printf(out, "</th><td class=\"sum\">%zu of %zu</td>", r.failed, r.cells);
	for (size_t k = 0; k < g->columns; k++)
		put_place(out, l, gp_sheet_cell(g, l, row, k));
	gp_buf_puts(out, "</tr>\n");
	if (r.first)
		put_first(out, l, r.first, g->columns);
	gp_buf_puts(out, "</tbody>\n");
}

void gp_matrix_grid_html(const struct gp_cells *l, struct gp_buf *out)
{
	gp_auto(gp_sheet_release) struct gp_sheet g = { 0 };

	if (gp_sheet_make(l, &g) < 0) {
		gp_buf_puts(out, "<p>Too many drivers and kernels for a table; the cells follow.</p>\n");
		return;
	}
	/* A region that scrolls has to be within reach of the keyboard. */
	gp_buf_puts(out, "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"drivers by kernels\">\n"
			 "<table id=\"grid\">\n<thead><tr><th scope=\"col\">driver</th><th scope=\"col\">failed</th>");
	for (size_t i = 0; i < g.columns; i++) {
		gp_buf_puts(out, "<th scope=\"col\" class=\"kernel\">");
		gp_markup_text(out, g.release[i]);
		gp_buf_puts(out, "</th>");
	}
	gp_buf_puts(out, "</tr></thead>\n");
	for (size_t i = 0; i < g.rows; i++)
		put_row(out, l, &g, i);
	/* A table needs a body, and there may be no row. */
	gp_buf_puts(out, g.rows ? "</table>\n</div>\n" : "<tbody></tbody>\n</table>\n</div>\n");
}
