/* SPDX-License-Identifier: MIT */
#include "core/diff/diffout.h"

static void put_range(char mark, uint64_t start, uint64_t count, struct gp_buf *out)
{
	gp_buf_printf(out, " %c%llu,%llu", mark, (unsigned long long)start, (unsigned long long)count);
}

static char turned(char op, bool reverse)
{
	if (!reverse || op == ' ')
		return op;
	return op == '+' ? '-' : '+';
}

static void put_line(char op, const struct gp_dline *l, struct gp_buf *out)
{
	gp_buf_putc(out, op);
	gp_buf_add(out, l->text.p, l->text.len);
	gp_buf_puts(out, l->nl ? "\n" : "\n\\ No newline at end of file\n");
}

/* What goes away stands before what comes, in each run of changes. */
static void put_body(const struct gp_hunk *h, bool reverse, struct gp_buf *out)
{
	for (size_t i = 0; i < h->nline;) {
		size_t end = i;

		if (h->line[i].op == ' ') {
			put_line(' ', &h->line[i++], out);
			continue;
		}
		while (end < h->nline && h->line[end].op != ' ')
			end++;
		for (const char *op = "-+"; *op; op++)
			for (size_t k = i; k < end; k++)
				if (turned(h->line[k].op, reverse) == *op)
					put_line(*op, &h->line[k], out);
		i = end;
	}
}

void gp_diff_put(const struct gp_filediff *f, enum gp_file_op op, const char *path, bool reverse, struct gp_buf *out)
{
	gp_buf_printf(out, op == GP_FILE_CREATE ? "--- /dev/null\n" : "--- a/%s\n", path);
	gp_buf_printf(out, op == GP_FILE_DELETE ? "+++ /dev/null\n" : "+++ b/%s\n", path);
	for (size_t i = 0; i < f->nhunk; i++) {
		const struct gp_hunk *h = &f->hunk[i];

		gp_buf_puts(out, "@@");
		put_range('-', reverse ? h->new_start : h->old_start, reverse ? h->new_count : h->old_count, out);
		put_range('+', reverse ? h->old_start : h->new_start, reverse ? h->old_count : h->new_count, out);
		gp_buf_puts(out, " @@\n");
		put_body(h, reverse, out);
	}
}
