/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/map.h"
#include "cmd/proof/matrix_html_impl.h"
#include "cmd/proof/matrix_look.h"
#include "cmd/proof/matrix_report.h"
#include "core/proof/markup.h"
#include "core/proof/merge.h"

/* Nobody reads more of them. */
#define MAX_NAMED 8

/* A part of the bar that is a tenth of it has room for its number, on a phone, too. */
#define ROOM_FOR_NUMBER 10

/* --- what the bar is made of --- */

/* A part for each class, and two more. */
enum { DUE = GP_CELL_CLASSES, MISSING, PARTS };

static void count_parts(const struct gp_cells *l, size_t n[PARTS])
{
	gp_auto(gp_list_release) struct gp_list missing = { 0 };

	for (unsigned i = 0; i < PARTS; i++)
		n[i] = 0;
	for (size_t i = 0; i < l->n; i++)
		n[gp_look_due(&l->v[i]) ? (unsigned)DUE : (unsigned)l->v[i].cls]++;
	gp_cells_missing(l, &missing);
	n[MISSING] = missing.n;
}

static const char *part_tone(unsigned part)
{
	return part == DUE ? "due" : part == MISSING ? "gone" : gp_looks[part].tone;
}

static const char *part_sign(unsigned part)
{
	return part == DUE ? "✘" : part == MISSING ? "…" : gp_looks[part].sign;
}

/* The class filter works without a script: a style rule for each box. */
void gp_matrix_top_style(const struct gp_cells *l, struct gp_buf *out)
{
	size_t n[PARTS];

	count_parts(l, n);
	for (unsigned i = 0; i < PARTS; i++)
		if (n[i])
			gp_buf_printf(out, "#bar .p%u{flex-grow:%zu}", i, n[i]);
	gp_buf_putc(out, '\n');
	for (unsigned i = 0; i < GP_CELL_CLASSES; i++) {
		const char *name = gp_cell_class_name((enum gp_cell_class)i);

		gp_buf_printf(out,
			      "body:has(#show-%s:not(:checked)) details.k-%s{display:none}\n"
			      "body:has(#show-%s:not(:checked)) td.k-%s{opacity:.2}\n",
			      name, name, name, name);
	}
}

static void put_bar(struct gp_buf *out, const struct gp_cells *l, const char *summary)
{
	size_t n[PARTS], total = 0;

	count_parts(l, n);
	for (unsigned i = 0; i < PARTS; i++)
		total += n[i];
	gp_buf_puts(out, "<div id=\"bar\" role=\"img\"");
	gp_markup_attr(out, "aria-label", summary);
	gp_buf_putc(out, '>');
	for (unsigned i = 0; i < PARTS; i++) {
		if (!n[i])
			continue;
		gp_buf_printf(out, "<span class=\"p%u %s\">", i, part_tone(i));
		if (n[i] >= total / ROOM_FOR_NUMBER)
			gp_buf_printf(out, "%s %zu", part_sign(i), n[i]);
		gp_buf_puts(out, "</span>");
	}
	gp_buf_puts(out, "</div>\n");
}

/* --- what made it --- */

void gp_compilers_find(const struct gp_cells *l, struct gp_compilers *out)
{
	gp_auto(gp_map_release) struct gp_map known = { 0 };

	*out = (struct gp_compilers){ .name = gp_alloc((l->n + 1) * sizeof(*out->name)),
				      .cells = gp_alloc((l->n + 1) * sizeof(*out->cells)) };
	for (size_t i = 0; i < l->n; i++) {
		size_t at = out->n;

		if (!l->v[i].compiler)
			continue;
		if (!gp_map_get(&known, l->v[i].compiler, &at)) {
			gp_map_put(&known, l->v[i].compiler, at);
			out->name[out->n++] = l->v[i].compiler;
		}
		out->cells[at]++;
	}
}

void gp_compilers_release(struct gp_compilers *c)
{
	free(c->name);
	free(c->cells);
	*c = (struct gp_compilers){ 0 };
}

static void put_more(struct gp_buf *out, size_t n)
{
	if (n > MAX_NAMED)
		gp_buf_printf(out, "<br/>and %zu more", n - MAX_NAMED);
}

static void put_compilers(struct gp_buf *out, const struct gp_compilers *c)
{
	if (!c->n)
		return;
	gp_buf_puts(out, "<dt>compiler</dt><dd>");
	for (size_t i = 0; i < c->n && i < MAX_NAMED; i++) {
		gp_buf_puts(out, i ? "<br/>" : "");
		gp_markup_text(out, c->name[i]);
		if (c->n > 1)
			gp_buf_printf(out, " (%zu cell%s)", c->cells[i], c->cells[i] == 1 ? "" : "s");
	}
	put_more(out, c->n);
	gp_buf_puts(out, "</dd>\n");
}

static void put_hosts(struct gp_buf *out, const struct gp_list *hosts)
{
	if (!hosts->n)
		return;
	gp_buf_puts(out, "<dt>host</dt><dd>");
	for (size_t i = 0; i < hosts->n && i < MAX_NAMED; i++) {
		gp_buf_puts(out, i ? "<br/>" : "");
		gp_markup_text(out, hosts->v[i]);
	}
	put_more(out, hosts->n);
	gp_buf_puts(out, "</dd>\n");
}

static void put_baseline(struct gp_buf *out, const struct gp_cells *l)
{
	size_t n = 0;

	if (!l->baseline.file)
		return;
	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].compared;
	gp_buf_puts(out, "<dt>compared with</dt><dd>");
	gp_markup_text(out, l->baseline.file);
	if (l->baseline.started) {
		gp_buf_puts(out, ", of ");
		gp_markup_text(out, l->baseline.started);
	}
	gp_buf_printf(out, ": %zu of %zu cells are in both</dd>\n", n, l->n);
}

static void put_made(struct gp_buf *out, const struct gp_cells *l, const struct gp_compilers *compilers)
{
	char took[32];

	gp_buf_puts(out, "<p class=\"soft\">");
	if (l->started) {
		gp_markup_text(out, l->started);
		gp_buf_puts(out, ", ");
	}
	gp_buf_printf(out, "%s, %u job%s", gp_say_seconds(l->wall_s, took), l->jobs, l->jobs == 1 ? "" : "s");
	if (l->program) {
		gp_buf_puts(out, "; gridpatch ");
		gp_markup_text(out, l->program);
	}
	gp_buf_puts(out, "</p>\n");
	if (!compilers->n && !l->hosts.n && !l->baseline.file)
		return;
	gp_buf_puts(out, "<dl id=\"made\">\n");
	put_compilers(out, compilers);
	put_hosts(out, &l->hosts);
	put_baseline(out, l);
	gp_buf_puts(out, "</dl>\n");
}

/* --- what is shown, and what it means --- */

static void put_filter(struct gp_buf *out, const struct gp_cells *l)
{
	size_t n[GP_CELL_CLASSES], columns = gp_matrix_columns(l);

	gp_cells_count(l, n);
	gp_buf_puts(out, "<fieldset id=\"filter\">\n<legend>Show</legend>\n");
	for (unsigned i = 0; i < GP_CELL_CLASSES; i++) {
		const char *name = gp_cell_class_name((enum gp_cell_class)i);

		if (n[i])
			gp_buf_printf(out,
				      "<label><input type=\"checkbox\" id=\"show-%s\" checked=\"checked\"/> "
				      "<span class=\"sign %s\">%s %s</span>%zu</label>\n",
				      name, gp_looks[i].tone, gp_looks[i].sign, name, n[i]);
	}
	if (columns)
		gp_buf_printf(out, "<label><input type=\"checkbox\" id=\"signs\"%s/> signs without words</label>\n",
			      columns > GP_MATRIX_MANY ? " checked=\"checked\"" : "");
	gp_buf_printf(out,
		      "<div id=\"search\" hidden=\"hidden\"><label>with the words "
		      "<input type=\"search\" id=\"text\"/></label> <output id=\"shown\"></output>\n"
		      "<label>drivers <select id=\"rows\"><option value=\"\">as they were named</option>"
		      "<option value=\"result\">by result</option></select></label>\n"
		      "<label>cells by <select id=\"group\"><option value=\"result\">result</option>"
		      "<option value=\"verdict\">verdict of the data</option>"
		      "<option value=\"driver\">driver</option><option value=\"kernel\">kernel</option>"
		      "%s</select></label></div>\n</fieldset>\n",
		      l->baseline.file ? "<option value=\"change\">what changed</option>" : "");
}

static void put_meaning(struct gp_buf *out, const char *tone, const char *sign, const char *name, const char *meaning)
{
	gp_buf_printf(out, "<dt><span class=\"sign %s\">%s%s%s</span></dt><dd>%s</dd>\n", tone, sign, *sign ? " " : "",
		      name, meaning);
}

static void put_legend(struct gp_buf *out, const struct gp_cells *l)
{
	size_t n[GP_CELL_CLASSES], parts[PARTS];

	gp_cells_count(l, n);
	count_parts(l, parts);
	gp_buf_puts(out, "<details id=\"legend\"><summary>What the words mean</summary>\n<dl>\n");
	for (unsigned i = 0; i < GP_CELL_CLASSES; i++)
		if (n[i])
			put_meaning(out, gp_looks[i].tone, gp_looks[i].sign, gp_cell_class_name((enum gp_cell_class)i),
				    gp_looks[i].meaning);
	if (parts[DUE])
		put_meaning(out, "due", "✘", "expected", "It failed, and --expect says that it may.");
	if (parts[MISSING])
		put_meaning(out, "gone", "", "missing", "It was planned, and no run has a result.");
	if (l->baseline.file) {
		put_meaning(out, "broken", "", "newly broken", "It was ok in the earlier report, and is not now.");
		put_meaning(out, "mended", "", "newly mended", "It was not ok in the earlier report, and is now.");
	}
	gp_buf_puts(out, "</dl>\n</details>\n");
}

void gp_matrix_top_html(const struct gp_cells *l, const struct gp_compilers *compilers, const char *summary,
			struct gp_buf *out)
{
	gp_buf_puts(out, "<header>\n<h1>gridpatch matrix</h1>\n<p id=\"summary\"><strong>");
	gp_markup_text(out, summary);
	gp_buf_puts(out, "</strong></p>\n");
	put_made(out, l, compilers);
	gp_buf_puts(out, "</header>\n");
	put_bar(out, l, summary);
	put_filter(out, l);
	put_legend(out, l);
}
