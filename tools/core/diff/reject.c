/* SPDX-License-Identifier: MIT */
#include "core/diff/reject.h"

#include <string.h>

/* --- headers --- */

/* /dev/null stands for a name that is not there, and has no time stamp. */
static void put_name(const char *mark, const char *name, struct gp_str stamp, struct gp_buf *out)
{
	gp_buf_printf(out, "%s %s", mark, name ? name : "/dev/null");
	if (name)
		gp_buf_add(out, stamp.p, stamp.len);
	gp_buf_putc(out, '\n');
}

/* One side's name: git's headers name both sides of a new or deleted file. */
static void put_side(const char *mark, const struct gp_filediff *f, bool new, unsigned strip, struct gp_buf *out)
{
	const char *own = new ? f->new_path : f->old_path;
	const char *other = new ? f->old_path : f->new_path;
	struct gp_str stamp = new ? f->new_stamp : f->old_stamp;

	if (!(new ? f->new_line : f->old_line))
		own = NULL;
	else if (!own && f->git)
		own = other, stamp = GP_STR("");
	put_name(mark, gp_diff_strip(own, strip), stamp, out);
}

static void put_headers(const struct gp_filediff *f, unsigned strip, bool reverse, struct gp_buf *out)
{
	if (!f->old_line && !f->new_line)
		put_name("Index:", gp_diff_strip(f->new_path, strip), GP_STR(""), out);
	put_side("---", f, reverse, strip, out);
	put_side("+++", f, !reverse, strip, out);
}

/* --- hunks --- */

/* An empty side names the line before it, a single line has no count. */
static void put_range(char mark, int64_t start, uint64_t count, struct gp_buf *out)
{
	gp_buf_printf(out, " %c%lld", mark, (long long)start);
	if (count != 1)
		gp_buf_printf(out, ",%llu", (unsigned long long)count);
}

static void put_line(char op, const struct gp_dline *l, struct gp_buf *out)
{
	gp_buf_putc(out, op);
	gp_buf_add(out, l->text.p, l->text.len);
	if (l->nl)
		gp_buf_putc(out, '\n');
}

/* The lines of one kind among those from line i to the next context. */
static void put_run(const struct gp_hunk *h, size_t i, char want, char op, struct gp_buf *out)
{
	for (; i < h->nline && h->line[i].op != ' '; i++)
		if (h->line[i].op == want)
			put_line(op, &h->line[i], out);
}

static void put_body(const struct gp_hunk *h, bool reverse, struct gp_buf *out)
{
	for (size_t i = 0; i < h->nline; i++) {
		if (h->line[i].op == ' ') {
			put_line(' ', &h->line[i], out);
			continue;
		}
		put_run(h, i, reverse ? '+' : '-', '-', out);
		put_run(h, i, reverse ? '-' : '+', '+', out);
		while (i + 1 < h->nline && h->line[i + 1].op != ' ')
			i++;
	}
}

/* grown: lines that the hunks before have added. */
static void put_hunk(const struct gp_hunk *h, bool reverse, int64_t grown, struct gp_buf *out)
{
	int64_t old = (int64_t)h->old_start + grown, new = (int64_t)h->new_start + grown;

	gp_buf_puts(out, "@@");
	put_range('-', reverse ? new : old, reverse ? h->new_count : h->old_count, out);
	put_range('+', reverse ? old : new, reverse ? h->old_count : h->new_count, out);
	gp_buf_puts(out, " @@");
	gp_buf_add(out, h->section.p, strnlen(h->section.p, h->section.len));
	gp_buf_putc(out, '\n');
	put_body(h, reverse, out);
}

void gp_reject_append(const struct gp_filediff *f, const struct gp_hunk_report *rep, unsigned strip, bool reverse,
		      struct gp_buf *out)
{
	int64_t grown = 0;

	if (!rep->failed)
		return;
	put_headers(f, strip, reverse, out);
	for (size_t i = 0; i < rep->n; i++) {
		const struct gp_hunk *h = &f->hunk[i];
		int64_t more = (int64_t)h->new_count - (int64_t)h->old_count;

		if (rep->place[i].ok)
			grown += reverse ? -more : more;
		else
			put_hunk(h, reverse, grown, out);
	}
}
