/* SPDX-License-Identifier: MIT */
#include "ops/job/view.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ops/job/dkmspatch.h"
#include "ops/job/inputs.h"
#include "ops/job/sources.h"
#include "ops/tree/overtree.h"

static int put_in(struct gp_view *v, const struct gp_inputs *in, const struct gp_decision *d,
		  const struct gp_release *r, struct gp_err *err)
{
	gp_auto(gp_applied_list_release) struct gp_applied_list applied = { 0 };
	gp_auto(gp_buf_release) struct gp_buf why = { 0 };
	struct gp_sources to = { &v->ours, &applied, &why };

	if (gp_sources_sets(in, d, &to, err) < 0)
		return -1;
	to.tree = &v->theirs;
	for (size_t i = 0; i < in->nuser; i++) {
		const char *match = in->opts->matches.v[i];
		int is = !*match ? 1 : r ? gp_late_matches(match, r, err) : 0;

		if (is < 0 || (is && gp_sources_series(in, d, i, &to, err) < 0))
			return -1;
	}
	return 0;
}

int gp_view_open(struct gp_view *v, const struct gp_inputs *in, const struct gp_decision *d, const struct gp_release *r,
		 struct gp_err *err)
{
	*v = (struct gp_view){ .driver = &in->driver, .open = true };
	gp_overtree_init(&v->ours, &in->driver.tree);
	gp_overtree_init(&v->theirs, &v->ours);
	if (put_in(v, in, d, r, err) == 0)
		return 0;
	gp_view_close(v);
	return -1;
}

void gp_view_close(struct gp_view *v)
{
	if (v->open) {
		gp_tree_release(&v->theirs);
		gp_tree_release(&v->ours);
	}
	gp_buf_release(&v->merged);
	v->open = false;
}

/* --- a file that both changed --- */

struct lines {
	struct gp_str *v;
	size_t n, cap;
};

static void lines_release(struct lines *l)
{
	free(l->v);
}

static int by_text(const void *a, const void *b)
{
	const struct gp_str *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int c = n ? memcmp(x->p, y->p, n) : 0;

	return c ? c : (x->len > y->len) - (x->len < y->len);
}

static struct lines sorted(struct gp_str text)
{
	struct lines l = { 0 };
	struct gp_str line;

	while (gp_text_line_next(&text, &line)) {
		GP_GROW(l.v, l.n, l.cap);
		l.v[l.n++] = line;
	}
	if (l.n)
		qsort(l.v, l.n, sizeof(*l.v), by_text);
	return l;
}

/* The lines of a that b has not, in order; a line that stands there twice counts twice. */
static struct lines without(const struct lines *a, const struct lines *b)
{
	struct lines l = { 0 };
	size_t k = 0;

	for (size_t i = 0; i < a->n; i++) {
		while (k < b->n && by_text(&b->v[k], &a->v[i]) < 0)
			k++;
		if (k < b->n && by_text(&b->v[k], &a->v[i]) == 0) {
			k++;
			continue;
		}
		GP_GROW(l.v, l.n, l.cap);
		l.v[l.n++] = a->v[i];
	}
	return l;
}

/* Is it in the list? Then it counts as used up. */
static bool use_up(struct lines *l, bool *used, const struct gp_str *line)
{
	for (size_t i = 0; i < l->n; i++) {
		if (!used[i] && by_text(&l->v[i], line) == 0) {
			used[i] = true;
			return true;
		}
	}
	return false;
}

static void put_line(struct gp_buf *out, struct gp_str line)
{
	gp_buf_add(out, line.p, line.len);
	gp_buf_putc(out, '\n');
}

static void merge(struct gp_str was, struct gp_str ours, struct gp_str theirs, struct gp_buf *out)
{
	gp_auto(lines_release) struct lines a = sorted(ours);
	gp_auto(lines_release) struct lines b = sorted(theirs);
	gp_auto(lines_release) struct lines gone = without(&a, &b);
	gp_auto(lines_release) struct lines come = without(&b, &a);
	gp_auto(gp_free_ptr) bool *used = gp_alloc((gone.n + 1) * sizeof(*used));
	struct gp_str line;

	gp_buf_release(out);
	gp_buf_puts(out, "");
	while (gp_text_line_next(&was, &line))
		if (!use_up(&gone, used, &line))
			put_line(out, line);
	for (size_t i = 0; i < come.n; i++)
		put_line(out, come.v[i]);
}

bool gp_view_file(void *arg, const char *path, struct gp_str *out)
{
	struct gp_view *v = arg;
	struct gp_str was = { "", 0 }, ours = { "", 0 };

	if (!v->open || !gp_tree_touched(&v->theirs, path))
		return gp_driver_file((void *)v->driver, path, out);
	if (!gp_tree_has(&v->theirs, path) || gp_tree_read(&v->theirs, path, out, NULL) < 0)
		return false;
	if (!gp_tree_touched(&v->ours, path))
		return true;
	gp_driver_file((void *)v->driver, path, &was);
	if (gp_tree_has(&v->ours, path) && gp_tree_read(&v->ours, path, &ours, NULL) < 0)
		return false;
	merge(was, ours, *out, &v->merged);
	*out = gp_buf_str(&v->merged);
	return true;
}
