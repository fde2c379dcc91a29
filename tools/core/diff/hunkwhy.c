/* SPDX-License-Identifier: MIT */
/* Why a hunk does not match: where it comes nearest, and what stands there instead. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/diff/hunk_impl.h"

#define WHY_PLACES 32 /* places of each line that vote */
#define WHY_LINES 6   /* differing lines that are shown */
#define WHY_WIDTH 110 /* bytes of a line that are shown */

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Each line of the pattern votes for the places near guess where it would fit. */
static size_t collect_votes(const struct gp_hunk_miss *m, int64_t *vote)
{
	struct gp_numbered *in = m->in;
	size_t n = 0;

	gp_numbered_index(in);
	for (size_t i = 0; i < m->n; i++) {
		uint32_t id = m->id[i];
		size_t k, end;

		if (id == GP_NO_LINE)
			continue;
		end = in->first[id + 1];
		k = gp_numbered_from(in, in->first[id], end, m->guess - 1 + (int64_t)i);
		k = k - in->first[id] > WHY_PLACES / 2 ? k - WHY_PLACES / 2 : in->first[id];
		for (size_t c = 0; c < WHY_PLACES && k < end; c++, k++)
			vote[n++] = (int64_t)in->where[k] + 1 - (int64_t)i;
	}
	return n;
}

/* The place with the most equal lines, at equal numbers the one nearest to guess. */
static int64_t nearest(const struct gp_hunk_miss *m, size_t *votes)
{
	gp_auto(gp_free_ptr) int64_t *vote = NULL;
	int64_t best = m->guess;
	size_t n;

	vote = gp_realloc(NULL, m->n, WHY_PLACES * sizeof(*vote));
	n = collect_votes(m, vote);
	*votes = 0;
	if (n)
		qsort(vote, n, sizeof(*vote), by_value);
	for (size_t i = 0, j; i < n; i = j) {
		for (j = i; j < n && vote[j] == vote[i];)
			j++;
		if (j - i < *votes || (j - i == *votes && llabs(vote[i] - m->guess) >= llabs(best - m->guess)))
			continue;
		*votes = j - i;
		best = vote[i];
	}
	return best;
}

/* Text for the terminal: one line, cut; tabs and CRs can be told from blanks. */
static void add_shown(struct gp_buf *b, struct gp_str s)
{
	size_t from = b->len, n = s.len < WHY_WIDTH ? s.len : WHY_WIDTH;

	while (n < s.len && n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	for (size_t i = 0; i < n; i++) {
		if (s.p[i] == '\t' || s.p[i] == '\r')
			gp_buf_puts(b, s.p[i] == '\t' ? "\\t" : "\\r");
		else
			gp_buf_putc(b, s.p[i]);
	}
	gp_text_mask(b->data + from, b->len - from);
	gp_buf_puts(b, n < s.len ? "...\n" : "\n");
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool same_but_space(struct gp_str a, struct gp_str b)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < a.len && is_space(a.p[i]))
			i++;
		while (j < b.len && is_space(b.p[j]))
			j++;
		if (i == a.len || j == b.len)
			return i == a.len && j == b.len;
		if (a.p[i++] != b.p[j++])
			return false;
	}
}

/* What the eye may not see in a pair of lines, or NULL. */
static const char *subtle(struct gp_str want, bool want_nl, struct gp_str have, bool have_nl)
{
	if (gp_str_same(want, have))
		return want_nl != have_nl ? "newline at end of file" : NULL;
	if (gp_str_same(gp_str_no_cr(want), gp_str_no_cr(have)))
		return "line ending (CR LF)";
	return same_but_space(want, have) ? "white space" : NULL;
}

static void add_pair(struct gp_buf *b, const struct gp_numbered *in, int64_t line, const struct gp_dline *d)
{
	bool there = line >= 1 && line <= (int64_t)in->n, nl = false;
	struct gp_str have = { "", 0 };
	const char *only = NULL;
	char at[48] = "before line 1";

	if (line >= 1)
		snprintf(at, sizeof(at), "line %lld", (long long)line);

	if (there) {
		have = gp_numbered_text(in, (size_t)line - 1, &nl);
		only = subtle(d->text, d->nl, have, nl);
	}
	gp_buf_printf(b, "  %s expected: ", at);
	add_shown(b, d->text);
	gp_buf_printf(b, "  %s found:    ", at);
	if (there)
		add_shown(b, have);
	else
		gp_buf_puts(b, line < 1 ? "(start of file)\n" : "(end of file)\n");
	if (only)
		gp_buf_printf(b, "  (only the %s differs)\n", only);
}

static bool same_line(const struct gp_hunk_miss *m, int64_t line, size_t pat_index)
{
	return line >= 1 && line <= (int64_t)m->in->n && m->in->id[line - 1] == m->id[pat_index];
}

/* Up to WHY_LINES differing lines, when the pattern lies on line at. */
static void add_pairs(const struct gp_hunk_miss *m, struct gp_buf *b, int64_t at)
{
	size_t k = 0, shown = 0, more = 0;

	for (size_t i = 0; i < m->hunk->nline; i++) {
		if (!gp_dline_is_old(&m->hunk->line[i], m->reverse))
			continue;
		if (same_line(m, at + (int64_t)k, k))
			;
		else if (shown < WHY_LINES && ++shown)
			add_pair(b, m->in, at + (int64_t)k, &m->hunk->line[i]);
		else
			more++;
		k++;
	}
	if (more)
		gp_buf_printf(b, "  and %zu more line%s\n", more, more == 1 ? "" : "s");
}

/* The line at which most of the pattern agrees, in words. */
static void add_nearest(const struct gp_hunk_miss *m, struct gp_buf *b, int64_t at, size_t votes)
{
	gp_auto(gp_free_ptr) char *line = NULL;

	if (!votes && m->n) {
		gp_buf_puts(b, "; none of its lines was found\n");
		return;
	}
	line = at < 1 ? gp_strdup("before the start of the file") : gp_asprintf("line %lld", (long long)at);
	if (votes < m->n)
		gp_buf_printf(b, "; nearest place: %s, where %zu of %zu lines agree\n", line, votes, m->n);
	else
		gp_buf_printf(b,
			      "; it would fit at %s\n  but that is above what earlier hunks changed, or the hunk "
			      "belongs to the start or the end of the file\n",
			      line);
}

void gp_hunk_explain(const struct gp_hunk_miss *m, struct gp_hunk_report *rep)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	size_t votes;
	int64_t at = nearest(m, &votes);

	gp_assert(rep->near_hunk < rep->n && m->n <= m->hunk->nline);
	rep->near_line = at >= 1 && at <= (int64_t)m->in->n ? (uint64_t)at : 0;
	rep->near_expected = m->guess > 0 ? (uint64_t)m->guess : 1;
	gp_buf_printf(&b, "hunk %zu (line %zu of the patch) was expected at line %llu", rep->near_hunk + 1,
		      m->hunk->lineno, (unsigned long long)rep->near_expected);
	add_nearest(m, &b, at, votes);
	add_pairs(m, &b, at);
	rep->why = gp_buf_detach(&b);
}
