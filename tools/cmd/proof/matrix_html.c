/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/path.h"
#include "cmd/proof/matrix_page.h"
#include "cmd/proof/matrix_report.h"
#include "cmd/report/page.h"
#include "core/proof/sheet.h"
#include "core/proof/markup.h"
#include "core/proof/merge.h"

/* How a class looks: a sign that fonts have, and one of the five tones. */
static const struct look {
	const char *sign, *tone;
} LOOKS[GP_CELL_CLASSES] = {
	[GP_CELL_OK] = { "✔", "ok" },         [GP_CELL_BLOCKED] = { "⊘", "not" },
	[GP_CELL_UNKNOWN] = { "?", "not" },   [GP_CELL_HUNK] = { "✘", "bad" },
	[GP_CELL_COMPILE] = { "✘", "bad" },   [GP_CELL_MODPOST] = { "✘", "bad" },
	[GP_CELL_VERIFY] = { "✘", "bad" },    [GP_CELL_BOOT] = { "✘", "bad" },
	[GP_CELL_TIMEOUT] = { "✘", "bad" },   [GP_CELL_ENVIRONMENT] = { "!", "env" },
	[GP_CELL_CANCELLED] = { "–", "env" },
};

static const char *tone_of(const struct gp_cell *c)
{
	return c->expected && gp_cell_group(c->cls) == GP_GROUP_FAILED ? "due" : LOOKS[c->cls].tone;
}

/* "✘ compile, expected" */
static void put_word(struct gp_buf *out, const struct gp_cell *c)
{
	gp_buf_printf(out, "%s %s%s", LOOKS[c->cls].sign, gp_cell_class_name(c->cls),
		      strcmp(tone_of(c), "due") == 0 ? ", expected" : "");
	gp_buf_puts(out, c->unchanged ? ", unchanged" : "");
}

/* --- head --- */

/* The class filter works without a script: a style rule for each box. */
static void put_style(struct gp_buf *out)
{
	gp_buf_puts(out, gp_page_style);
	for (unsigned i = 0; i < GP_CELL_CLASSES; i++) {
		const char *name = gp_cell_class_name((enum gp_cell_class)i);

		gp_buf_printf(out,
			      "body:has(#show-%s:not(:checked)) details.k-%s{display:none}\n"
			      "body:has(#show-%s:not(:checked)) td.k-%s{opacity:.2}\n",
			      name, name, name, name);
	}
}

static void put_head(struct gp_buf *out, const char *summary)
{
	gp_auto(gp_buf_release) struct gp_buf style = { 0 };

	put_style(&style);
	gp_page_head(out, "matrix", summary, gp_buf_str(&style), gp_matrix_script);
}

static void put_summary(struct gp_buf *out, const struct gp_cells *l, const char *summary)
{
	char took[32];

	gp_buf_puts(out, "<header>\n<h1>gridpatch matrix</h1>\n<p id=\"summary\"><strong>");
	gp_markup_text(out, summary);
	gp_buf_puts(out, "</strong></p>\n<p class=\"soft\">");
	if (l->started) {
		gp_markup_text(out, l->started);
		gp_buf_puts(out, ", ");
	}
	gp_buf_printf(out, "%s, %u job%s", gp_say_seconds(l->wall_s, took), l->jobs, l->jobs == 1 ? "" : "s");
	if (l->program) {
		gp_buf_puts(out, "; gridpatch ");
		gp_markup_text(out, l->program);
	}
	gp_buf_puts(out, "</p>\n</header>\n");
}

static void put_filter(struct gp_buf *out, const struct gp_cells *l)
{
	size_t n[GP_CELL_CLASSES];

	gp_cells_count(l, n);
	gp_buf_puts(out, "<fieldset id=\"filter\">\n<legend>Show</legend>\n");
	for (unsigned i = 0; i < GP_CELL_CLASSES; i++) {
		const char *name = gp_cell_class_name((enum gp_cell_class)i);

		if (n[i])
			gp_buf_printf(out,
				      "<label><input type=\"checkbox\" id=\"show-%s\" checked=\"checked\"/> %s "
				      "%s (%zu)</label>\n",
				      name, LOOKS[i].sign, name, n[i]);
	}
	gp_buf_puts(out, "<div id=\"search\" hidden=\"hidden\"><label>with the words "
			 "<input type=\"search\" id=\"text\"/></label> <output id=\"shown\"></output>"
			 "</div>\n</fieldset>\n");
}

/* --- the grid --- */

static void put_place(struct gp_buf *out, const struct gp_cells *l, const struct gp_cell *c)
{
	size_t i;

	if (!c) {
		gp_buf_puts(out, "<td></td>");
		return;
	}
	i = (size_t)(c - l->v);
	gp_buf_printf(out, "<td id=\"t%zu\" class=\"%s k-%s\"><a href=\"#c%zu\">", i, tone_of(c),
		      gp_cell_class_name(c->cls), i);
	put_word(out, c);
	gp_buf_puts(out, "</a></td>");
}

static void put_row(struct gp_buf *out, const struct gp_cells *l, const struct gp_sheet *g, size_t row)
{
	gp_buf_puts(out, "<tr><th scope=\"row\">");
	gp_markup_text(out, g->row[row].driver);
	if (g->row[row].input) {
		gp_buf_puts(out, "<small>");
		gp_markup_text(out, g->row[row].input);
		gp_buf_puts(out, "</small>");
	}
	gp_buf_puts(out, "</th>");
	for (size_t k = 0; k < g->columns; k++)
		put_place(out, l, gp_sheet_cell(g, l, row, k));
	gp_buf_puts(out, "</tr>\n");
}

static void put_grid(struct gp_buf *out, const struct gp_cells *l)
{
	gp_auto(gp_sheet_release) struct gp_sheet g = { 0 };

	if (gp_sheet_make(l, &g) < 0) {
		gp_buf_puts(out, "<p>Too many drivers and kernels for a table; the cells follow.</p>\n");
		return;
	}
	/* A region that scrolls has to be within reach of the keyboard. */
	gp_buf_puts(out, "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"drivers by kernels\">\n"
			 "<table id=\"grid\">\n<thead><tr><th scope=\"col\">driver</th>");
	for (size_t i = 0; i < g.columns; i++) {
		gp_buf_puts(out, "<th scope=\"col\">");
		gp_markup_text(out, g.release[i]);
		gp_buf_puts(out, "</th>");
	}
	gp_buf_puts(out, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < g.rows; i++)
		put_row(out, l, &g, i);
	gp_buf_puts(out, "</tbody>\n</table>\n</div>\n");
}

/* --- one cell --- */

static void put_term(struct gp_buf *out, const char *term, const char *text)
{
	if (!text || !*text)
		return;
	gp_buf_printf(out, "<dt>%s</dt><dd>", term);
	gp_markup_text(out, text);
	gp_buf_puts(out, "</dd>\n");
}

static void put_terms(struct gp_buf *out, const char *term, const struct gp_list *l)
{
	if (!l->n)
		return;
	gp_buf_printf(out, "<dt>%s</dt><dd>", term);
	for (size_t i = 0; i < l->n; i++) {
		gp_buf_puts(out, i ? "<br/>" : "");
		gp_markup_text(out, l->v[i]);
	}
	gp_buf_puts(out, "</dd>\n");
}

static void put_code(struct gp_buf *out, const char *term, const char *text)
{
	if (!text)
		return;
	gp_buf_printf(out, "<dt>%s</dt><dd><code>", term);
	gp_markup_text(out, text);
	gp_buf_puts(out, "</code></dd>\n");
}

static void put_times(struct gp_buf *out, const struct gp_cell *c)
{
	char patch[32], build[32], verify[32], total[32];

	gp_buf_printf(out, "<dt>time</dt><dd>%s: patch %s, build %s, verify %s</dd>\n",
		      gp_say_seconds(c->total_s, total), gp_say_seconds(c->patch_s, patch),
		      gp_say_seconds(c->build_s, build), gp_say_seconds(c->verify_s, verify));
}

static void put_facts(struct gp_buf *out, const struct gp_cell *c)
{
	gp_buf_puts(out, "<dl>\n");
	put_term(out, "known", c->fact);
	put_code(out, "repeat", c->repeat);
	put_term(out, "verdict", c->verdict);
	put_terms(out, "reasons", &c->reasons);
	put_terms(out, "patch sets", &c->sets);
	put_terms(out, "modules", &c->modules);
	put_term(out, "booted", c->boot);
	put_terms(out, "the kernel", &c->booted);
	put_term(out, "hooks", c->hooks ? "integrated" : "none");
	put_term(out, "kind", c->kind);
	put_term(out, "input", c->input);
	put_code(out, "MD5", c->input_md5);
	put_term(out, "headers", c->headers);
	put_term(out, "compiler", c->compiler);
	put_times(out, c);
	put_term(out, c->unchanged ? "unchanged since" : "built", c->built);
	put_term(out, "whole log", c->log);
	gp_buf_puts(out, "</dl>\n");
}

static void put_error(struct gp_buf *out, const struct gp_cell *c)
{
	gp_auto(gp_free_ptr) char *place = gp_cell_place(c), *why = gp_cell_why(c);

	if (!*place && !*why)
		return;
	gp_buf_puts(out, "<p class=\"first\">");
	if (*place) {
		gp_buf_puts(out, "<code>");
		gp_markup_text(out, place);
		gp_buf_puts(out, "</code>: ");
	}
	gp_markup_text(out, why);
	gp_buf_puts(out, "</p>\n");
}

/* The link's target lies inside, so that following it opens the element. */
static void put_cell(struct gp_buf *out, const struct gp_cell *c, size_t i)
{
	gp_buf_printf(out, "<details class=\"cell k-%s\" id=\"d%zu\"><summary><span class=\"sign %s\">",
		      gp_cell_class_name(c->cls), i, tone_of(c));
	put_word(out, c);
	gp_buf_puts(out, "</span>");
	gp_markup_text(out, gp_or_nothing(c->driver));
	gp_buf_puts(out, " on ");
	gp_markup_text(out, gp_or_nothing(c->release));
	gp_buf_printf(out, "</summary>\n<div class=\"more\" id=\"c%zu\">\n", i);
	put_error(out, c);
	put_facts(out, c);
	if (c->log_tail && *c->log_tail) {
		/* A parser drops a line end right after <pre>. */
		gp_buf_puts(out, "<pre tabindex=\"0\" aria-label=\"end of the log\">\n");
		gp_markup_text(out, c->log_tail);
		gp_buf_puts(out, "</pre>\n");
	}
	gp_buf_puts(out, "</div>\n</details>\n");
}

enum section { FAILED, EXPECTED, NOT_BUILT, BUILT, SECTIONS };

static enum section section_of(const struct gp_cell *c)
{
	if (gp_cell_is_red(c))
		return FAILED;
	if (gp_cell_group(c->cls) == GP_GROUP_FAILED)
		return EXPECTED;
	return c->cls == GP_CELL_OK ? BUILT : NOT_BUILT;
}

static void put_section(struct gp_buf *out, const struct gp_cells *l, enum section s)
{
	static const char *const titles[SECTIONS] = { "Failed", "Failed as expected", "Not built", "Built" };
	bool any = false;

	for (size_t i = 0; i < l->n; i++) {
		if (section_of(&l->v[i]) != s)
			continue;
		if (!any)
			gp_buf_printf(out, "<section>\n<h2>%s</h2>\n", titles[s]);
		any = true;
		put_cell(out, &l->v[i], i);
	}
	if (any)
		gp_buf_puts(out, "</section>\n");
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

void gp_matrix_html(const struct gp_cells *l, struct gp_buf *out)
{
	gp_auto(gp_buf_release) struct gp_buf summary = { 0 };
	gp_auto(gp_list_release) struct gp_list missing = { 0 };

	gp_cells_missing(l, &missing);
	gp_matrix_summary(l, &summary);
	put_head(out, summary.data);
	gp_buf_puts(out, "<body>\n");
	put_summary(out, l, summary.data);
	put_filter(out, l);
	gp_buf_puts(out, "<main>\n");
	put_grid(out, l);
	put_keys(out, "Missing: no run has a result", &missing);
	put_keys(out, "Run twice", &l->twice);
	put_keys(out, "Skipped: installed kernels", &l->skipped);
	for (unsigned s = 0; s < SECTIONS; s++)
		put_section(out, l, (enum section)s);
	gp_buf_puts(out, "</main>\n<script>");
	gp_buf_puts(out, gp_matrix_script);
	gp_buf_puts(out, "</script>\n</body>\n</html>\n");
}
