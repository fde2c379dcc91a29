/* SPDX-License-Identifier: MIT */
#include "cmd/report/support_html.h"

#include <stdlib.h>

#include "base/tri.h"
#include "cmd/front/version.h"
#include "cmd/report/page.h"
#include "cmd/report/support_sign.h"
#include "core/proof/markup.h"
#include "core/rules/claim.h"
#include "core/rules/kind.h"
#include "core/rules/rule.h"
#include "ops/select/select.h"

/*
 * Kernels down, branches across, a sign in each place; whoever follows one finds what is
 * behind it. That works without a script: the article that is the target is shown.
 */

/* --- the grid --- */

static void put_place(struct gp_buf *out, const struct gp_support *t, size_t sheet, size_t kernel, size_t i)
{
	const struct gp_support_branch *b = &t->v[i];
	const struct gp_sign_look *look = &gp_signs[gp_sign_of_branch(b, kernel)];
	bool mixed = gp_sign_is_mixed(b, kernel);

	gp_buf_printf(out, "<td class=\"%s\" data-b=\"%u\"><a href=\"#c%zu-%zu-%zu\" title=\"", look->tone,
		      b->branch->number, sheet, kernel, i);
	gp_buf_printf(out, "%u on ", b->branch->number);
	gp_markup_text(out, t->kernels.v[kernel]);
	gp_buf_printf(out, ": %s%s\">%s%s</a></td>", look->meaning, mixed ? "; not all releases" : "", look->sign,
		      mixed ? "*" : "");
}

static void put_sheet(struct gp_buf *out, const struct gp_support_page *p, size_t sheet)
{
	const struct gp_support_sheet *x = &p->v[sheet];
	const struct gp_support *t = x->table;

	gp_buf_printf(out, "<tbody id=\"s%zu\">\n<tr class=\"title\"><th colspan=\"%zu\" scope=\"rowgroup\">", sheet,
		      t->n + 1);
	gp_markup_text(out, x->title);
	if (x->note) {
		gp_buf_puts(out, "<small>");
		gp_markup_text(out, x->note);
		gp_buf_puts(out, "</small>");
	}
	gp_buf_puts(out, "</th></tr>\n");
	for (size_t k = x->from; k < x->from + x->n; k++) {
		gp_buf_puts(out, "<tr><th scope=\"row\">");
		gp_markup_text(out, t->kernels.v[k]);
		gp_buf_puts(out, "</th>");
		for (size_t i = 0; i < t->n; i++)
			put_place(out, t, sheet, k, i);
		gp_buf_puts(out, "</tr>\n");
	}
	gp_buf_puts(out, "</tbody>\n");
}

static void put_grid(struct gp_buf *out, const struct gp_support_page *p)
{
	const struct gp_support *t = p->v[0].table;

	/* A region that scrolls has to be within reach of the keyboard. */
	gp_buf_puts(out, "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"kernels by branches\">\n"
			 "<table id=\"grid\">\n<thead><tr><th scope=\"col\">kernel</th>");
	for (size_t i = 0; i < t->n; i++) {
		gp_buf_printf(out, "<th scope=\"col\" data-b=\"%u\">%u", t->v[i].branch->number,
			      t->v[i].branch->number);
		gp_buf_puts(out, "<small>");
		gp_markup_text(out, t->v[i].branch->product);
		gp_buf_puts(out, "</small></th>");
	}
	gp_buf_puts(out, "</tr></thead>\n");
	for (size_t s = 0; s < p->n; s++)
		put_sheet(out, p, s);
	gp_buf_puts(out, "</table>\n</div>\n");
}

static void put_legend(struct gp_buf *out)
{
	gp_buf_puts(out, "<ul id=\"legend\">\n");
	for (unsigned s = 0; s < GP_SIGNS; s++)
		gp_buf_printf(out, "<li><span class=\"sign %s\">%s</span>%s</li>\n", gp_signs[s].tone, gp_signs[s].sign,
			      gp_signs[s].meaning);
	gp_buf_puts(out, "<li><span class=\"sign not\">*</span>not on all releases of the branch or of the line</li>\n"
			 "</ul>\n<p class=\"soft\">The newest release of a branch decides its sign. Builds is not "
			 "loads, and loads is not unlocks, which NVIDIA does not support.</p>\n");
}

/* --- behind a place --- */

static void put_list(struct gp_buf *out, const char *term, const struct gp_list *l, const char *sep)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	for (size_t i = 0; i < l->n; i++)
		gp_buf_printf(&text, "%s%s", i ? sep : "", l->v[i]);
	gp_html_term(out, term, text.data);
}

static void put_claims(struct gp_buf *out, const struct gp_choice *c)
{
	struct gp_claim claims[GP_CLAIM_COUNT];

	gp_choice_claims(c, claims);
	for (unsigned i = 0; i < GP_CLAIM_COUNT; i++) {
		const struct gp_claim *x = &claims[i];
		gp_auto(gp_free_ptr) char *text =
			gp_asprintf("%s%s%s%s%s", gp_claim_answer_name(x->answer), x->kind ? ", " : "",
				    x->kind ? gp_evidence_kind_name(x->kind) : "", x->source ? ": " : "",
				    x->source ? x->source : "");

		gp_html_term(out, gp_claim_name((enum gp_claim_of)i), text);
	}
}

static void put_refs(struct gp_buf *out, const struct gp_choice *c, struct gp_rule_shelf *rules)
{
	gp_buf_puts(out, "<ul class=\"from\">\n");
	for (size_t i = 0; i < c->nrules; i++) {
		const struct gp_judged *x = &c->rules[i];
		gp_auto(gp_buf_release) struct gp_buf place = { 0 };

		if (x->j.holds == GP_TRI_NO)
			continue;
		gp_rule_place(x->rule, &place);
		gp_buf_printf(out, "<li><a href=\"#r%zu\">", gp_rule_shelf_find(rules, x->rule));
		gp_markup_text(out, place.data);
		gp_buf_puts(out, "</a>");
		if (!x->j.taken) {
			gp_buf_puts(out, " perhaps: ");
			gp_markup_text(out, x->j.why);
		}
		gp_buf_puts(out, "</li>\n");
	}
	gp_buf_puts(out, "</ul>\n");
}

static void put_span(struct gp_buf *out, const struct gp_support_branch *b, size_t kernel, size_t first, size_t n,
		     struct gp_rule_shelf *rules)
{
	const struct gp_support_cell *cell = &b->drivers[first].cells[kernel];
	const struct gp_sign_look *look = &gp_signs[gp_sign_of(cell)];
	const struct gp_choice *c = cell->choice;

	gp_buf_printf(out, "<h3>%s%s%s</h3>\n<p><span class=\"sign %s\">%s %s</span> %s</p>\n<dl>\n",
		      b->drivers[first].version->text, n > 1 ? " – " : "",
		      n > 1 ? b->drivers[first + n - 1].version->text : "", look->tone, look->sign, look->meaning,
		      gp_support_word(cell));
	put_claims(out, c);
	put_list(out, "patch sets", &cell->sets, " ");
	put_list(out, "by its headers perhaps", &cell->perhaps, " ");
	put_list(out, "only on", &cell->parts, ", ");
	put_list(out, "loads not on", &cell->no_load, ", ");
	gp_html_term(out, "hooks", gp_hooks_name(c->hooks));
	put_list(out, "reason", &c->reasons, " ");
	put_list(out, "loading", &c->load_reasons, " ");
	gp_buf_puts(out, "</dl>\n");
	put_refs(out, c, rules);
}

static void put_article(struct gp_buf *out, const struct gp_support *t, size_t sheet, size_t kernel, size_t i,
			struct gp_rule_shelf *rules)
{
	const struct gp_support_branch *b = &t->v[i];

	gp_buf_printf(out, "<article class=\"cell\" id=\"c%zu-%zu-%zu\" tabindex=\"-1\">\n<h2>%u on ", sheet, kernel, i,
		      b->branch->number);
	gp_markup_text(out, t->kernels.v[kernel]);
	gp_buf_puts(out, "</h2>\n<p class=\"back\"><a href=\"#grid\">back to the table</a></p>\n");
	/* The newest first: it is the one to take. */
	for (size_t last = b->n, first; last; last = first) {
		for (first = 0; first + gp_support_span(b, kernel, first) < last;)
			first += gp_support_span(b, kernel, first);
		put_span(out, b, kernel, first, last - first, rules);
	}
	gp_buf_puts(out, "</article>\n");
}

static void put_articles(struct gp_buf *out, const struct gp_support_page *p, struct gp_rule_shelf *rules)
{
	gp_buf_puts(out,
		    "<div id=\"cells\">\n<p id=\"hint\" class=\"soft\">Follow a sign for what is behind it.</p>\n");
	for (size_t s = 0; s < p->n; s++)
		for (size_t k = p->v[s].from; k < p->v[s].from + p->v[s].n; k++)
			for (size_t i = 0; i < p->v[s].table->n; i++)
				put_article(out, p->v[s].table, s, k, i, rules);
	gp_buf_puts(out, "</div>\n");
}

/* --- all of it --- */

static void put_filter(struct gp_buf *out, const struct gp_support_page *p)
{
	const struct gp_support *t = p->v[0].table;

	gp_buf_puts(out, "<fieldset id=\"filter\" hidden=\"hidden\">\n<legend>Show</legend>\n"
			 "<label>kernels of <select id=\"platform\">\n");
	for (size_t s = 0; s < p->n; s++) {
		gp_buf_printf(out, "<option value=\"s%zu\">", s);
		gp_markup_text(out, p->v[s].title);
		gp_buf_puts(out, "</option>\n");
	}
	gp_buf_puts(out, "</select></label>\n<label>branch <select id=\"branch\">\n<option value=\"\">all</option>\n");
	for (size_t i = 0; i < t->n; i++) {
		gp_buf_printf(out, "<option value=\"%u\">%u ", t->v[i].branch->number, t->v[i].branch->number);
		gp_markup_text(out, t->v[i].branch->product);
		gp_buf_puts(out, "</option>\n");
	}
	gp_buf_puts(out, "</select></label>\n");
	gp_cards_filter_html(p, out);
	gp_buf_puts(out, "</fieldset>\n");
}

static void put_head(struct gp_buf *out, const char *title)
{
	gp_auto(gp_buf_release) struct gp_buf style = { 0 };

	gp_buf_puts(&style, gp_page_style);
	gp_buf_puts(&style, gp_support_style);
	gp_page_head(out, "support", title, gp_buf_str(&style), gp_support_script);
}

void gp_support_html(const struct gp_support_page *p, struct gp_buf *out)
{
	const struct gp_support *t = p->v[0].table;
	struct gp_rule_shelf rules = { 0 };
	gp_auto(gp_free_ptr) char *title =
		gp_asprintf("%s drivers of %zu branches on %zu kernel lines", gp_kind_name(p->kind), t->n, p->v[0].n);

	put_head(out, title);
	gp_buf_puts(out, "<body>\n<header>\n<h1>gridpatch support</h1>\n<p id=\"summary\"><strong>");
	gp_markup_text(out, title);
	gp_buf_puts(out, "</strong></p>\n<p class=\"soft\">gridpatch " GP_PROGRAM_VERSION ", data of ");
	gp_markup_text(out, t->date);
	gp_buf_puts(out, "</p>\n</header>\n");
	put_filter(out, p);
	gp_buf_puts(out, "<main>\n<div id=\"table\">\n");
	put_grid(out, p);
	put_legend(out);
	gp_buf_puts(out, "</div>\n");
	put_articles(out, p, &rules);
	gp_buf_puts(out, "</main>\n");
	gp_cards_html(gp_catalog_cards(p->catalog), out);
	gp_rule_shelf_html(&rules, out);
	gp_buf_puts(out, "<script>");
	gp_buf_puts(out, gp_support_script);
	gp_buf_puts(out, "</script>\n</body>\n</html>\n");
	free(rules.v);
}
