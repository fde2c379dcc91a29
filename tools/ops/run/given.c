/* SPDX-License-Identifier: MIT */
#include "ops/run/given.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fsio.h"
#include "base/path.h"

static void one_release(struct gp_given_one *o)
{
	if (o->fd >= 0)
		close(o->fd);
	if (o->dir)
		gp_remove_tree(o->dir);
	if (o->lock >= 0)
		close(o->lock);
	gp_package_free(o->package);
	free(o->dir);
	free(o->name);
	free(o->file);
	free(o->container);
	free(o->member);
}

void gp_given_release(struct gp_given *g)
{
	for (size_t i = 0; i < g->n; i++)
		one_release(&g->v[i]);
	free(g->v);
	*g = (struct gp_given){ 0 };
}

void gp_given_add(struct gp_given *g, const struct gp_given_one *one)
{
	GP_GROW(g->v, g->n, g->cap);
	g->v[g->n++] = *one;
}

const struct gp_given_one *gp_given_find(const struct gp_given *g, const char *name)
{
	for (size_t i = 0; g && i < g->n; i++)
		if (strcmp(g->v[i].name, name) == 0)
			return &g->v[i];
	return NULL;
}

const char *gp_given_file(const struct gp_given *g, const char *name)
{
	const struct gp_given_one *o = gp_given_find(g, name);

	return o && o->file ? o->file : gp_path_base(name);
}

const char *gp_given_dir(const struct gp_given *g, const char *name)
{
	const struct gp_given_one *o = gp_given_find(g, name);

	if (o)
		return o->dir;
	return gp_is_dir(name) ? name : NULL;
}
