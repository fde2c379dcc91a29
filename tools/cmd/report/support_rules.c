/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cmd/report/support_html.h"
#include "core/proof/markup.h"
#include "core/proof/weblink.h"
#include "core/rules/rule.h"
#include "cmd/report/report.h"

/* The rules on the page: what a place of the table refers to. */

size_t gp_rule_shelf_find(struct gp_rule_shelf *s, const struct gp_rule *r)
{
	size_t i = 0;

	while (i < s->n && (s->v[i]->lineno != r->lineno || strcmp(s->v[i]->file, r->file) != 0))
		i++;
	if (i < s->n)
		return i;
	GP_GROW(s->v, s->n, s->cap);
	s->v[s->n++] = r;
	return i;
}

void gp_html_term(struct gp_buf *out, const char *term, const char *text)
{
	if (!text || !*text)
		return;
	gp_buf_printf(out, "<dt>%s</dt><dd>", term);
	gp_weblink_text(out, text);
	gp_buf_puts(out, "</dd>\n");
}

/* The data's own directory says nothing to whoever reads the page. */
void gp_rule_place(const struct gp_rule *r, struct gp_buf *out)
{
	gp_buf_printf(out, "%s:%u", gp_data_name(r->file), r->lineno);
}

static void put_words(struct gp_buf *out, const char *term, const struct gp_list *l)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	for (size_t i = 0; i < l->n; i++)
		gp_buf_printf(&text, "%s%s", i ? " " : "", l->v[i]);
	gp_html_term(out, term, text.data);
}

static void put_window(struct gp_buf *out, const struct gp_rule *r)
{
	gp_html_term(out, "lines", r->lines_text);
	gp_html_term(out, "release", r->release_text);
	gp_html_term(out, "RHEL", r->rhel_text);
	gp_html_term(out, "distribution", r->distro_text);
	for (size_t i = 0; i < r->nprobes; i++)
		gp_html_term(out, "probe", r->probes[i].text);
}

static void put_rule(struct gp_buf *out, const struct gp_rule *r, size_t i)
{
	gp_auto(gp_buf_release) struct gp_buf place = { 0 };

	gp_rule_place(r, &place);
	gp_buf_printf(out, "<details class=\"rule\"><summary>");
	gp_markup_text(out, place.data);
	gp_buf_printf(out, "</summary>\n<div class=\"more\" id=\"r%zu\">\n<dl>\n", i);
	gp_html_term(out, "driver", r->driver_text);
	put_window(out, r);
	put_words(out, "modules", &r->modules);
	put_words(out, "patch sets", &r->patches);
	gp_html_term(out, "status", gp_status_name(r->status));
	gp_html_term(out, "loads", gp_load_name(r->load));
	gp_html_term(out, "hooks", gp_hooks_name(r->hooks));
	gp_html_term(out, "reason", r->reason);
	gp_html_term(out, "instead", r->instead);
	gp_html_term(out, "evidence", r->evidence);
	gp_html_term(out, "evidence of loading", r->load_evidence);
	gp_html_term(out, "evidence of the hooks", r->hooks_evidence);
	gp_buf_puts(out, "</dl>\n</div>\n</details>\n");
}

void gp_rule_shelf_html(const struct gp_rule_shelf *s, struct gp_buf *out)
{
	gp_buf_puts(out, "<section id=\"rules\">\n<h2>Rules</h2>\n");
	for (size_t i = 0; i < s->n; i++)
		put_rule(out, s->v[i], i);
	gp_buf_puts(out, "</section>\n");
}
