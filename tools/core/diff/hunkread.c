/* SPDX-License-Identifier: MIT */
/* The lines of a patch, and the hunks in them. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/diff/diff_impl.h"

/* Leaves room for sums of a start, a count and an offset. */
#define MAX_LINENO ((uint64_t)INT64_MAX / 4)

/* --- lines --- */

struct gp_str gp_reader_outdented(struct gp_str s, size_t columns, size_t *column)
{
	size_t i = 0;

	for (*column = 0; i < s.len && *column < columns && strchr(" \tX", s.p[i]) && s.p[i]; i++)
		*column = s.p[i] == '\t' ? (*column / 8 + 1) * 8 : *column + 1;
	return (struct gp_str){ s.p + i, s.len - i };
}

bool gp_reader_next(struct gp_diff_reader *p)
{
	if (!gp_text_line_next(&p->rest, &p->line))
		return false;
	p->lineno++;
	if (p->outdent)
		p->line = gp_reader_outdented(p->line, p->indent, &p->column);
	return true;
}

struct gp_str gp_reader_ahead(const struct gp_diff_reader *p)
{
	size_t column;

	return p->outdent ? gp_reader_outdented(p->rest, p->indent, &column) : p->rest;
}

void gp_reader_note(struct gp_diff_reader *p, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	gp_text_mask(text, strlen(text));
	gp_list_add(p->notes, text);
}

int gp_reader_malformed(const struct gp_diff_reader *p)
{
	size_t n = p->line.len < 60 ? p->line.len : 60;

	while (n < p->line.len && n && ((unsigned char)p->line.p[n] & 0xc0) == 0x80)
		n--; /* between two characters of UTF-8 */
	return gp_fail(p->err, GP_E_FORMAT, "malformed patch at line %zu: '%.*s%s'", p->lineno, (int)n, p->line.p,
		       n < p->line.len ? "…" : "");
}

/* --- hunks --- */

bool gp_hunk_take_range(struct gp_str *s, uint64_t *start, uint64_t *count)
{
	uint64_t *into[2] = { start, count };

	*count = 1;
	for (int k = 0; k < 2; k++) {
		size_t n = 0;

		while (n < s->len && s->p[n] >= '0' && s->p[n] <= '9')
			n++;
		if (!gp_parse_u64((struct gp_str){ s->p, n }, MAX_LINENO, into[k]))
			return false;
		*s = gp_str_skip(*s, n);
		if (k || !s->len || s->p[0] != ',')
			break;
		*s = gp_str_skip(*s, 1);
	}
	return true;
}

bool gp_hunk_header(struct gp_str s, struct gp_hunk *h)
{
	if (!gp_str_take(&s, "@@ -") || !gp_hunk_take_range(&s, &h->old_start, &h->old_count) ||
	    !gp_str_take(&s, " +") || !gp_hunk_take_range(&s, &h->new_start, &h->new_count) ||
	    (!gp_str_take(&s, " @") && !gp_str_take(&s, "@")))
		return false;
	h->section = gp_str_starts(s, "@ ") ? gp_str_skip(s, 1) : GP_STR("");
	return true;
}

/* "\ No newline at end of file", if it may stand after the line just read:
 * that must be the last one of its side. */
static void take_eof_mark(struct gp_diff_reader *p, struct gp_hunk *h, uint64_t old_left, uint64_t new_left)
{
	struct gp_dline *d = &h->line[h->nline - 1];
	bool old_end = d->op != '+' && !old_left, new_end = d->op != '-' && !new_left;

	if (!gp_str_starts(gp_reader_ahead(p), "\\") || (!old_end && !new_end))
		return;
	(void)gp_reader_next(p);
	d->nl = false;
	h->old_eof_nonl |= old_end;
	h->new_eof_nonl |= new_end;
}

static int hunk_line(struct gp_diff_reader *p, struct gp_hunk *h, bool crlf, uint64_t left[2])
{
	struct gp_str s = crlf ? gp_str_no_cr(p->line) : p->line;
	bool bare = !s.len || s.p[0] == '\t'; /* context that lost its blank */
	char op = bare ? ' ' : s.p[0];

	if (op != ' ' && op != '-' && op != '+')
		return gp_reader_malformed(p);
	if ((op != '+' && !left[0]) || (op != '-' && !left[1]))
		return gp_reader_malformed(p);
	left[0] -= op != '+';
	left[1] -= op != '-';
	GP_GROW(h->line, h->nline, h->cap);
	h->line[h->nline++] = (struct gp_dline){ op, true, bare ? s : gp_str_skip(s, 1) };
	take_eof_mark(p, h, left[0], left[1]);
	return 0;
}

/* The patch ends inside a hunk: blank lines of context that were cut off with the
 * end of the file, as editors and mailers do, or damage? As GNU patch: up to three. */
static int cut_off(struct gp_diff_reader *p, struct gp_hunk *h, uint64_t left[2])
{
	if (left[0] != left[1] || left[0] > 3)
		return gp_fail(p->err, GP_E_FORMAT, "malformed patch at line %zu: ends inside the hunk of line %zu",
			       p->lineno, h->lineno);
	gp_reader_note(p, "line %zu: the last %llu line%s of context, which %s blank, had been cut off", p->lineno,
		       (unsigned long long)left[0], left[0] == 1 ? "" : "s", left[0] == 1 ? "is" : "are");
	for (; left[0]; left[0]--) {
		GP_GROW(h->line, h->nline, h->cap);
		h->line[h->nline++] = (struct gp_dline){ ' ', true, GP_STR("") };
	}
	left[1] = 0;
	return 0;
}

static int hunk_body(struct gp_diff_reader *p, struct gp_hunk *h, bool crlf)
{
	uint64_t left[2] = { h->old_count, h->new_count };
	bool change = false;

	while (left[0] || left[1]) {
		if (!gp_reader_next(p)) {
			if (cut_off(p, h, left) < 0)
				return -1;
			break;
		}
		if (p->line.len && p->line.p[0] == '#')
			continue;
		if (hunk_line(p, h, crlf, left))
			return -1;
		change |= h->line[h->nline - 1].op != ' ';
	}
	if (!change)
		return gp_fail(p->err, GP_E_FORMAT, "malformed patch at line %zu: the hunk changes nothing", h->lineno);
	if (gp_str_starts(gp_reader_ahead(p), "+") && !gp_str_starts(gp_reader_ahead(p), "+++ ")) {
		(void)gp_reader_next(p);
		return gp_reader_malformed(p);
	}
	/* Large patches have many small hunks: keep no room that nobody uses. */
	h->line = gp_realloc(h->line, h->nline, sizeof(*h->line));
	h->cap = h->nline;
	return 0;
}

int gp_hunks_parse(struct gp_diff_reader *p, struct gp_filediff *f)
{
	gp_assert(!p->outdent || p->indent);
	p->indent = p->column;
	for (;;) {
		struct gp_hunk *h;

		GP_GROW(f->hunk, f->nhunk, f->cap);
		h = &f->hunk[f->nhunk++];
		*h = (struct gp_hunk){ .lineno = p->lineno };
		if (!gp_hunk_header(f->crlf ? gp_str_no_cr(p->line) : p->line, h))
			return gp_reader_malformed(p);
		if (hunk_body(p, h, f->crlf))
			return -1;
		if (!gp_str_starts(gp_reader_ahead(p), "@@ -")) {
			p->indent = SIZE_MAX;
			return 0;
		}
		(void)gp_reader_next(p);
	}
}

bool gp_hunk_is_whole(const struct gp_diff_reader *p)
{
	gp_auto(gp_list_release) struct gp_list notes = { 0 };
	struct gp_diff_reader trial = *p;
	struct gp_hunk h = { .lineno = p->lineno };
	bool whole;

	trial.err = NULL;
	trial.notes = &notes;
	whole = gp_hunk_header(p->line, &h) && hunk_body(&trial, &h, false) == 0;
	free(h.line);
	return whole;
}
