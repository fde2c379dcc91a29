/* SPDX-License-Identifier: MIT */
#include "base/similar.h"

#include <string.h>

#define WORD_MAX 64 /* longer ones are not typed */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * How many bytes are to be put in, taken out, replaced, or swapped with their neighbour,
 * to make b of a; no byte is touched twice.
 * Source: "optimal string alignment" of Damerau (1964), as git's help.c and cargo count.
 */
static size_t distance(struct gp_str a, struct gp_str b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t k = 0; k <= b.len; k++)
		last[k] = before[k] = k;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *oldest = before;

		now[0] = i;
		for (size_t k = 1; k <= b.len; k++) {
			now[k] = least(least(last[k], now[k - 1]) + 1, last[k - 1] + (a.p[i - 1] != b.p[k - 1]));
			if (i > 1 && k > 1 && a.p[i - 1] == b.p[k - 2] && a.p[i - 2] == b.p[k - 1])
				now[k] = least(now[k], before[k - 2] + 1);
		}
		before = last;
		last = now;
		now = oldest;
	}
	return last[b.len];
}

const char *gp_similar(struct gp_str word, const struct gp_list *names)
{
	/* A third of the word, as rustc and cargo have it: more is another word. */
	size_t nearest = (word.len < 3 ? 3 : word.len) / 3 + 1;
	const char *found = NULL;

	if (word.len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < names->n; i++) {
		struct gp_str name = gp_str_of(names->v[i]);
		size_t d = name.len > WORD_MAX ? nearest : distance(word, name);

		if (d == 0)
			return NULL;
		if (d >= nearest)
			continue;
		nearest = d;
		found = names->v[i];
	}
	return found;
}

char *gp_similar_hint(struct gp_str word, const struct gp_list *names)
{
	const char *name = gp_similar(word, names);

	return name ? gp_asprintf(" (did you mean '%s'?)", name) : gp_strdup("");
}
