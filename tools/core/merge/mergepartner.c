/* SPDX-License-Identifier: MIT */
#include "core/merge/mergepartner.h"

#include <stdlib.h>
#include <string.h>

#include "core/rules/kind.h"

/* A drivers file says of a paragraph which kinds it is about. */
#define DESKTOPS (1u << GP_KIND_GENERAL | 1u << GP_KIND_GUEST)

void gp_merge_desktops_release(struct gp_merge_desktops *l)
{
	if (!l)
		return;
	free(l->v);
	*l = (struct gp_merge_desktops){ 0 };
}

static void add(struct gp_merge_desktops *l, const struct gp_version *v, const struct gp_version *host, bool released)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].version.text, v->text) == 0)
			return;
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct gp_merge_desktop){ *v, strcmp(v->text, host->text) == 0, released };
}

void gp_merge_desktops_find(const struct gp_merge_table *t, const struct gp_branch_list *branches,
			    const struct gp_version *host, struct gp_merge_desktops *out)
{
	*out = (struct gp_merge_desktops){ 0 };
	for (size_t i = 0; i < t->npair; i++)
		if (strcmp(t->pair[i].host.text, host->text) == 0)
			add(out, &t->pair[i].desktop, host, true);
	for (size_t i = 0; i < branches->n; i++) {
		const struct gp_branch *b = &branches->v[i];

		for (size_t k = 0; k < b->n && b->number == gp_version_branch(host) && (b->kinds & DESKTOPS); k++)
			add(out, &b->versions[k], host, false);
	}
}
