/* SPDX-License-Identifier: MIT */
#include "core/proof/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"

static void index_cells(const struct gp_cells *l, struct gp_map *m)
{
	for (size_t i = 0; i < l->n; i++) {
		gp_auto(gp_free_ptr) char *key = gp_cell_key(&l->v[i]);

		gp_map_put(m, key, i);
	}
}

/* Move what from has and into has not. */
static void unite(struct gp_list *into, struct gp_list *from)
{
	gp_auto(gp_map_release) struct gp_map known = { 0 };

	for (size_t i = 0; i < into->n; i++)
		gp_map_put(&known, into->v[i], i);
	for (size_t i = 0; i < from->n; i++) {
		if (gp_map_get(&known, from->v[i], NULL))
			continue;
		gp_map_put(&known, from->v[i], i);
		gp_list_add(into, from->v[i]);
	}
}

static void merge_head(struct gp_cells *into, struct gp_cells *from)
{
	if (!into->program)
		into->program = gp_steal(&from->program);
	/* RFC 3339 in UTC sorts as text. */
	if (from->started && (!into->started || strcmp(from->started, into->started) < 0)) {
		free(into->started);
		into->started = gp_steal(&from->started);
	}
	if (from->wall_s > into->wall_s)
		into->wall_s = from->wall_s;
	if (from->decode_s > into->decode_s)
		into->decode_s = from->decode_s;
	into->jobs += from->jobs;
	unite(&into->planned, &from->planned);
	unite(&into->twice, &from->twice);
	unite(&into->hosts, &from->hosts);
	unite(&into->skipped, &from->skipped);
}

void gp_cells_merge(struct gp_cells *into, struct gp_cells *from)
{
	gp_auto(gp_map_release) struct gp_map known = { 0 };
	gp_auto(gp_list_release) struct gp_list twice = { 0 };

	merge_head(into, from);
	index_cells(into, &known);
	for (size_t i = 0; i < from->n; i++) {
		struct gp_cell *c = &from->v[i], *old;
		char *key = gp_cell_key(c);
		size_t at;

		if (!gp_map_get(&known, key, &at)) {
			gp_map_put(&known, key, into->n);
			*gp_cells_add(into) = *c;
			*c = (struct gp_cell){ 0 };
			free(key);
			continue;
		}
		gp_list_take(&twice, key);
		old = &into->v[at];
		if (gp_cell_class_tells(c->cls) || !gp_cell_class_tells(old->cls)) {
			struct gp_cell other = *old;

			*old = *c;
			*c = other;
		}
	}
	unite(&into->twice, &twice);
	gp_cells_release(from);
}

struct place {
	size_t planned, now;
};

static int by_place(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->planned != y->planned)
		return x->planned < y->planned ? -1 : 1;
	return x->now < y->now ? -1 : x->now > y->now;
}

void gp_cells_by_plan(struct gp_cells *l)
{
	gp_auto(gp_map_release) struct gp_map planned = { 0 };
	gp_auto(gp_free_ptr) struct place *places = gp_alloc((l->n + 1) * sizeof(*places));
	struct gp_cell *sorted = gp_alloc((l->n + 1) * sizeof(*sorted));

	for (size_t i = 0; i < l->planned.n; i++)
		gp_map_put(&planned, l->planned.v[i], i);
	for (size_t i = 0; i < l->n; i++) {
		gp_auto(gp_free_ptr) char *key = gp_cell_key(&l->v[i]);

		places[i] = (struct place){ l->planned.n, i };
		(void)gp_map_get(&planned, key, &places[i].planned);
	}
	qsort(places, l->n, sizeof(*places), by_place);
	for (size_t i = 0; i < l->n; i++)
		sorted[i] = l->v[places[i].now];
	free(l->v);
	l->v = sorted;
	l->cap = l->n + 1;
}

void gp_cells_missing(const struct gp_cells *l, struct gp_list *out)
{
	gp_auto(gp_map_release) struct gp_map known = { 0 };

	index_cells(l, &known);
	for (size_t i = 0; i < l->planned.n && !l->part; i++)
		if (!gp_map_get(&known, l->planned.v[i], NULL))
			gp_list_add(out, l->planned.v[i]);
}
