/* SPDX-License-Identifier: MIT */
#include "core/proof/baseline.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/map.h"
#include "base/path.h"

#define SEVERAL SIZE_MAX

/* Where the earlier cells are. */
struct index {
	struct gp_map exact; /* by driver, release and file name */
	struct gp_map close; /* by driver and release; SEVERAL: there are */
};

static const char *or_nothing(const char *s)
{
	return s ? s : "";
}

static char *close_key(const struct gp_cell *c)
{
	return gp_asprintf("%s\n%s", or_nothing(c->driver), or_nothing(c->release));
}

static char *exact_key(const struct gp_cell *c)
{
	return gp_asprintf("%s\n%s\n%s", or_nothing(c->driver), or_nothing(c->release),
			   c->input ? gp_path_base(c->input) : "");
}

static void index_make(const struct gp_cells *l, struct index *out)
{
	for (size_t i = 0; i < l->n; i++) {
		gp_auto(gp_free_ptr) char *exact = exact_key(&l->v[i]), *close = close_key(&l->v[i]);

		gp_map_put(&out->exact, exact, i);
		gp_map_put(&out->close, close, gp_map_get(&out->close, close, NULL) ? SEVERAL : i);
	}
}

static void index_release(struct index *x)
{
	gp_map_release(&x->exact);
	gp_map_release(&x->close);
}

static const struct gp_cell *find(const struct index *x, const struct gp_cells *earlier, const struct gp_cell *c)
{
	gp_auto(gp_free_ptr) char *exact = exact_key(c), *close = close_key(c);
	size_t at;

	if (gp_map_get(&x->exact, exact, &at))
		return &earlier->v[at];
	return gp_map_get(&x->close, close, &at) && at != SEVERAL ? &earlier->v[at] : NULL;
}

/* A kernel that was not asked has not said yes. */
static bool asked_the_same(const struct gp_cell *a, const struct gp_cell *b)
{
	return !(a->cls == GP_CELL_BOOT && !b->boot) && !(b->cls == GP_CELL_BOOT && !a->boot);
}

static void compare(const struct gp_cell *then, struct gp_cell *c)
{
	c->compared = then && gp_cell_class_tells(then->cls) && gp_cell_class_tells(c->cls) && asked_the_same(then, c);
	c->was = c->compared ? then->cls : GP_CELL_OK;
}

void gp_baseline_compare(const struct gp_cells *earlier, const char *file, struct gp_cells *l)
{
	gp_auto(index_release) struct index x = { 0 };

	index_make(earlier, &x);
	for (size_t i = 0; i < l->n; i++)
		compare(find(&x, earlier, &l->v[i]), &l->v[i]);
	free(l->baseline.file);
	free(l->baseline.started);
	l->baseline.file = gp_strdup(file);
	l->baseline.started = earlier->started ? gp_strdup(earlier->started) : NULL;
}

enum gp_change gp_cell_change(const struct gp_cell *c)
{
	if (!c->compared || (c->was == GP_CELL_OK) == (c->cls == GP_CELL_OK))
		return GP_CHANGE_NONE;
	return c->cls == GP_CELL_OK ? GP_CHANGE_MENDED : GP_CHANGE_BROKEN;
}

const char *gp_cell_change_words(const struct gp_cell *c)
{
	static const char *const words[] = { NULL, "newly broken", "newly mended" };

	return words[gp_cell_change(c)];
}

void gp_baseline_list(const struct gp_cells *l, enum gp_change change, struct gp_list *out)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_cell *c = &l->v[i];

		if (gp_cell_change(c) == change)
			gp_list_printf(out, "%s on %s: %s, was %s", or_nothing(c->driver), or_nothing(c->release),
				       gp_cell_class_name(c->cls), gp_cell_class_name(c->was));
	}
}

size_t gp_baseline_count(const struct gp_cells *l, enum gp_change change)
{
	size_t n = 0;

	for (size_t i = 0; i < l->n; i++)
		n += gp_cell_change(&l->v[i]) == change;
	return n;
}

static struct json_object *keys(const struct gp_cells *l, enum gp_change change)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < l->n; i++) {
		gp_auto(gp_free_ptr) char *key = gp_cell_key(&l->v[i]);

		if (gp_cell_change(&l->v[i]) == change)
			json_object_array_add(list, gp_json_text(key));
	}
	return list;
}

struct json_object *gp_baseline_json(const struct gp_cells *l)
{
	size_t compared = 0;

	if (!l->baseline.file)
		return NULL;
	for (size_t i = 0; i < l->n; i++)
		compared += l->v[i].compared;
	return gp_json_object(GP_J("file", l->baseline.file), GP_J("started", l->baseline.started),
			      GP_J("compared", compared), GP_J("broken", keys(l, GP_CHANGE_BROKEN)),
			      GP_J("mended", keys(l, GP_CHANGE_MENDED)));
}
