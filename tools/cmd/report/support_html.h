/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_SUPPORT_HTML_H
#define GP_CMD_REPORT_SUPPORT_HTML_H

#include "core/rules/card.h"
#include "core/rules/kind.h"
#include "ops/select/catalog.h"
#include "ops/select/support.h"

/* The table as one page that needs nothing else. */

/* Some of its rows: all known lines, or the kernels of a platform. */
struct gp_support_sheet {
	const char *title; /* "Proxmox VE 9" */
	const char *note;  /* below the title; NULL */
	const struct gp_support *table;
	size_t from, n; /* which of its kernels */
};

struct gp_support_page {
	const struct gp_catalog *catalog;
	enum gp_kind kind;
	const struct gp_card *card;       /* that is chosen at first; NULL */
	const struct gp_support_sheet *v; /* at least one, all of the same branches */
	size_t n;
};

void gp_support_html(const struct gp_support_page *p, struct gp_buf *out);

/* The style that comes to gp_page_style, and the script. */
extern const char gp_support_style[], gp_support_script[];

/* Rules that the page shows, each once. */
struct gp_rule_shelf {
	const struct gp_rule **v; /* zeroed is empty; free() it */
	size_t n, cap;
};

/* Which one is it? It is put there if need be. */
size_t gp_rule_shelf_find(struct gp_rule_shelf *s, const struct gp_rule *r);

/* Each with all that it says. */
void gp_rule_shelf_html(const struct gp_rule_shelf *s, struct gp_buf *out);

/* "kernel-versions/6.12:32" */
void gp_rule_place(const struct gp_rule *r, struct gp_buf *out);

/* The cards to choose from, and all that is known of them. */
void gp_cards_filter_html(const struct gp_support_page *p, struct gp_buf *out);
void gp_cards_html(const struct gp_card_list *l, struct gp_buf *out);

/* <dt>term</dt><dd>text</dd>, with links; nothing for NULL or "". */
void gp_html_term(struct gp_buf *out, const char *term, const char *text);

#endif
