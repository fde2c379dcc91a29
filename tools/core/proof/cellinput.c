/* SPDX-License-Identifier: MIT */
#include "core/proof/cellinput.h"

#include <string.h>

#define HEX (GP_SHA256_HEX - 1)

static const char *const WORDS[GP_CELLINPUTS] = {
	[GP_CELLINPUT_PROGRAM] = "program", [GP_CELLINPUT_OPTIONS] = "options",   [GP_CELLINPUT_RULES] = "rules",
	[GP_CELLINPUT_HOOKS] = "hooks",     [GP_CELLINPUT_PATCHES] = "patches",   [GP_CELLINPUT_INSTALLER] = "driver",
	[GP_CELLINPUT_HEADERS] = "headers", [GP_CELLINPUT_COMPILER] = "compiler",
};

/* " SUM" at the end of s, taken off; NULL: there is none. */
static const char *take_sum(struct gp_str *s)
{
	const char *sum;

	if (s->len < HEX + 1)
		return NULL;
	sum = s->p + s->len - HEX;
	if (sum[-1] != ' ' || strspn(sum, "0123456789abcdef") < HEX)
		return NULL;
	s->len -= HEX + 1;
	return sum;
}

bool gp_cellinput_parse(const char *text, struct gp_cellinput_line *out)
{
	struct gp_str s = gp_str_of(text);
	const char *last = take_sum(&s), *first;

	*out = (struct gp_cellinput_line){ .word = GP_CELLINPUTS, .sum = last };
	if (!last)
		return false;
	if (s.len > 4 && strncmp(s.p, "set ", 4) == 0) {
		out->set = (struct gp_str){ s.p + 4, s.len - 4 };
		return true;
	}
	first = take_sum(&s);
	if (first) {
		out->sum = first;
		out->stat = last;
	}
	for (unsigned i = 0; i < GP_CELLINPUTS; i++)
		if (gp_str_eq(s, WORDS[i]))
			out->word = (enum gp_cellinput)i;
	return out->word != GP_CELLINPUTS;
}

void gp_cellinput_add(struct gp_list *l, enum gp_cellinput word, const char *sum, const char *stat)
{
	gp_list_printf(l, "%s %s%s%s", WORDS[word], sum, *stat ? " " : "", stat);
}

void gp_cellinput_add_set(struct gp_list *l, const char *name, const char *sum)
{
	gp_list_printf(l, "set %s %s", name, sum);
}

bool gp_cellinput_known(const struct gp_cells *l, enum gp_cellinput word, const char *stat, char sum[GP_SHA256_HEX])
{
	struct gp_cellinput_line x;

	for (size_t i = 0; *stat && i < l->n; i++) {
		for (size_t k = 0; k < l->v[i].inputs.n; k++) {
			if (!gp_cellinput_parse(l->v[i].inputs.v[k], &x) || x.word != word || !x.stat ||
			    strncmp(x.stat, stat, HEX) != 0)
				continue;
			memcpy(sum, x.sum, HEX);
			sum[HEX] = '\0';
			return true;
		}
	}
	return false;
}

/* What the list says of that word; NULL: nothing. */
static const char *sum_of(const struct gp_list *l, enum gp_cellinput word)
{
	struct gp_cellinput_line x;

	for (size_t i = 0; i < l->n; i++)
		if (gp_cellinput_parse(l->v[i], &x) && x.word == word)
			return x.sum;
	return NULL;
}

char *gp_cellinput_differs(const struct gp_cell *c, const struct gp_list *now,
			   void (*set_sum)(void *arg, struct gp_str name, char sum[GP_SHA256_HEX]), void *arg)
{
	struct gp_cellinput_line x;
	char sum[GP_SHA256_HEX];

	for (unsigned i = 0; i < GP_CELLINPUTS; i++) {
		const char *was = sum_of(&c->inputs, (enum gp_cellinput)i);
		const char *is = sum_of(now, (enum gp_cellinput)i);

		if (!was || !is || strncmp(was, is, HEX) != 0)
			return gp_strdup(WORDS[i]);
	}
	for (size_t i = 0; i < c->inputs.n; i++) {
		if (!gp_cellinput_parse(c->inputs.v[i], &x) || x.word != GP_CELLINPUTS)
			continue;
		set_sum(arg, x.set, sum);
		if (strncmp(sum, x.sum, HEX) != 0)
			return gp_asprintf("patch set %.*s", (int)x.set.len, x.set.p);
	}
	return NULL;
}

void gp_cellinput_renew(struct gp_list *inputs, const struct gp_list *now)
{
	struct gp_cellinput_line x;
	struct gp_list out = { 0 };

	gp_list_add_all(&out, now);
	for (size_t i = 0; i < inputs->n; i++)
		if (gp_cellinput_parse(inputs->v[i], &x) && x.word == GP_CELLINPUTS)
			gp_list_add(&out, inputs->v[i]);
	gp_list_release(inputs);
	*inputs = out;
}

bool gp_cell_lasts(const struct gp_cell *c)
{
	return c->cls != GP_CELL_BOOT && c->cls != GP_CELL_TIMEOUT && c->cls != GP_CELL_ENVIRONMENT &&
	       c->cls != GP_CELL_CANCELLED && !c->boot;
}
