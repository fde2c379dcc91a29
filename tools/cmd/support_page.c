/* SPDX-License-Identifier: MIT */
#include "cmd/support_page.h"

#include <stdlib.h>

#include "cmd/front/outputs.h"
#include "cmd/report/report.h"
#include "cmd/report/support_html.h"

struct gp_release *gp_support_platform_kernels(const struct gp_catalog *c, const struct gp_platform ***of, size_t *n)
{
	struct gp_release *kernels = NULL;

	*of = NULL;
	*n = 0;
	for (size_t i = 0; i < gp_catalog_platforms(c)->n; i++) {
		const struct gp_platform *p = &gp_catalog_platforms(c)->v[i];

		kernels = gp_realloc(kernels, *n + p->n, sizeof(*kernels));
		*of = gp_realloc(*of, *n + p->n, sizeof(**of));
		for (size_t k = 0; k < p->n; k++) {
			kernels[*n] = p->releases[k];
			(*of)[(*n)++] = p;
		}
	}
	return kernels;
}

/* They are one table: each driver is asked about once. */
static int ask_platforms(const struct gp_catalog *c, const struct gp_support_opts *o, struct gp_support *out,
			 struct gp_err *err)
{
	struct gp_support_opts asked = *o;
	const struct gp_platform **of;
	struct gp_release *kernels = gp_support_platform_kernels(c, &of, &asked.nkernels);
	int rc;

	asked.kernels = kernels;
	rc = gp_support_make(c, &asked, out, err);
	free(kernels);
	free(of);
	return rc;
}

static int write_sheets(const struct gp_args *a, const struct gp_support_page *page, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	gp_support_html(page, &text);
	if (gp_output_write(a->html, text.data, text.len, err) < 0)
		return -1;
	gp_say(a, "wrote      %s\n", a->html);
	return 0;
}

static const char *title_of(const struct gp_support_asked *q)
{
	return q->platform ? q->platform->title : q->opts->kernels ? "the kernels asked about" : "all kernel lines";
}

int gp_support_write_page(const struct gp_args *a, const struct gp_support_asked *q, struct gp_err *err)
{
	const struct gp_platform_list *l = gp_catalog_platforms(q->catalog);
	bool platforms = !q->opts->kernels && l->n;
	struct gp_support_page page = { .catalog = q->catalog, .kind = q->opts->kind, .card = q->card, .n = 1 };
	gp_auto(gp_support_release) struct gp_support more = { 0 };
	struct gp_support_sheet *v;
	size_t from = 0;
	int rc;

	if (platforms && ask_platforms(q->catalog, q->opts, &more, err) < 0)
		return -1;
	v = gp_alloc((1 + l->n) * sizeof(*v));
	v[0] = (struct gp_support_sheet){ .title = title_of(q), .table = q->table, .n = q->table->kernels.n };
	for (size_t i = 0; platforms && i < l->n; i++) {
		const struct gp_platform *p = &l->v[i];

		v[page.n++] = (struct gp_support_sheet){
			.title = p->title, .note = p->reason, .table = &more, .from = from, .n = p->n
		};
		from += p->n;
	}
	page.v = v;
	rc = write_sheets(a, &page, err);
	free(v);
	return rc;
}
