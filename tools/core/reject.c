/* SPDX-License-Identifier: MIT */
#include "core/reject.h"

static void put_hunk(const struct gp_hunk *h, bool reverse, struct gp_buf *out)
{
	for (size_t i = 0; i < h->nline; i++) {
		const struct gp_dline *l = &h->line[i];
		char op = !reverse || l->op == ' ' ? l->op : l->op == '-' ? '+' : '-';

		gp_buf_putc(out, op);
		gp_buf_add(out, l->text.p, l->text.len);
		gp_buf_puts(out, l->nl ? "\n" : "\n\\ No newline at end of file\n");
	}
}

void gp_reject_format(const struct gp_filediff *f, const struct gp_hunk_report *rep, const char *path,
		      bool reverse, struct gp_buf *out)
{
	if (!rep->failed)
		return;
	gp_buf_printf(out, "--- %s\n+++ %s\n", path, path);
	for (size_t i = 0; i < rep->n; i++) {
		const struct gp_hunk *h = &f->hunk[i];

		if (rep->place[i].ok)
			continue;
		gp_buf_printf(out, "@@ -%llu,%llu +%llu,%llu @@\n",
			      (unsigned long long)(reverse ? h->new_start : h->old_start),
			      (unsigned long long)(reverse ? h->new_count : h->old_count),
			      (unsigned long long)(reverse ? h->old_start : h->new_start),
			      (unsigned long long)(reverse ? h->old_count : h->new_count));
		put_hunk(h, reverse, out);
	}
}
