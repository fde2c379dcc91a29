/* SPDX-License-Identifier: MIT */
/*
 * Random files and hunks: gp_hunks_apply(), which takes a short cut when every
 * hunk lies where it says, and gp_hunks_search(), which never does, must agree
 * on the bytes and on all of the report.
 *
 * The hunks are made here and not parsed, so that there are some that no diff
 * writes. GP_DIRECT_CASES sets the number of cases, GP_DIRECT_SEED the first
 * seed; a failure prints its own seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/diff/diff.h"
#include "core/diff/direct.h"
#include "core/diff/hunk.h"
#include "fx_judge.h"
#include "fx_table.h"

#define DEFAULT_CASES 40000
#define DEFAULT_SEED 20250101
#define MAX_LINES 4096
#define MAX_HUNKS 8
#define MAX_DLINES 48

/* --- random numbers --------------------------------------------------------- */

static uint64_t rng;

static uint64_t next_random(void)
{
	uint64_t z = (rng += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static unsigned below(unsigned n)
{
	return n ? (unsigned)(next_random() % n) : 0;
}

static bool chance(unsigned one_in)
{
	return below(one_in) == 0;
}

/* --- files and hunks --------------------------------------------------------- */

/* Frequent lines, empty ones, with the CR of a CRLF file, with a NUL, one in another. */
static const struct gp_str texts[] = {
	{ "a", 1 },   { "", 0 },     { "b", 1 },
	{ "a\r", 2 }, { "{", 1 },    { "ab", 2 },
	{ "\r", 1 },  { "a\0b", 3 }, { "a longer line, which is not compared at a glance", 48 },
	{ " a", 2 },  { "-a", 2 },   { "b ", 2 },
};

struct doc {
	struct gp_dline line[MAX_LINES]; /* only text and nl */
	size_t n;
};

struct made {
	struct doc doc;
	struct gp_dline body[MAX_HUNKS][MAX_DLINES];
	struct gp_hunk hunk[MAX_HUNKS];
	struct gp_filediff f;
	struct gp_buf old, fast, slow, alone;
	struct gp_hunk_report fast_rep, slow_rep;
	unsigned kinds;
	bool reverse;
};

static struct made made;

static struct gp_dline random_line(const struct made *m)
{
	return (struct gp_dline){ .nl = true, .text = texts[below(m->kinds)] };
}

static void make_doc(struct made *m)
{
	static const unsigned sizes[] = { 3, 8, 20, 20, 60, 400, MAX_LINES };

	m->kinds = 1 + below(GP_COUNT(texts));
	m->doc.n = below(sizes[chance(20) ? 6 : below(6)] + 1);
	for (size_t i = 0; i < m->doc.n; i++)
		m->doc.line[i] = random_line(m);
	if (m->doc.n && chance(4))
		m->doc.line[m->doc.n - 1].nl = false;
}

static void add(struct gp_hunk *h, char op, struct gp_dline l)
{
	if (h->nline == MAX_DLINES)
		return;
	l.op = op;
	h->line[h->nline++] = l;
	h->old_count += op != '+';
	h->new_count += op != '-';
}

/* Up to n lines of context from *at on. */
static void add_context(struct made *m, struct gp_hunk *h, size_t *at, unsigned n)
{
	for (; n && *at < m->doc.n; n--)
		add(h, ' ', m->doc.line[(*at)++]);
}

static void add_changes(struct made *m, struct gp_hunk *h, size_t *at)
{
	for (unsigned k = 1 + below(4); k; k--) {
		if (chance(2) && *at < m->doc.n)
			add(h, '-', m->doc.line[(*at)++]);
		else
			add(h, '+', random_line(m));
		if (chance(6))
			add_context(m, h, at, 1 + below(3));
	}
	/* What is added at the end may end the file without a newline. */
	if (*at == m->doc.n && h->line[h->nline - 1].op == '+' && chance(3))
		h->line[h->nline - 1].nl = false;
}

/* One hunk at *at or behind it, whose lines are those of the file. */
static void make_hunk(struct made *m, size_t *at, int64_t *grown)
{
	static const unsigned contexts[] = { 0, 1, 2, 3, 3, 3 };
	struct gp_hunk *h = &m->hunk[m->f.nhunk];
	unsigned context = contexts[below(GP_COUNT(contexts))];
	size_t room = m->doc.n - *at, first = *at + below((unsigned)(chance(2) && room > 8 ? 8 : room) + 1);

	*h = (struct gp_hunk){ .line = m->body[m->f.nhunk], .lineno = 1 };
	*at = first;
	add_context(m, h, at, chance(12) ? below(4) : context);
	add_changes(m, h, at);
	add_context(m, h, at, chance(12) ? below(4) : context);
	h->old_start = first + !!h->old_count;
	h->new_start = (uint64_t)((int64_t)first + *grown) + !!h->new_count;
	*grown += (int64_t)h->new_count - (int64_t)h->old_count;
	m->f.nhunk++;
}

static uint64_t drift(uint64_t start)
{
	int64_t v = (int64_t)start + (int64_t)below(7) - 3;

	return v < 0 ? 0 : (uint64_t)v;
}

/* Hunks as no diff writes them: other lines, another order, over one another. */
static void spoil_hunks(struct made *m)
{
	size_t i = below((unsigned)m->f.nhunk), k = below((unsigned)m->f.nhunk);
	struct gp_hunk *h = &m->hunk[i], was;

	switch (below(5)) {
	case 0:
		h->old_start = drift(h->old_start);
		h->new_start = drift(h->new_start);
		break;
	case 1:
		was = *h;
		*h = m->hunk[k];
		m->hunk[k] = was;
		break;
	case 2: m->hunk[k] = *h; break;
	case 3: h->line[below((unsigned)h->nline)].nl ^= true; break;
	default: h->line[below((unsigned)h->nline)].text = chance(8) ? GP_STR("a\na") : texts[below(GP_COUNT(texts))];
	}
}

static void spoil_doc(struct made *m)
{
	struct doc *d = &m->doc;
	size_t i = below((unsigned)d->n);

	if (!d->n)
		return;
	switch (below(4)) {
	case 0: d->line[i].text = texts[below(GP_COUNT(texts))]; break;
	case 1: memmove(d->line + i, d->line + i + 1, (--d->n - i) * sizeof(*d->line)); break;
	case 2: d->line[d->n - 1].nl ^= true; break;
	default:
		if (d->n == MAX_LINES || !d->line[d->n - 1].nl)
			return;
		d->line[d->n++] = random_line(m);
	}
}

/* The old file; or, for -R and for patches that are there already, the new one. */
static void write_old(struct made *m, bool patched)
{
	const struct doc *d = &m->doc;

	m->old.len = 0;
	gp_buf_add(&m->old, "", 0);
	for (size_t i = 0; i < d->n; i++) {
		gp_buf_add(&m->old, d->line[i].text.p, d->line[i].text.len);
		if (d->line[i].nl || i + 1 < d->n)
			gp_buf_putc(&m->old, '\n');
	}
	if (!patched)
		return;
	if (gp_hunks_search(gp_buf_str(&m->old), &m->f, (struct gp_hunk_how){ 0 }, &m->slow, &m->slow_rep, NULL) == 0 &&
	    m->slow_rep.result == GP_HUNKS_APPLIED) {
		m->old.len = 0;
		gp_buf_add(&m->old, m->slow.data, m->slow.len);
	}
	gp_buf_release(&m->slow);
	gp_hunk_report_release(&m->slow_rep);
}

static void make_case(struct made *m)
{
	static const enum gp_file_op ops[] = { GP_FILE_CREATE, GP_FILE_DELETE, GP_FILE_RENAME, GP_FILE_COPY };
	size_t at = 0;
	int64_t grown = 0;
	bool patched;

	make_doc(m);
	m->f = (struct gp_filediff){ .op = chance(6) ? ops[below(GP_COUNT(ops))] : GP_FILE_MODIFY, .hunk = m->hunk };
	for (unsigned n = below(MAX_HUNKS); n && (at < m->doc.n || !m->f.nhunk); n--)
		make_hunk(m, &at, &grown);
	m->reverse = chance(3);
	patched = m->reverse != chance(8);
	if (m->f.nhunk && chance(3))
		spoil_hunks(m);
	if (chance(3))
		spoil_doc(m);
	write_old(m, patched);
}

/* --- comparing ---------------------------------------------------------------- */

static void same_places(const struct gp_hunk_report *a, const struct gp_hunk_report *b, uint64_t seed)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct gp_place *p = &a->place[i], *q = &b->place[i];

		if (p->hunk != q->hunk || p->ok != q->ok || p->offset != q->offset || p->fuzz != q->fuzz ||
		    p->at != q->at || p->expected != q->expected)
			fail_msg("GP_DIRECT_SEED=%llu: hunk %zu: ok %d at %lld offset %lld here, ok %d at %lld "
				 "offset %lld by searching",
				 (unsigned long long)seed, i + 1, p->ok, (long long)p->at, (long long)p->offset, q->ok,
				 (long long)q->at, (long long)q->offset);
	}
}

static void compare(const struct made *m, uint64_t seed)
{
	const struct gp_hunk_report *a = &m->fast_rep, *b = &m->slow_rep;

	if (a->result != b->result || a->n != b->n || a->failed != b->failed || a->near_hunk != b->near_hunk ||
	    a->near_line != b->near_line || !a->why != !b->why || (a->why && strcmp(a->why, b->why) != 0))
		fail_msg("GP_DIRECT_SEED=%llu: the reports differ", (unsigned long long)seed);
	if (a->result != GP_HUNKS_FAILED || a->failed)
		same_places(a, b, seed);
	if (!gp_str_same(gp_buf_str(&m->fast), gp_buf_str(&m->slow)))
		fail_msg("GP_DIRECT_SEED=%llu: the bytes differ:\n--- old\n%s\n--- here\n%s\n--- by searching\n%s",
			 (unsigned long long)seed, m->old.data, m->fast.data, m->slow.data);
	assert_int_equal(!m->fast.data, !m->slow.data);
	if (m->fast.data)
		assert_int_equal(m->fast.data[m->fast.len], 0);
}

/* Out: whether the short cut was taken. It must leave an empty buffer when not. */
static bool is_direct(struct made *m)
{
	struct gp_place place[MAX_HUNKS];
	bool yes = gp_hunks_direct(gp_buf_str(&m->old), &m->f, m->reverse, &m->alone, place);

	assert_true(yes || !m->alone.len);
	return yes;
}

static int clear(void **state)
{
	struct gp_buf *bufs[] = { &made.old, &made.fast, &made.slow, &made.alone };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(bufs); i++)
		gp_buf_release(bufs[i]);
	gp_hunk_report_release(&made.fast_rep);
	gp_hunk_report_release(&made.slow_rep);
	return 0;
}

static void the_short_cut_changes_nothing(void **state)
{
	uint64_t cases = fx_env_number("GP_DIRECT_CASES", DEFAULT_CASES);
	uint64_t seed = fx_env_number("GP_DIRECT_SEED", DEFAULT_SEED);
	size_t count[3] = { 0 }, direct = 0, reversed = 0;

	for (uint64_t i = 0; i < cases; i++, seed++) {
		struct made *m = &made;
		unsigned fuzz;

		rng = seed;
		make_case(m);
		fuzz = below(4);
		assert_int_equal(gp_hunks_apply(gp_buf_str(&m->old), &m->f, (struct gp_hunk_how){ fuzz, m->reverse },
						&m->fast, &m->fast_rep, NULL),
				 0);
		assert_int_equal(gp_hunks_search(gp_buf_str(&m->old), &m->f, (struct gp_hunk_how){ fuzz, m->reverse },
						 &m->slow, &m->slow_rep, NULL),
				 0);
		compare(m, seed);
		count[m->fast_rep.result]++;
		if (is_direct(m)) {
			direct++;
			reversed += m->reverse;
			assert_int_equal(m->fast_rep.result, GP_HUNKS_APPLIED);
		}
		clear(state);
	}
	print_message("%zu applied (%zu of them directly, %zu in reverse), %zu already there, %zu failed\n",
		      count[GP_HUNKS_APPLIED], direct, reversed, count[GP_HUNKS_ALREADY], count[GP_HUNKS_FAILED]);
	if (cases >= 1000)
		assert_true(direct > cases / 4 && reversed > cases / 20 && count[GP_HUNKS_FAILED] > cases / 50);
}

/* --- what is direct ------------------------------------------------------------- */

#define H "--- f\n+++ f\n"
#define NONL "\\ No newline at end of file\n"
#define FIVE "@@ -4,3 +4,3 @@\n 4\n-5\n+V\n 6\n"
#define TEN "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"

static const struct direct_case {
	const char *name, *old, *patch;
	const char *new; /* NULL: it must be searched for */
} cases[] = {
	{ "direct: in place", TEN, H FIVE, "1\n2\n3\n4\nV\n6\n7\n8\n9\n10\n" },
	{ "direct: two hunks that touch", TEN, H FIVE "@@ -7 +7 @@\n-7\n+W\n", "1\n2\n3\n4\nV\n6\nW\n8\n9\n10\n" },
	{ "direct: in the last hunk's context", TEN, H FIVE "@@ -6 +6 @@\n-6\n+W\n",
	  "1\n2\n3\n4\nV\nW\n7\n8\n9\n10\n" },
	{ "direct: the whole file goes", "1\n", "--- f\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n", "" },
	{ "direct: no hunks", "1\n", "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n", "1\n" },
	{ "direct: the last line loses its newline", "1\n", H "@@ -1 +1 @@\n-1\n+1\n" NONL, "1" },
	{ "direct: at the end of the file", "1\n2\n", H "@@ -1,2 +1,3 @@\n 1\n 2\n+3\n", "1\n2\n3\n" },
	{ "direct: CRLF", "1\r\n2\r\n", H "@@ -1,2 +1,2 @@\n-1\r\n+I\r\n 2\r\n", "I\r\n2\r\n" },
	{ "search: one line off", "0\n" TEN, H FIVE, NULL },
	{ "search: not at the end of the file", "1\n2\n1\n2\n", H "@@ -1,2 +1,3 @@\n 1\n 2\n+3\n", NULL },
	{ "search: an insertion without context", "1\n2\n", H "@@ -1,0 +2 @@\n+x\n", NULL },
	{ "search: hunks out of order", TEN, H "@@ -5 +5 @@\n-5\n+V\n@@ -1 +1 @@\n-1\n+I\n", NULL },
	{ "search: behind a line without newline", "1", H "@@ -1 +1,2 @@\n 1\n" NONL "+2\n", NULL },
	{ "search: the newline is missing", "1", H "@@ -1 +1 @@\n-1\n+I\n", NULL },
	{ "search: content is left", "1\n2\n", "--- f\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n", NULL },
	{ "search: a file that is created", "", "--- /dev/null\n+++ f\n@@ -0,0 +1 @@\n+1\n", NULL },
	{ "search: only the start of the line", "12\n", H "@@ -1 +1 @@\n-1\n+I\n", NULL },
};

static struct gp_diff diff;

static int clear_diff(void **state)
{
	gp_diff_release(&diff);
	return clear(state);
}

static void check(void **state)
{
	const struct direct_case *c = *state;

	assert_int_equal(gp_diff_parse(gp_str_of(c->patch), &diff, NULL), 0);
	assert_int_equal(diff.nfile, 1);
	made.f = diff.file[0];
	made.reverse = false;
	gp_buf_puts(&made.old, c->old);
	assert_int_equal(is_direct(&made), c->new != NULL);
	assert_string_equal(made.alone.data ? made.alone.data : "", c->new ? c->new : "");
}

/* Newlines are counted in blocks: a hunk for each line, wherever a block ends. */
static void every_line_is_found(void **state)
{
	struct gp_dline body[2] = { { .op = '-', .nl = true }, { .op = '+', .nl = true, .text = GP_STR("new") } };
	struct gp_hunk hunk = { .old_count = 1, .new_count = 1, .line = body, .nline = 2 };
	char text[32];

	(void)state;
	made.f = (struct gp_filediff){ .hunk = &hunk, .nhunk = 1 };
	made.reverse = false;
	for (int i = 1; i <= 1500; i++)
		gp_buf_printf(&made.old, "%0*d\n", i % 4 + 4, i);
	for (int i = 1; i <= 1500; i++) {
		snprintf(text, sizeof(text), "%0*d", i % 4 + 4, i);
		body[0].text = gp_str_of(text);
		hunk.old_start = hunk.new_start = (uint64_t)i;
		made.alone.len = 0;
		if (!is_direct(&made))
			fail_msg("line %d", i);
	}
}

int main(void)
{
	FX_ROWS(cases, check, NULL, clear_diff);
	FX_TEST(every_line_is_found, NULL, clear);
	FX_TEST(the_short_cut_changes_nothing, NULL, clear);
	return fx_run(NULL, NULL);
}
