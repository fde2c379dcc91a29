/* SPDX-License-Identifier: MIT */
#include "cmd/proof/matrix_html_impl.h"
#include "cmd/proof/matrix_look.h"
#include "cmd/proof/matrix_report.h"
#include "core/proof/baseline.h"
#include "core/proof/markup.h"

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

static void put_facts(struct gp_buf *out, const struct gp_cell *c, bool one_compiler)
{
	gp_buf_puts(out, "<dl>\n");
	put_term(out, "before", c->compared ? gp_cell_class_name(c->was) : NULL);
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
	put_term(out, "compiler", one_compiler ? NULL : c->compiler);
	put_times(out, c);
	put_term(out, c->unchanged ? "unchanged since" : "built", c->built);
	put_term(out, "whole log", c->log);
	gp_buf_puts(out, "</dl>\n");
}

void gp_matrix_error_html(const struct gp_cell *c, struct gp_buf *out)
{
	gp_auto(gp_free_ptr) char *place = gp_cell_place(c), *why = gp_cell_why(c);

	if (*place) {
		gp_buf_puts(out, "<code>");
		gp_markup_text(out, place);
		gp_buf_puts(out, "</code>: ");
	}
	gp_markup_text(out, why);
}

/* In one of its tags; nothing when there is no error. */
static void put_error(struct gp_buf *out, const char *tag, const char *class, const struct gp_cell *c)
{
	gp_auto(gp_buf_release) struct gp_buf error = { 0 };

	gp_matrix_error_html(c, &error);
	if (error.len)
		gp_buf_printf(out, "<%s class=\"%s\">%s</%s>", tag, class, error.data, tag);
}

static void put_data(struct gp_buf *out, const struct gp_cell *c)
{
	const char *change = gp_cell_change_words(c);

	gp_markup_attr(out, "data-driver", gp_or_nothing(c->driver));
	gp_markup_attr(out, "data-kernel", gp_or_nothing(c->release));
	gp_markup_attr(out, "data-verdict", c->verdict ? c->verdict : "none");
	gp_markup_attr(out, "data-change", change ? change : c->compared ? "as it was" : "not compared");
}

/* The link's target lies inside, so that following it opens the element. */
static void put_cell(struct gp_buf *out, const struct gp_cell *c, size_t i, bool one_compiler)
{
	gp_auto(gp_buf_release) struct gp_buf words = { 0 };

	gp_look_words(&words, c);
	gp_buf_printf(out, "<details class=\"cell k-%s\" id=\"d%zu\"", gp_cell_class_name(c->cls), i);
	put_data(out, c);
	gp_buf_printf(out, "><summary><span class=\"sign %s\">%s %s</span>", gp_look_tone(c), gp_looks[c->cls].sign,
		      words.data);
	gp_markup_text(out, gp_or_nothing(c->driver));
	gp_buf_puts(out, " on ");
	gp_markup_text(out, gp_or_nothing(c->release));
	if (gp_cell_group(c->cls) == GP_GROUP_FAILED)
		put_error(out, "span", "short", c);
	gp_buf_printf(out, "</summary>\n<div class=\"more\" id=\"c%zu\">\n", i);
	put_error(out, "p", "first", c);
	put_facts(out, c, one_compiler);
	if (c->log_tail && *c->log_tail) {
		/* A parser drops a line end right after <pre>. */
		gp_buf_puts(out, "<pre tabindex=\"0\" aria-label=\"end of the log\">\n");
		gp_markup_text(out, c->log_tail);
		gp_buf_puts(out, "</pre>\n");
	}
	gp_buf_puts(out, "</div>\n</details>\n");
}

/* A head for each class of a section: "Failed: compile (3)". */
static void put_group(struct gp_buf *out, const struct gp_cells *l, enum gp_section s, enum gp_cell_class cls,
		      bool one_compiler)
{
	bool only = s == GP_SECTION_BUILT;
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += l->v[i].cls == cls && gp_section_of(&l->v[i]) == s;
	if (!n)
		return;
	gp_buf_printf(out, "<section class=\"group\">\n<h2>%s%s%s (%zu)</h2>\n", gp_section_name(s), only ? "" : ": ",
		      only ? "" : gp_cell_class_name(cls), n);
	for (size_t i = 0; i < l->n; i++)
		if (l->v[i].cls == cls && gp_section_of(&l->v[i]) == s)
			put_cell(out, &l->v[i], i, one_compiler);
	gp_buf_puts(out, "</section>\n");
}

void gp_matrix_cells_html(const struct gp_cells *l, bool one_compiler, struct gp_buf *out)
{
	gp_buf_puts(out, "<div id=\"cells\">\n");
	for (unsigned s = 0; s < GP_SECTIONS; s++)
		for (unsigned k = 0; k < GP_CELL_CLASSES; k++)
			put_group(out, l, (enum gp_section)s, (enum gp_cell_class)k, one_compiler);
	gp_buf_puts(out, "</div>\n");
}
