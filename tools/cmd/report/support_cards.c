/* SPDX-License-Identifier: MIT */
#include "cmd/report/support_html.h"

#include "core/proof/markup.h"
#include "core/rules/card.h"

/* The cards on the page: whoever chooses one sees which branches serve it. */

#define RANGES 3 /* of ids, that a label shows */

static void put_range(struct gp_buf *out, const struct gp_id_range *r)
{
	gp_buf_printf(out, "%04x", r->lo);
	if (r->hi != r->lo)
		gp_buf_printf(out, "-%04x", r->hi);
}

/* "Pascal, with the hooks: 1b00-1d56 …" */
static void put_label(struct gp_buf *out, const struct gp_card *c, size_t ranges)
{
	gp_markup_text(out, c->generation);
	gp_buf_printf(out, "%s:",
		      c->way == GP_WAY_NATIVE ? "" :
		      c->way == GP_WAY_HOOKS  ? ", with the hooks" :
						", none");
	for (size_t i = 0; i < c->n && i < ranges; i++) {
		gp_buf_putc(out, ' ');
		put_range(out, &c->ids[i]);
	}
	if (c->n > ranges)
		gp_buf_puts(out, " …");
}

/* What is said of it: how it comes to vGPUs. */
static char *says(const struct gp_card *c)
{
	if (c->way == GP_WAY_NATIVE)
		return gp_asprintf("%s: vGPUs by itself%s", c->generation, c->sriov ? ", of SR-IOV" : "");
	if (c->way == GP_WAY_HOOKS)
		return gp_asprintf("%s: vGPUs with the hooks, as %04x:%04x", c->generation, GP_NVIDIA, c->twin);
	return gp_asprintf("%s: %s", c->generation, c->reason ? c->reason : "not with these hooks");
}

/* The branches of the table that serve it, as their newest releases are judged. */
static void put_branches(struct gp_buf *out, const struct gp_support *t, const struct gp_card *c)
{
	const char *sep = "";

	for (size_t i = 0; i < t->n; i++) {
		const struct gp_support_branch *b = &t->v[i];

		if (!b->n || !gp_card_served(gp_card_judge(c, b->drivers[b->n - 1].version, NULL).fit))
			continue;
		gp_buf_printf(out, "%s%u", sep, b->branch->number);
		sep = " ";
	}
}

static void put_option(struct gp_buf *out, const struct gp_support_page *p, size_t i)
{
	const struct gp_card *c = &gp_catalog_cards(p->catalog)->v[i];
	gp_auto(gp_free_ptr) char *text = says(c);

	gp_buf_printf(out, "<option value=\"k%zu\" data-ids=\"", i);
	for (size_t k = 0; k < c->n; k++) {
		gp_buf_puts(out, k ? " " : "");
		put_range(out, &c->ids[k]);
	}
	gp_buf_puts(out, "\" data-branches=\"");
	put_branches(out, p->v[0].table, c);
	gp_buf_putc(out, '"');
	gp_markup_attr(out, "data-says", text);
	gp_markup_attr(out, "selected", c == p->card ? "selected" : NULL);
	gp_buf_putc(out, '>');
	put_label(out, c, RANGES);
	gp_buf_puts(out, "</option>\n");
}

void gp_cards_filter_html(const struct gp_support_page *p, struct gp_buf *out)
{
	const struct gp_card_list *l = gp_catalog_cards(p->catalog);

	if (!l->n)
		return;
	gp_buf_puts(out, "<label>card <select id=\"card\">\n<option value=\"\">any</option>\n");
	for (size_t i = 0; i < l->n; i++)
		put_option(out, p, i);
	gp_buf_puts(out, "</select></label>\n<label>or its id, as lspci -nn has it "
			 "<input id=\"gpu\" size=\"10\" placeholder=\"10de:1b80\"/></label>\n"
			 "<p><output id=\"says\"></output> <a id=\"more\" hidden=\"hidden\" href=\"#k0\">how that is "
			 "known</a></p>\n");
}

static void put_card(struct gp_buf *out, const struct gp_card *c, size_t i)
{
	gp_auto(gp_buf_release) struct gp_buf ids = { 0 };
	gp_auto(gp_free_ptr) char *text = says(c);

	for (size_t k = 0; k < c->n; k++) {
		gp_buf_puts(&ids, k ? ", " : "");
		put_range(&ids, &c->ids[k]);
	}
	gp_buf_puts(out, "<details class=\"rule\"><summary>");
	put_label(out, c, RANGES);
	gp_buf_printf(out, "</summary>\n<div class=\"more\" id=\"k%zu\">\n<dl>\n", i);
	gp_html_term(out, "ids", ids.data);
	gp_html_term(out, "vGPUs", text);
	gp_html_term(out, "evidence", c->evidence);
	gp_buf_puts(out, "</dl>\n</div>\n</details>\n");
}

void gp_cards_html(const struct gp_card_list *l, struct gp_buf *out)
{
	if (!l->n)
		return;
	gp_buf_puts(out, "<section id=\"cards\">\n<h2>Cards</h2>\n");
	for (size_t i = 0; i < l->n; i++)
		put_card(out, &l->v[i], i);
	gp_buf_puts(out, "</section>\n");
}
