/* SPDX-License-Identifier: MIT */
#include "core/proof/expect.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/text.h"
#include "core/proof/cells_json.h"

#define MAX_RULES 10000

/* fnmatch(3) would do, but its time grows exponentially with the stars. */
bool gp_glob(const char *glob, const char *text)
{
	const char *star = NULL, *from = NULL;

	while (*text) {
		if (*glob == '*') {
			star = glob++;
			from = text;
		} else if (*glob == '?' || *glob == *text) {
			glob++;
			text++;
		} else if (star) {
			glob = star + 1;
			text = ++from;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return !*glob;
}

/* --- reading --- */

static int read_class(struct gp_expect_rule *r, struct gp_str word)
{
	r->any_class = gp_str_eq(word, "*");
	if (r->any_class)
		return 0;
	if (!gp_cell_class_parse(word, &r->cls) || gp_cell_group(r->cls) != GP_GROUP_FAILED)
		return -1;
	return r->cls == GP_CELL_CANCELLED ? -1 : 0;
}

static int read_rule(struct gp_expect *e, struct gp_str line, unsigned number, const char *name, struct gp_err *err)
{
	struct gp_str rest = line, word[3], more;
	struct gp_expect_rule *r;

	for (size_t i = 0; i < GP_COUNT(word); i++)
		if (!gp_word_next(&rest, &word[i]))
			return gp_fail(err, GP_E_FORMAT, "'%s', line %u: not DRIVER RELEASE CLASS", name, number);
	if (gp_word_next(&rest, &more) && more.p[0] != '#')
		return gp_fail(err, GP_E_FORMAT, "'%s', line %u: more than DRIVER RELEASE CLASS", name, number);
	if (e->n == MAX_RULES)
		return gp_fail(err, GP_E_FORMAT, "'%s' has more than %d lines", name, MAX_RULES);
	GP_GROW(e->v, e->n, e->cap);
	r = &e->v[e->n++];
	*r = (struct gp_expect_rule){ .driver = gp_strndup(word[0].p, word[0].len),
				      .release = gp_strndup(word[1].p, word[1].len),
				      .line = number };
	if (read_class(r, word[2]) < 0)
		return gp_fail(err, GP_E_FORMAT, "'%s', line %u: '%.*s' is neither * nor a class of failures", name,
			       number, (int)word[2].len, word[2].p);
	return 0;
}

int gp_expect_parse(struct gp_str text, const char *name, struct gp_expect *out, struct gp_err *err)
{
	struct gp_str rest = text, line, first;
	unsigned number = 0;

	*out = (struct gp_expect){ 0 };
	if (gp_text_word_next(&(struct gp_str){ text.p, text.len }, &first) && first.p[0] == '{') {
		out->is_report = true;
		return gp_cells_from_json(text, name, &out->earlier, err);
	}
	if (text.len && memchr(text.p, '\0', text.len))
		return gp_fail(err, GP_E_FORMAT, "'%s' is not text", name);
	while (gp_text_line_next(&rest, &line)) {
		line = gp_str_trim(line);
		number++;
		if (line.len && line.p[0] != '#' && read_rule(out, line, number, name, err) < 0)
			return -1;
	}
	return 0;
}

void gp_expect_release(struct gp_expect *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->v[i].driver);
		free(e->v[i].release);
	}
	free(e->v);
	gp_cells_release(&e->earlier);
	*e = (struct gp_expect){ 0 };
}

/* --- judging --- */

static bool may_fail(const struct gp_cell *c)
{
	return gp_cell_group(c->cls) == GP_GROUP_FAILED && c->cls != GP_CELL_CANCELLED;
}

static bool is_about(const struct gp_expect_rule *r, const struct gp_cell *c)
{
	return gp_glob(r->driver, c->driver ? c->driver : "") && gp_glob(r->release, c->release ? c->release : "");
}

static const char *word_of(const struct gp_expect_rule *r)
{
	return r->any_class ? "*" : gp_cell_class_name(r->cls);
}

/* A rule with globs may be about many cells: it is out of date when none of them
 * fails as it says, and one of them is fine. */
static void judge_by_rule(const struct gp_expect_rule *r, struct gp_cells *l, struct gp_expect_result *out)
{
	size_t failed = 0, fine = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct gp_cell *c = &l->v[i];

		if (!is_about(r, c))
			continue;
		fine += c->cls == GP_CELL_OK;
		if (!may_fail(c) || (!r->any_class && c->cls != r->cls))
			continue;
		c->expected = true;
		failed++;
	}
	if (fine && !failed)
		gp_list_printf(&out->passes, "line %u: %s %s %s", r->line, r->driver, r->release, word_of(r));
}

/* The earlier run's cell of the same driver and kernel, or NULL. */
static const struct gp_cell *then_of(const struct gp_expect *e, const struct gp_map *known, const struct gp_cell *c)
{
	gp_auto(gp_free_ptr) char *key = gp_cell_key(c);
	size_t at;

	return gp_map_get(known, key, &at) ? &e->earlier.v[at] : NULL;
}

static void judge_by_report(const struct gp_expect *e, const struct gp_map *known, struct gp_cells *l,
			    struct gp_expect_result *out)
{
	for (size_t i = 0; i < l->n; i++) {
		struct gp_cell *c = &l->v[i];
		const struct gp_cell *then = then_of(e, known, c);

		if (!then)
			continue;
		c->expected = may_fail(c) && c->cls == then->cls;
		if (c->cls == GP_CELL_OK && may_fail(then))
			gp_list_printf(&out->passes, "%s on %s, was %s", c->driver, c->release,
				       gp_cell_class_name(then->cls));
	}
}

/* Was it better once, as far as is known? */
static bool is_regression(const struct gp_expect *e, const struct gp_map *known, const struct gp_cell *c)
{
	const struct gp_cell *then;

	if (!e || !e->is_report)
		return true;
	then = then_of(e, known, c);
	return then && gp_cell_class_tells(then->cls);
}

void gp_expect_compare(const struct gp_expect *e, struct gp_cells *l, struct gp_expect_result *out)
{
	gp_auto(gp_map_release) struct gp_map known = { 0 };

	for (size_t i = 0; e && i < l->n; i++)
		l->v[i].expected = false;
	for (size_t i = 0; e && i < e->earlier.n; i++) {
		gp_auto(gp_free_ptr) char *key = gp_cell_key(&e->earlier.v[i]);

		gp_map_put(&known, key, i);
	}
	for (size_t i = 0; e && i < e->n; i++)
		judge_by_rule(&e->v[i], l, out);
	if (e && e->is_report)
		judge_by_report(e, &known, l, out);
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_cell *c = &l->v[i];

		if (gp_cell_group(c->cls) != GP_GROUP_FAILED)
			continue;
		out->failed++;
		if (c->expected)
			continue;
		out->unexpected++;
		out->regressions += is_regression(e, &known, c);
	}
}

void gp_expect_result_release(struct gp_expect_result *j)
{
	gp_list_release(&j->passes);
	*j = (struct gp_expect_result){ 0 };
}
