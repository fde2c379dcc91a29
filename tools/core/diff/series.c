/* SPDX-License-Identifier: MIT */
#include "core/diff/series.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "core/diff/patchopt.h"

void gp_series_release(struct gp_series *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		free(s->v[i].name);
	free(s->v);
	*s = (struct gp_series){ 0 };
}

/* A word that starts with '#' ends the line. */
static struct gp_str before_comment(struct gp_str line)
{
	for (size_t i = 0; i < line.len; i++)
		if (line.p[i] == '#' && (!i || line.p[i - 1] == ' ' || line.p[i - 1] == '\t'))
			return (struct gp_str){ line.p, i };
	return line;
}

static int parse_options(struct gp_series_entry *e, struct gp_str words, struct gp_err *err)
{
	struct gp_patch_flags f;

	if (gp_patch_flags_parse(words, &f, err) < 0)
		return gp_within(err, "line %zu", e->lineno);
	e->strip = f.strip;
	e->strip_given = f.strip_given;
	e->reverse = f.reverse;
	e->fuzz_given = f.fuzz >= 0;
	e->fuzz = f.fuzz >= 0 ? (unsigned)f.fuzz : 0;
	return 0;
}

static int parse_line(struct gp_series *out, struct gp_str line, size_t lineno, struct gp_err *err)
{
	struct gp_series_entry *e;
	struct gp_str rest = before_comment(line), word;

	if (gp_str_ends(rest, "\r") && !out->crlf)
		out->crlf = lineno;
	rest = gp_str_trim(rest);
	if (!gp_word_next(&rest, &word))
		return 0;
	GP_GROW(out->v, out->n, out->cap);
	e = &out->v[out->n++];
	*e = (struct gp_series_entry){ .strip = 1, .lineno = lineno };
	e->name = gp_path_clean(word.p, word.len, err);
	if (!e->name)
		return gp_within(err, "line %zu", lineno);
	if (!*e->name)
		return gp_fail(err, GP_E_FORMAT, "line %zu: no patch name", lineno);
	return parse_options(e, rest, err);
}

static int by_name(const void *a, const void *b)
{
	const struct gp_series_entry *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : (x->lineno > y->lineno) - (x->lineno < y->lineno);
}

int gp_series_check_unique(const struct gp_series *s, struct gp_err *err)
{
	gp_auto(gp_free_ptr) struct gp_series_entry *v = NULL; /* borrows the names */

	if (!s->n)
		return 0;
	v = gp_realloc(NULL, s->n, sizeof(*v));
	memcpy(v, s->v, s->n * sizeof(*v));
	qsort(v, s->n, sizeof(*v), by_name);
	for (size_t i = 1; i < s->n; i++)
		if (strcmp(v[i - 1].name, v[i].name) == 0)
			return gp_fail(err, GP_E_FORMAT, "patch '%.200s' is listed twice, in lines %zu and %zu",
				       v[i].name, v[i - 1].lineno, v[i].lineno);
	return 0;
}

static int parse_all(struct gp_str text, struct gp_series *out, struct gp_err *err)
{
	struct gp_str line;
	size_t lineno = 0;

	while (gp_text_line_next(&text, &line))
		if (parse_line(out, line, ++lineno, err))
			return -1;
	return 0;
}

int gp_series_parse(struct gp_str text, struct gp_series *out, struct gp_err *err)
{
	*out = (struct gp_series){ 0 };
	if (!parse_all(text, out, err))
		return 0;
	gp_series_release(out);
	return -1;
}

unsigned gp_series_fuzz(const struct gp_series_entry *e, int given)
{
	if (given >= 0)
		return (unsigned)given;
	return e->fuzz_given ? e->fuzz : GP_SERIES_FUZZ;
}
