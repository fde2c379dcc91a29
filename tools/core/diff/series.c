/* SPDX-License-Identifier: MIT */
#include "core/diff/series.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"

/* More components than any path can have. */
#define MAX_STRIP 2048

void gp_series_release(struct gp_series *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].name);
	free(s->v);
	*s = (struct gp_series){ 0 };
}

/* "-p0", "-p 0", "-pab", "-R" and nothing else. */
static int parse_option(struct gp_series_entry *e, struct gp_str word, struct gp_str *rest,
			struct gp_err *err)
{
	struct gp_str arg = { word.p + 2, word.len > 2 ? word.len - 2 : 0 };
	uint64_t n;

	if (gp_str_eq(word, "-R")) {
		e->reverse = true;
		return 0;
	}
	if (gp_str_starts(word, "-p")) {
		if (!arg.len)
			(void)gp_word_next(rest, &arg);
		e->strip_given = true;
		if (gp_str_eq(arg, "ab"))
			return 0;
		if (gp_parse_u64(arg, MAX_STRIP, &n)) {
			e->strip = (unsigned)n;
			return 0;
		}
		if (!arg.len || arg.p[0] == '#')
			return gp_fail(err, GP_E_FORMAT, "line %zu: -p needs a number", e->lineno);
		return gp_fail(err, GP_E_FORMAT, "line %zu: -p needs a number up to %d, not '%.*s'", e->lineno,
			       MAX_STRIP, arg.len < 80 ? (int)arg.len : 80, arg.p);
	}
	return gp_fail(err, GP_E_FORMAT, "line %zu: unknown option '%.*s'", e->lineno,
		       word.len < 80 ? (int)word.len : 80, word.p);
}

/* A word that starts with '#' ends the line. */
static bool next_word(struct gp_str *rest, struct gp_str *word)
{
	return gp_word_next(rest, word) && word->p[0] != '#';
}

static int parse_line(struct gp_series *out, struct gp_str line, size_t lineno, struct gp_err *err)
{
	struct gp_series_entry *e;
	struct gp_str rest = gp_str_trim(line), word;

	if (!next_word(&rest, &word))
		return 0;
	GP_GROW(out->v, out->n, out->cap);
	e = &out->v[out->n++];
	*e = (struct gp_series_entry){ .strip = 1, .lineno = lineno };
	e->name = gp_path_clean(word.p, word.len, err);
	if (!e->name)
		return gp_within(err, "line %zu", lineno);
	if (!*e->name)
		return gp_fail(err, GP_E_FORMAT, "line %zu: no patch name", lineno);
	while (next_word(&rest, &word))
		if (parse_option(e, word, &rest, err))
			return -1;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct gp_series_entry *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : (x->lineno > y->lineno) - (x->lineno < y->lineno);
}

static int refuse_twice(const struct gp_series *s, struct gp_err *err)
{
	gp_auto(gp_free_ptr) struct gp_series_entry *v = NULL; /* borrows the names */

	if (!s->n)
		return 0;
	v = gp_realloc(NULL, s->n, sizeof(*v));
	memcpy(v, s->v, s->n * sizeof(*v));
	qsort(v, s->n, sizeof(*v), by_name);
	for (size_t i = 1; i < s->n; i++)
		if (strcmp(v[i - 1].name, v[i].name) == 0)
			return gp_fail(err, GP_E_FORMAT,
				       "patch '%.200s' is listed twice, in lines %zu and %zu",
				       v[i].name, v[i - 1].lineno, v[i].lineno);
	return 0;
}

static int parse_all(struct gp_str text, struct gp_series *out, struct gp_err *err)
{
	struct gp_str line;
	size_t lineno = 0;

	while (gp_line_next(&text, &line))
		if (parse_line(out, line, ++lineno, err))
			return -1;
	return refuse_twice(out, err);
}

int gp_series_parse(struct gp_str text, struct gp_series *out, struct gp_err *err)
{
	*out = (struct gp_series){ 0 };
	if (!parse_all(text, out, err))
		return 0;
	gp_series_release(out);
	return -1;
}
