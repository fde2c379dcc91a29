/* SPDX-License-Identifier: MIT */
/*
 * Every distinct line of the old file gets a number, once; a line of a hunk is
 * looked up in the same table, so that comparing lines is comparing numbers, and
 * a line that the file does not have ends a search before it began. Runs of lines
 * are compared by a polynomial hash over the numbers (and then line by line),
 * and a search visits only the places of the pattern's rarest line.
 */
#include "core/diff/hunk.h"

#include <stdlib.h>
#include <string.h>

#include "core/diff/direct.h"
#include "core/diff/hunk_impl.h"
#include "core/diff/numbered.h"

#define MAX_TRIES ((uint64_t)1 << 27) /* places; only a file made to be slow needs more */

/* The lines that a hunk wants to find. */
struct pattern {
	uint32_t *id;
	uint64_t *sum;
	size_t n, cap;
	size_t prefix, suffix; /* lines of context before and after the changes */
};

/* One attempt at all hunks. */
struct run {
	const struct gp_filediff *f;
	struct gp_numbered *in;
	struct pattern pat;
	bool reverse;
	unsigned max_fuzz;
	int64_t shift;  /* of the last hunk found */
	int64_t grown;  /* lines added so far */
	int64_t frozen; /* last line of the input that is dealt with */
	struct gp_buf *out;
	bool after_nl; /* nothing written yet, or a whole line */
	size_t failed;
};

/* --- the pattern of a hunk ----------------------------------------------- */

static void pattern_add(struct pattern *p, const struct gp_numbered *in, const struct gp_dline *d)
{
	if (p->n == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 64;
		p->id = gp_realloc(p->id, p->cap, sizeof(*p->id));
		p->sum = gp_realloc(p->sum, p->cap + 1, sizeof(*p->sum));
	}
	p->id[p->n] = gp_numbered_find(in, d->text, d->nl);
	p->sum[0] = 0;
	p->sum[p->n + 1] = p->sum[p->n] * GP_NUMBERED_RADIX + p->id[p->n] + 1;
	p->n++;
}

static void pattern_load(struct pattern *p, const struct gp_numbered *in, const struct gp_hunk *h, bool reverse)
{
	size_t i;

	p->n = 0;
	for (i = 0; i < h->nline; i++)
		if (gp_dline_is_old(&h->line[i], reverse))
			pattern_add(p, in, &h->line[i]);
	for (i = 0; i < h->nline && h->line[i].op == ' ';)
		i++;
	p->prefix = i;
	for (i = 0; i < h->nline && h->line[h->nline - 1 - i].op == ' ';)
		i++;
	p->suffix = i;
}

static uint64_t radix_pow(size_t n)
{
	uint64_t r = 1, b = GP_NUMBERED_RADIX;

	for (; n; n >>= 1, b *= b)
		if (n & 1)
			r *= b;
	return r;
}

/* Part of a pattern, ready to be compared in many places. */
struct window {
	const struct pattern *p;
	size_t from, to;
	uint64_t power, sum;
};

static struct window window_of(const struct pattern *p, size_t from, size_t to)
{
	struct window w = { p, from, to, 1, 0 };

	gp_assert(to <= p->n);
	if (from >= to)
		return w;
	w.power = radix_pow(to - from);
	w.sum = p->sum[to] - p->sum[from] * w.power;
	return w;
}

/* Does it match when line 1 of the pattern lies on line at? */
static bool matches(const struct gp_numbered *in, const struct window *w, int64_t at)
{
	size_t i, len;

	if (w->from >= w->to)
		return true;
	if (at + (int64_t)w->from < 1 || at + (int64_t)w->to - 1 > (int64_t)in->n)
		return false;
	i = (size_t)(at - 1) + w->from;
	len = w->to - w->from;
	return in->sum[i + len] - in->sum[i] * w->power == w->sum &&
	       memcmp(in->id + i, w->p->id + w->from, len * sizeof(*in->id)) == 0;
}

/* --- placing ------------------------------------------------------------- */

/* How far to go from guess: below it from..down lines, above it from..up. */
struct range {
	int64_t guess, from, down, up;
};

/* The line of the window with the fewest places, or false when one has none. */
static bool rarest(struct gp_numbered *in, const struct window *w, size_t *line)
{
	size_t best = SIZE_MAX;

	for (size_t i = w->from; i < w->to; i++)
		if (w->p->id[i] == GP_NO_LINE)
			return false;
	gp_numbered_index(in);
	for (size_t i = w->from; i < w->to; i++) {
		size_t n = gp_numbered_count(in, w->p->id[i]);

		if (n < best) {
			best = n;
			*line = i;
		}
	}
	return true;
}

/* A pattern that is all fuzz matches in the first place that is asked. */
static bool search_empty(const struct range *r, int64_t *offset)
{
	int64_t k = r->from > 1 ? r->from : 1;

	if (r->from <= r->down)
		*offset = r->from;
	else if (k <= r->up)
		*offset = -k;
	else
		return false;
	return true;
}

static bool in_range(const struct range *r, int64_t off)
{
	return off >= 0 ? off >= r->from && off <= r->down : -off >= r->from && -off <= r->up;
}

/* Outwards from guess, at equal distance the place below first. */
static bool search(struct gp_numbered *in, const struct window *w, const struct range *r, int64_t *offset)
{
	size_t line = 0, up, down, begin, end;
	int64_t base;

	if (w->from >= w->to)
		return search_empty(r, offset);
	*offset = 0;
	if (in_range(r, 0) && matches(in, w, r->guess))
		return true;
	if (!rarest(in, w, &line))
		return false;
	begin = in->first[w->p->id[line]];
	end = in->first[w->p->id[line] + 1];
	base = r->guess - 1 + (int64_t)line; /* where the line is when the offset is 0 */
	up = down = gp_numbered_from(in, begin, end, base);
	while ((up > begin || down < end) && in->tries++ < MAX_TRIES) {
		int64_t below = down < end ? in->where[down] - base : INT64_MAX;
		int64_t above = up > begin ? base - in->where[up - 1] : INT64_MAX;

		*offset = below <= above ? below : -above;
		if (below <= above)
			down++;
		else
			up--;
		if (in_range(r, *offset) && matches(in, w, r->guess + *offset))
			return true;
	}
	return false;
}

/*
 * Search when guess lies d lines above the first line that is not written yet.
 * GNU patch 2.7.6 then tries d lines above guess, d lines below it, and from
 * d - 1 lines above it downwards. What it finds above makes the hunk fail.
 */
static bool search_passed(struct gp_numbered *in, const struct window *w, const struct range *r, int64_t *offset)
{
	struct range rest = { r->guess + r->up + 1, 0, r->down - r->up - 1, -1 };

	*offset = r->up;
	if (matches(in, w, r->guess + *offset))
		return true;
	*offset = -r->up;
	if (matches(in, w, r->guess + *offset))
		return true;
	if (!search(in, w, &rest, offset))
		return false;
	*offset += r->up + 1;
	return true;
}

/*
 * Find the loaded pattern with this much fuzz.
 *
 * The side with less context is short because the file began (ended) there;
 * it is anchored until fuzz makes up for the difference.
 */
static bool locate(struct run *r, int64_t first, size_t fuzz, int64_t *at)
{
	struct gp_numbered *in = r->in;
	const struct pattern *p = &r->pat;
	int64_t n = (int64_t)in->n, len = (int64_t)p->n;
	int64_t context = (int64_t)(p->prefix > p->suffix ? p->prefix : p->suffix);
	int64_t head = (int64_t)fuzz + (int64_t)p->prefix - context;
	int64_t tail = (int64_t)fuzz + (int64_t)p->suffix - context;
	bool at_start = head < 0 && first <= 1, at_end = tail < 0;
	int64_t guess = first + r->shift, offset = 0;
	struct range range = { .guess = guess };
	struct window w;

	head = head < 0 ? 0 : head;
	tail = tail < 0 ? 0 : tail;
	w = window_of(p, (size_t)head, tail > len ? 0 : (size_t)(len - tail));
	range.down = n - (len - tail) + 1 - guess;
	range.up = guess - r->frozen - 1;
	*at = guess;
	if (!len)
		return guess != 0; /* 0 is "nowhere" in GNU patch, whereas -1 counts as found */
	if (at_start) {
		offset = 1 - guess;
		if ((at_end && len != n) || (int64_t)p->prefix < r->frozen || offset > range.down ||
		    !matches(in, &w, 1))
			return false;
	} else if (at_end) {
		offset = n - len + 1 - guess;
		if (-offset > range.up || !matches(in, &w, guess + offset))
			return false;
	} else {
		range.from = range.down < 0 ? -range.down : 0;
		if (!(range.up < 0 && !range.from ? search_passed(in, &w, &range, &offset) :
						    search(in, &w, &range, &offset)))
			return false;
	}
	r->shift += offset;
	*at = guess + offset;
	return *at != 0;
}

/* --- writing ------------------------------------------------------------- */

static void emit(struct run *r, const char *p, size_t len, bool nl)
{
	if (!r->after_nl)
		gp_buf_putc(r->out, '\n');
	gp_buf_add(r->out, p, len);
	r->after_nl = nl;
}

/* Copy the input up to and with line last. */
static void copy_till(struct run *r, int64_t last)
{
	const struct gp_numbered *in = r->in;
	int64_t n = (int64_t)in->n, stop = last < n ? last : n;

	if (r->frozen < stop) {
		size_t from = in->start[r->frozen], to = in->start[stop];

		emit(r, in->text.p + from, to - from, in->text.p[to - 1] == '\n');
	}
	if (r->frozen < last)
		r->frozen = last;
}

/*
 * Write the placed hunk; false when an earlier one has written beyond it.
 *
 * Lines that fuzz puts after an unfinished last line begin a line of their own
 * only when no context of the hunk follows them: GNU patch 2.7.6 does so.
 */
static bool write_hunk(struct run *r, const struct gp_hunk *h, int64_t at)
{
	int64_t end = at + (int64_t)r->pat.n;

	gp_assert(at >= 1);
	if (r->frozen > at - 1 + (int64_t)r->pat.prefix)
		return false;
	for (size_t i = 0; i < h->nline; i++) {
		const struct gp_dline *d = &h->line[i];

		if (d->op == ' ') {
			at++;
			continue;
		}
		copy_till(r, at - 1);
		if (gp_dline_is_old(d, r->reverse)) {
			r->frozen = at++;
			continue;
		}
		r->after_nl |= at < end;
		emit(r, d->text.p, d->text.len, false);
		if (d->nl)
			gp_buf_putc(r->out, '\n');
		r->after_nl = d->nl;
	}
	return true;
}

/* --- all hunks ------------------------------------------------------------ */

/* The first line of the side that is looked for; an empty side names the line before. */
static int64_t first_line(const struct gp_hunk *h, bool reverse)
{
	uint64_t start = reverse ? h->new_start : h->old_start;
	uint64_t count = reverse ? h->new_count : h->old_count;

	return (int64_t)start + !count;
}

static void place_hunk(struct run *r, size_t index, struct gp_place *pl)
{
	const struct gp_hunk *h = &r->f->hunk[index];
	int64_t first = first_line(h, r->reverse), at = 0, shift;
	bool creates = gp_diff_op(r->f, r->reverse) == GP_FILE_CREATE;
	size_t most, fuzz = 0;
	bool ok;

	pattern_load(&r->pat, r->in, h, r->reverse);
	most = r->pat.prefix > r->pat.suffix ? r->pat.prefix : r->pat.suffix;
	most = most < r->max_fuzz ? most : r->max_fuzz;
	do
		ok = locate(r, first, fuzz, &at);
	while (!ok && ++fuzz <= most);
	shift = r->shift;
	*pl = (struct gp_place){ .hunk = index, .expected = (uint64_t)(first + r->grown) };
	if (!ok || at < 1 || (creates && at == 1 && r->in->n) || !write_hunk(r, h, at)) {
		r->failed++;
		return;
	}
	pl->ok = true;
	pl->at = (uint64_t)(at + r->grown);
	pl->fuzz = (unsigned)fuzz;
	pl->offset = shift;
	r->grown += r->reverse ? (int64_t)h->old_count - (int64_t)h->new_count :
				 (int64_t)h->new_count - (int64_t)h->old_count;
}

/* A file that is created must not have content, a deleted one must not keep any. */
static const char *file_refuses(const struct run *r)
{
	if (r->f->op == GP_FILE_COPY)
		return NULL;
	switch (gp_diff_op(r->f, r->reverse)) {
	case GP_FILE_CREATE:
		if (!r->in->n)
			return NULL;
		return r->reverse ? "the patch in reverse creates this file, but it has content already\n" :
				    "the patch creates this file, but it has content already\n";
	case GP_FILE_DELETE:
		if (!r->out->len)
			return NULL;
		return r->reverse ? "the patch in reverse deletes this file, but it has content that the "
				    "patch does not know\n" :
				    "the patch deletes this file, but it has content that the "
				    "patch does not know\n";
	default: return NULL;
	}
}

/* Out: all hunks succeeded; place[] is filled, out is the result. The first
 * failure ends it, unless every failure is to be reported. */
static bool run_all(struct run *r, struct gp_place *place, bool report)
{
	r->shift = r->grown = r->frozen = 0;
	r->failed = 0;
	r->after_nl = true;
	r->out->len = 0;
	gp_buf_add(r->out, "", 0); /* terminates it */
	for (size_t i = 0; i < r->f->nhunk && (report || !r->failed); i++)
		place_hunk(r, i, &place[i]);
	copy_till(r, (int64_t)r->in->n);
	return !r->failed && !file_refuses(r);
}

/* Would every hunk match in reverse? One that looks for nothing proves nothing,
 * unless the whole file is gone. */
static bool is_present(struct run *r, struct gp_place *place)
{
	const struct gp_filediff *f = r->f;

	if (f->op == GP_FILE_COPY || f->op == GP_FILE_RENAME || !f->nhunk)
		return false;
	if (gp_diff_op(f, r->reverse) != GP_FILE_CREATE)
		for (size_t i = 0; i < f->nhunk; i++)
			if (!(r->reverse ? f->hunk[i].new_count : f->hunk[i].old_count))
				return false;
	return run_all(r, place, false);
}

/* --- why --- */

/* Say of the first failure why it is one. */
static void explain(struct run *r, struct gp_hunk_report *rep)
{
	struct gp_hunk_miss m = { .in = r->in, .reverse = r->reverse };
	size_t i = 0;

	while (i < rep->n && rep->place[i].ok)
		i++;
	rep->near_hunk = i;
	if (i == rep->n || (gp_diff_op(r->f, r->reverse) == GP_FILE_CREATE && r->in->n)) {
		const char *why = file_refuses(r);

		rep->near_hunk = i == rep->n ? 0 : i;
		rep->near_expected = rep->n ? (uint64_t)first_line(&r->f->hunk[rep->near_hunk], r->reverse) : 1;
		rep->why = why ? gp_strdup(why) : NULL;
		return;
	}
	m.hunk = &r->f->hunk[i];
	pattern_load(&r->pat, r->in, m.hunk, r->reverse);
	m.id = r->pat.id;
	m.n = r->pat.n;
	m.guess = first_line(m.hunk, r->reverse) + (i ? rep->place[i - 1].offset : 0);
	gp_hunk_explain(&m, rep);
}

/* --- the interface ---------------------------------------------------------- */

void gp_hunk_report_release(struct gp_hunk_report *rep)
{
	if (!rep)
		return;
	free(rep->place);
	free(rep->why);
	*rep = (struct gp_hunk_report){ 0 };
}

static int check_counts(const struct gp_filediff *f, struct gp_err *err)
{
	for (size_t i = 0; i < f->nhunk; i++) {
		const struct gp_hunk *h = &f->hunk[i];
		uint64_t old = 0, new = 0;

		for (size_t k = 0; k < h->nline; k++) {
			old += h->line[k].op != '+';
			new += h->line[k].op != '-';
		}
		if (old != h->old_count || new != h->new_count || h->old_start > INT64_MAX / 4 ||
		    h->new_start > INT64_MAX / 4)
			return gp_fail(err, GP_E_FORMAT, "hunk %zu contradicts its counts", i + 1);
	}
	return 0;
}

/* A hunk that starts from nothing, "@@ -0,0", fits any file: at its first line. */
static bool starts_from_nothing(const struct run *r)
{
	const struct gp_hunk *h = r->f->nhunk == 1 ? &r->f->hunk[0] : NULL;

	return h && r->in->n && !(r->reverse ? h->new_start + h->new_count : h->old_start + h->old_count);
}

/* Is the change there already? whole: and nothing else. Then out is the file as it is. */
static bool is_there(struct run *r, struct gp_place *place, bool whole)
{
	bool there;

	r->reverse = !r->reverse;
	there = is_present(r, place) && !(whole && r->out->len);
	r->reverse = !r->reverse;
	if (!there)
		return false;
	r->out->len = 0;
	gp_buf_add(r->out, r->in->text.p, r->in->text.len);
	return true;
}

/* Forwards, then whether it is there already, then with fuzz. */
static enum gp_hunk_result decide(struct run *r, unsigned max_fuzz, struct gp_hunk_report *rep)
{
	if (starts_from_nothing(r) && is_there(r, rep->place, true))
		return GP_HUNKS_ALREADY;
	if (run_all(r, rep->place, false))
		return GP_HUNKS_APPLIED;
	if (is_there(r, rep->place, false))
		return GP_HUNKS_ALREADY;
	r->max_fuzz = max_fuzz;
	if (run_all(r, rep->place, true))
		return GP_HUNKS_APPLIED;
	rep->failed = r->failed;
	explain(r, rep);
	gp_buf_release(r->out);
	return GP_HUNKS_FAILED;
}

static void report_init(struct gp_hunk_report *rep, size_t n)
{
	*rep = (struct gp_hunk_report){ .n = n, .place = gp_alloc(n * sizeof(*rep->place)) };
}

/* The hunks agree with their counts. */
static int search_all(struct gp_str old, const struct gp_filediff *f, struct gp_hunk_how how, struct gp_buf *out,
		      struct gp_hunk_report *rep, struct gp_err *err)
{
	struct gp_numbered in;
	struct run r = { .f = f, .in = &in, .reverse = how.reverse, .out = out };
	int rc = -1;

	if (gp_numbered_init(&in, old, err) == 0) {
		report_init(rep, f->nhunk);
		gp_buf_reserve(out, old.len);
		rep->result = decide(&r, how.max_fuzz, rep);
		rc = 0;
	}
	free(r.pat.id);
	free(r.pat.sum);
	gp_numbered_release(&in);
	return rc;
}

int gp_hunks_search(struct gp_str old, const struct gp_filediff *f, struct gp_hunk_how how, struct gp_buf *out,
		    struct gp_hunk_report *rep, struct gp_err *err)
{
	*rep = (struct gp_hunk_report){ 0 };
	if (check_counts(f, err))
		return -1;
	return search_all(old, f, how, out, rep, err);
}

int gp_hunks_apply(struct gp_str old, const struct gp_filediff *f, struct gp_hunk_how how, struct gp_buf *out,
		   struct gp_hunk_report *rep, struct gp_err *err)
{
	*rep = (struct gp_hunk_report){ 0 };
	if (check_counts(f, err))
		return -1;
	report_init(rep, f->nhunk);
	if (gp_hunks_direct(old, f, how.reverse, out, rep->place)) {
		rep->result = GP_HUNKS_APPLIED;
		return 0;
	}
	gp_hunk_report_release(rep);
	return search_all(old, f, how, out, rep, err);
}
