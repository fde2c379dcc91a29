/* SPDX-License-Identifier: MIT */
#include "cmd/proof/matrix_html_impl.h"
#include "cmd/proof/matrix_page.h"
#include "cmd/proof/matrix_report.h"
#include "cmd/report/page.h"
#include "core/proof/baseline.h"
#include "core/proof/markup.h"
#include "core/proof/merge.h"

static void put_head(struct gp_buf *out, const struct gp_cells *l, const char *summary)
{
	gp_auto(gp_buf_release) struct gp_buf style = { 0 };

	gp_buf_puts(&style, gp_page_style);
	gp_buf_puts(&style, gp_matrix_style);
	gp_matrix_top_style(l, &style);
	gp_page_head(out, "matrix", summary, gp_buf_str(&style), gp_matrix_script);
}

static void put_keys(struct gp_buf *out, const char *title, const struct gp_list *keys)
{
	if (!keys->n)
		return;
	gp_buf_printf(out, "<section>\n<h2>%s</h2>\n<ul>\n", title);
	for (size_t i = 0; i < keys->n; i++) {
		gp_buf_puts(out, "<li>");
		gp_markup_text(out, keys->v[i]);
		gp_buf_puts(out, "</li>\n");
	}
	gp_buf_puts(out, "</ul>\n</section>\n");
}

/* Links, so that what broke is one step away. */
static void put_changed(struct gp_buf *out, const struct gp_cells *l, enum gp_change change, const char *id,
			const char *title)
{
	size_t n = gp_baseline_count(l, change);

	if (!n)
		return;
	gp_buf_printf(out, "<section class=\"changed\" id=\"%s\">\n<h2>%s (%zu)</h2>\n<ul>\n", id, title, n);
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_cell *c = &l->v[i];

		if (gp_cell_change(c) != change)
			continue;
		gp_buf_printf(out, "<li><a href=\"#c%zu\">", i);
		gp_markup_text(out, gp_or_nothing(c->driver));
		gp_buf_puts(out, " on ");
		gp_markup_text(out, gp_or_nothing(c->release));
		gp_buf_printf(out, "</a>: %s, was %s</li>\n", gp_cell_class_name(c->cls), gp_cell_class_name(c->was));
	}
	gp_buf_puts(out, "</ul>\n</section>\n");
}

void gp_matrix_html(const struct gp_cells *l, struct gp_buf *out)
{
	gp_auto(gp_buf_release) struct gp_buf summary = { 0 };
	gp_auto(gp_list_release) struct gp_list missing = { 0 };
	gp_auto(gp_compilers_release) struct gp_compilers compilers = { 0 };

	gp_cells_missing(l, &missing);
	gp_matrix_summary(l, &summary);
	gp_compilers_find(l, &compilers);
	put_head(out, l, summary.data);
	gp_buf_puts(out, "<body>\n");
	gp_matrix_top_html(l, &compilers, summary.data, out);
	gp_buf_puts(out, "<main>\n");
	put_changed(out, l, GP_CHANGE_BROKEN, "broken", "Newly broken");
	put_changed(out, l, GP_CHANGE_MENDED, "mended", "Newly mended");
	gp_matrix_grid_html(l, out);
	put_keys(out, "Missing: no run has a result", &missing);
	put_keys(out, "Run twice", &l->twice);
	put_keys(out, "Skipped: installed kernels", &l->skipped);
	gp_matrix_cells_html(l, compilers.n == 1, out);
	gp_buf_puts(out, "</main>\n<script>");
	gp_buf_puts(out, gp_matrix_script);
	gp_buf_puts(out, "</script>\n</body>\n</html>\n");
}
