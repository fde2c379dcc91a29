/* SPDX-License-Identifier: MIT */
#include "ops/job/klines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/rules/release.h"
#include "core/rules/probe.h"
#include "ops/job/decide.h"
#include "ops/select/catalog.h"
#include "ops/select/select.h"

void gp_klines_release(struct gp_klines *l)
{
	free(l->v);
	gp_list_release(&l->let);
	*l = (struct gp_klines){ 0 };
}

/* --- kernels that are not the plain one of their number --- */

/* What follows the line's number in their names, and in the names of all others. The
 * marks are those of gp_distro_guess(). Kernels that others build for RHEL (el9uek,
 * elrepo) have a letter behind .elN, or a true patch level. No expression recognizes an
 * unknown rpm distribution: of GP_DISTRO_OTHER only openEuler's heirs are here. */
#define RHEL "\\.0-.*\\.el[0-9]+([._+-].*)?"
#define NO_EL "([^.]|\\.(\\.|e\\.|el\\.)*([^.e]|e[^.l]|el[^.0-9]))*(\\.(\\.|e\\.|el\\.)*(el?)?)?"
#define NOT_RHEL "([^.0-9].*|\\.[1-9].*|\\.0([^-].*)?|\\.0-" NO_EL "|\\.0-.*(\\.el[0-9]+[a-z]|elrepo).*)?"
#define SUSE "\\..*-(1[2-9][0-9][0-9][0-9][0-9]\\.|lp1).*"
#define APART \
	"\\..*(\\.(oe|hce|ky|an|al|tl|oc|tk|uelc?|ctl|fos)[0-9]|\\.(eulerosv|uos\\.|bclinux)|-tlinux|" \
	"-[0-9][0-9][-.]00[0-9][0-9]\\.).*"

/* One kernel stands for all of its kind on its line. others NULL: no expression can
 * leave these out and let the rest of the line through. */
static const struct kind {
	const char *release, *names, *others;
} KINDS[] = { { "4.18.0-1.el8.x86_64", RHEL, NOT_RHEL },
	      { "5.14.0-1.el9.x86_64", RHEL, NOT_RHEL },
	      { "6.12.0-1.el10.x86_64", RHEL, NOT_RHEL },
	      { "5.3.18-150300.59.106-default", SUSE, NULL },
	      { "5.14.21-150400.24.100-default", SUSE, NULL },
	      { "6.4.0-150600.23.17-default", SUSE, NULL },
	      { "6.12.0-160000.5-default", SUSE, NULL },
	      { "4.18.0-147.5.1.0.h269.eulerosv2r9.x86_64", APART, NULL },
	      { "4.19.90-2112.8.0.0131.oe1.x86_64", APART, NULL },
	      { "5.4.119-19-0009.11", APART, NULL },
	      { "5.10.0-60.18.0.50.oe2203.x86_64", APART, NULL },
	      { "6.6.0-28.0.0.34.oe2403.x86_64", APART, NULL } };

/* --- asking --- */

struct questions {
	struct gp_query_kernel *v;
	size_t n, cap;
};

static void questions_release(struct questions *q)
{
	free(q->v);
}

/* In order, and each once. */
static void put_line(struct questions *q, const struct gp_release *line)
{
	size_t at = q->n;

	while (at && gp_version_cmp(&q->v[at - 1].release.ver, &line->ver) > 0)
		at--;
	if (at && gp_version_cmp(&q->v[at - 1].release.ver, &line->ver) == 0)
		return;
	GP_GROW(q->v, q->n, q->cap);
	memmove(&q->v[at + 1], &q->v[at], (q->n - at) * sizeof(*q->v));
	q->v[at] = (struct gp_query_kernel){ .release = *line };
	q->n++;
}

#define MINOR_MAX 255 /* of LINUX_VERSION_CODE */

/* The lines of a range; only the first one when it ends at another major number. */
static void put_range(struct questions *q, const struct gp_range *r)
{
	unsigned last = r->has_hi && r->hi.part[0] == r->lo.part[0] ? r->hi.part[1] : r->lo.part[1];

	for (unsigned minor = r->lo.part[1]; r->has_lo && minor <= last && minor <= MINOR_MAX; minor++) {
		struct gp_release line;
		char text[GP_LINE_NAME];

		snprintf(text, sizeof(text), "%u.%u", r->lo.part[0], minor);
		if (gp_release_parse(text, &line, NULL) == 0)
			put_line(q, &line);
	}
}

/* Every line that the data know of; newer ones get the answer of the last. */
static void put_lines(struct questions *q, const struct gp_catalog *c)
{
	for (size_t i = 0; i < c->any.history.n; i++)
		put_range(q, &c->any.history.v[i]);
	for (size_t i = 0; i < c->any.n; i++)
		put_range(q, &c->any.rules[i].release);
	for (size_t i = 0; i < c->nlines; i++)
		put_line(q, &c->lines[i].release);
}

static bool same_line(const struct gp_release *a, const struct gp_release *b)
{
	return a->ver.part[0] == b->ver.part[0] && a->ver.part[1] == b->ver.part[1];
}

/* The kind of a release, NULL: it is a plain one. */
static const struct kind *kind_of(const struct gp_release *r)
{
	for (size_t i = 0; i < GP_COUNT(KINDS); i++) {
		gp_auto(gp_buf_release) struct gp_buf re = { 0 };
		const struct gp_kline l = { r->ver.part[0], r->ver.part[1], false };
		struct gp_release of;

		gp_dkms_regex_also(&l, KINDS[i].names, &re);
		if (gp_release_parse(KINDS[i].release, &of, NULL) == 0 && same_line(&of, r) &&
		    gp_text_matches(gp_str_of(r->text), re.data, NULL) == 1)
			return &KINDS[i];
	}
	return NULL;
}

/* Does this run accept a kernel of that line and kind? was: the kernels' verdicts;
 * NULL: those of the selection. */
static bool accepts(const struct gp_inputs *in, const struct gp_decision *d, const enum gp_verdict *was,
		    const struct gp_release *line, const struct kind *kind)
{
	for (size_t k = 0; k < d->selection.nkernels; k++) {
		const struct gp_choice *c = &d->selection.kernels[k];
		bool blocked = (was ? was[k] : c->verdict) == GP_VERDICT_BLOCKED;

		if (same_line(&c->release, line) && (!blocked || (in->opts->allow & GP_ALLOW_BLOCKED)) &&
		    kind_of(&c->release) == kind)
			return true;
	}
	return false;
}

/* A line must not be left out when this run accepts one of its kernels. */
static void let_through(const struct gp_inputs *in, const struct gp_decision *d, const enum gp_verdict *was,
			const struct questions *lines, bool *blocked)
{
	for (size_t i = 0; i < lines->n; i++)
		blocked[i] = blocked[i] && !accepts(in, d, was, &lines->v[i].release, NULL);
}

/* Out: an answer for each line; free() it. NULL: as gp_catalog_select(). */
static bool *ask_lines(const struct gp_inputs *in, const struct questions *lines, struct gp_view *view,
		       struct gp_err *err)
{
	struct gp_query q = { .driver = in->driver.version,
			      .modules = in->driver.manifest.modules,
			      .kind = in->driver.kind,
			      .kernels = lines->v,
			      .nkernels = lines->n,
			      .driver_file = gp_view_file,
			      .arg = view,
			      .no_instead = true };
	gp_auto(gp_selection_release) struct gp_selection s = { 0 };
	bool *blocked;

	if (gp_catalog_select(&in->catalog, &q, &s, err) < 0)
		return NULL;
	blocked = gp_alloc((lines->n + 1) * sizeof(*blocked));
	for (size_t i = 0; i < s.nkernels; i++)
		blocked[i] = s.kernels[i].verdict == GP_VERDICT_BLOCKED;
	return blocked;
}

/* "6.12–6.19, 7.1": the lines of which a says yes and b no; NULL: none. */
static char *only_in(const struct questions *lines, const bool *a, const bool *b)
{
	struct gp_buf out = { 0 };

	for (size_t i = 0; i < lines->n; i++) {
		size_t from = i;

		if (!a[i] || b[i])
			continue;
		while (i + 1 < lines->n && a[i + 1] && !b[i + 1])
			i++;
		gp_buf_printf(&out, "%s%s", out.len ? ", " : "", lines->v[from].release.text);
		if (i > from)
			gp_buf_printf(&out, "–%s", lines->v[i].release.text);
	}
	return out.len ? gp_buf_detach(&out) : NULL;
}

/* What the user's patches changed in it. */
static int tell_lines(const struct gp_inputs *in, struct gp_decision *d, const struct questions *lines,
		      const bool *blocked, struct gp_err *err)
{
	struct gp_view as_it_came = { .driver = &in->driver };
	gp_auto(gp_free_ptr) bool *before = ask_lines(in, lines, &as_it_came, err);

	if (!before)
		return -1;
	let_through(in, d, d->reask.was, lines, before);
	d->reask.opened = only_in(lines, before, blocked);
	d->reask.shut = only_in(lines, blocked, before);
	return 0;
}

/* Are the kernels of each kind blocked? free() it. */
static bool *ask_kinds(const struct gp_inputs *in, const struct gp_decision *d, struct gp_view *view,
		       struct gp_err *err)
{
	struct gp_query_kernel v[GP_COUNT(KINDS)] = { { .headers = NULL } };
	const struct questions q = { v, GP_COUNT(KINDS), 0 };
	bool *blocked;

	for (size_t i = 0; i < GP_COUNT(KINDS); i++)
		gp_release_parse(KINDS[i].release, &v[i].release, NULL);
	blocked = ask_lines(in, &q, view, err);
	for (size_t i = 0; blocked && i < GP_COUNT(KINDS); i++)
		blocked[i] = blocked[i] && !accepts(in, d, NULL, &v[i].release, &KINDS[i]);
	return blocked;
}

static void let(struct gp_klines *l, const struct gp_kline *line, const char *tail)
{
	gp_auto(gp_buf_release) struct gp_buf re = { 0 };

	gp_dkms_regex_also(line, tail, &re);
	gp_list_add(&l->let, re.data);
}

/* Let the kinds through whose answer is another one than the line's. Out: a kind is
 * blocked and the line is not: the line is left out, and all its other kernels let
 * through. */
static bool put_kinds(struct gp_klines *l, const struct gp_release *line, bool line_blocked, const bool *kinds)
{
	const struct gp_kline k = { line->ver.part[0], line->ver.part[1], false };
	bool out = false;

	for (size_t i = 0; i < GP_COUNT(KINDS); i++) {
		struct gp_release r;

		if (gp_release_parse(KINDS[i].release, &r, NULL) < 0 || !same_line(&r, line) ||
		    kinds[i] == line_blocked)
			continue;
		if (line_blocked) {
			let(l, &k, KINDS[i].names);
		} else if (KINDS[i].others) {
			let(l, &k, KINDS[i].others);
			out = true;
		}
	}
	return out;
}

int gp_klines_find(const struct gp_inputs *in, struct gp_decision *d, struct gp_view *view, struct gp_err *err)
{
	gp_auto(questions_release) struct questions lines = { 0 };
	gp_auto(gp_free_ptr) bool *blocked = NULL, *kinds = ask_kinds(in, d, view, err);
	struct gp_klines *l = &d->blocked;
	size_t tail;

	put_lines(&lines, &in->catalog);
	blocked = kinds ? ask_lines(in, &lines, view, err) : NULL;
	if (!blocked)
		return -1;
	let_through(in, d, NULL, &lines, blocked);
	if (view->open && tell_lines(in, d, &lines, blocked, err) < 0)
		return -1;
	for (tail = lines.n; tail && blocked[tail - 1];)
		tail--;
	l->v = gp_alloc((lines.n + 1) * sizeof(*l->v));
	for (size_t i = 0; i < lines.n; i++) {
		const struct gp_release *r = &lines.v[i].release;

		/* From tail on all are left out: the first of them says it for the rest. */
		if ((put_kinds(l, r, blocked[i], kinds) || blocked[i]) && i <= tail)
			l->v[l->n++] = (struct gp_kline){ r->ver.part[0], r->ver.part[1], i == tail };
	}
	return 0;
}

void gp_klines_regex(const struct gp_klines *l, struct gp_buf *out)
{
	gp_assert(l->n);
	gp_dkms_regex_except(l->v, l->n, out);
	for (size_t i = 0; i < l->let.n; i++)
		gp_buf_printf(out, "|%s", l->let.v[i]);
}
