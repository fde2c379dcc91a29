/* SPDX-License-Identifier: MIT */
/*
 * Nearly all hunks match at the line that they name. To see that, it is enough
 * to count newlines up to there and to compare the hunk's few lines: no table of
 * all lines of the file is needed, as core/diff/hunk.c makes one to search it.
 */
#include "core/diff/direct.h"

#include <string.h>

#include "core/diff/numbered.h"

#define BLOCK 1024   /* bytes in which newlines are counted at once */
#define FAR_LINES 64 /* fewer lines are skipped one by one */

struct direct {
	struct gp_str old;
	size_t from;  /* of old: what is before it is dealt with */
	int64_t line; /* lines before from */
	char added;   /* the mark of lines that old does not have */
	struct gp_buf *out;
	bool after_nl; /* nothing written yet, or a whole line */
};

/* The inner loop has a length that the compiler knows, for its vector unit. */
static size_t count_newlines(const char *p)
{
	size_t total = 0;

	for (size_t k = 0; k < BLOCK; k += 128, p += 128) {
		unsigned char n = 0;

		for (int i = 0; i < 128; i++)
			n = (unsigned char)(n + (p[i] == '\n'));
		total += n;
	}
	return total;
}

/* Where the line starts that is n lines after the one at from; false: nowhere. */
static bool skip_lines(struct gp_str old, size_t from, uint64_t n, size_t *to)
{
	while (n >= FAR_LINES && old.len - from >= BLOCK) {
		size_t k = count_newlines(old.p + from);

		if (k >= n)
			break;
		n -= k;
		from += BLOCK; /* inside of a line: only newlines count */
	}
	for (; n; n--) {
		const char *nl = memchr(old.p + from, '\n', old.len - from);

		if (!nl)
			return false;
		from = (size_t)(nl - old.p) + 1;
	}
	*to = from;
	return true;
}

/* Is this line at old[at]? */
static bool is_line(struct gp_str old, size_t at, const struct gp_dline *l)
{
	const char *p = old.p + at, *nl;
	size_t left = old.len - at;

	if (!left || left < l->text.len + l->nl)
		return false;
	nl = memchr(p, '\n', left);
	return l->nl == !!nl && l->text.len == (nl ? (size_t)(nl - p) : left) &&
	       (!l->text.len || memcmp(p, l->text.p, l->text.len) == 0);
}

/* Less context after the changes than before them: it belongs to the file's end. */
static bool at_end(const struct gp_hunk *h)
{
	size_t prefix = 0, suffix = 0;

	while (prefix < h->nline && h->line[prefix].op == ' ')
		prefix++;
	while (suffix < h->nline && h->line[h->nline - 1 - suffix].op == ' ')
		suffix++;
	return suffix < prefix;
}

/* Does the hunk lie where its first line starts, at old[at]? A hunk that belongs
 * to the file's start needs no test: when it names another line, it is not bound. */
static bool is_here(const struct direct *d, const struct gp_hunk *h, size_t at)
{
	for (size_t i = 0; i < h->nline; i++) {
		const struct gp_dline *l = &h->line[i];

		if (l->op == d->added)
			continue;
		if (!is_line(d->old, at, l))
			return false;
		at += l->text.len + l->nl;
	}
	return at == d->old.len || !at_end(h);
}

/* Copy the input up to old[to]. */
static bool copy_till(struct direct *d, size_t to)
{
	if (d->from == to)
		return true;
	if (!d->after_nl)
		return false;
	gp_buf_add(d->out, d->old.p + d->from, to - d->from);
	d->after_nl = d->old.p[to - 1] == '\n';
	d->from = to;
	return true;
}

static bool add_line(struct direct *d, const struct gp_dline *l)
{
	if (!d->after_nl)
		return false;
	gp_buf_add(d->out, l->text.p, l->text.len);
	if (l->nl)
		gp_buf_putc(d->out, '\n');
	d->after_nl = l->nl;
	return true;
}

/* Write a hunk that lies at old[at], where line (from 0) starts. */
static bool write_hunk(struct direct *d, const struct gp_hunk *h, size_t at, int64_t line)
{
	for (size_t i = 0; i < h->nline; i++) {
		const struct gp_dline *l = &h->line[i];

		if (l->op != ' ') {
			if (!copy_till(d, at))
				return false;
			d->line = line;
		}
		if (l->op == d->added) {
			if (!add_line(d, l))
				return false;
			continue;
		}
		at += l->text.len + l->nl;
		line++;
		if (l->op != ' ') {
			d->from = at;
			d->line = line;
		}
	}
	return true;
}

static bool apply_hunk(struct direct *d, const struct gp_hunk *h)
{
	bool reverse = d->added == '-';
	int64_t line = (int64_t)(reverse ? h->new_start : h->old_start) - 1;
	size_t at;

	return (reverse ? h->new_count : h->old_count) && line >= d->line &&
	       skip_lines(d->old, d->from, (uint64_t)(line - d->line), &at) && is_here(d, h, at) &&
	       write_hunk(d, h, at, line);
}

/* How much longer the file gets at most. */
static size_t added_len(const struct gp_filediff *f, char added)
{
	size_t len = 0;

	for (size_t i = 0; i < f->nhunk; i++)
		for (size_t k = 0; k < f->hunk[i].nline; k++)
			if (f->hunk[i].line[k].op == added)
				len += f->hunk[i].line[k].text.len + 1;
	return len;
}

static bool apply_all(struct direct *d, const struct gp_filediff *f, struct gp_place *place)
{
	bool reverse = d->added == '-';
	int64_t grown = 0;

	for (size_t i = 0; i < f->nhunk; i++) {
		const struct gp_hunk *h = &f->hunk[i];
		int64_t more = (int64_t)h->new_count - (int64_t)h->old_count;
		uint64_t at = (uint64_t)((int64_t)(reverse ? h->new_start : h->old_start) + grown);

		if (!apply_hunk(d, h))
			return false;
		place[i] = (struct gp_place){ .hunk = i, .ok = true, .at = at, .expected = at };
		grown += reverse ? -more : more;
	}
	return copy_till(d, d->old.len);
}

bool gp_hunks_direct(struct gp_str old, const struct gp_filediff *f, bool reverse, struct gp_buf *out,
		     struct gp_place *place)
{
	struct direct d = { .old = old, .added = reverse ? '-' : '+', .out = out, .after_nl = true };
	enum gp_file_op op = gp_diff_op(f, reverse);

	/* A file with too many lines is refused elsewhere. */
	if (op == GP_FILE_CREATE || !old.len || old.len >= GP_NO_LINE - 1)
		return false;
	gp_buf_reserve(out, old.len + added_len(f, d.added));
	gp_buf_add(out, "", 0); /* terminates it */
	if (apply_all(&d, f, place) && !(op == GP_FILE_DELETE && out->len))
		return true;
	out->len = 0;
	out->data[0] = '\0';
	return false;
}
