/* SPDX-License-Identifier: MIT */
#include "ops/run/members.h"

#include <stdlib.h>
#include <string.h>

/* A member of the tree's names, as its installer's members are named. */
static int put(struct gp_members *ms, const struct gp_tarmember *m, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *name = gp_asprintf("%s%s", ms->rf->dot_slash ? "./" : "", m->name);
	const struct gp_tarmember named = { name, m->mode, m->mtime, m->data };

	return gp_tarout_put(&ms->out, &named, err);
}

int gp_members_put(struct gp_members *m, const struct gp_tfile *f, struct gp_err *err)
{
	const struct gp_entry *old = gp_runfile_find(m->rf, f->path);
	gp_auto(gp_buf_release) struct gp_buf room = { 0 };
	struct gp_str data;

	if (gp_tree_result(m->tree, f, &room, &data, err) < 0)
		return -1;
	return put(m, &(struct gp_tarmember){ f->path, f->mode, old ? old->mtime : m->new_mtime, &data }, err);
}

int gp_members_put_old(struct gp_members *m, const char *path, const struct gp_entry *file, struct gp_err *err)
{
	struct gp_str data = gp_buf_str(&file->data);

	return put(m, &(struct gp_tarmember){ path, file->mode, file->mtime, &data }, err);
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(const struct gp_tfile *const *)a)->path, (*(const struct gp_tfile *const *)b)->path);
}

/* Directories that no member made: with members of their own their mode does
 * not depend on the umask of whoever unpacks. */
static int put_parents(struct gp_members *ms, const char *path, struct gp_map *made, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);

	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct gp_tarmember m = { p, 0755, ms->new_mtime, NULL };

		*slash = '\0';
		if (!gp_runfile_find(ms->rf, p) && !gp_map_get(made, p, NULL)) {
			gp_map_put(made, p, 0);
			if (put(ms, &m, err) < 0)
				return -1;
		}
		*slash = '/';
	}
	return 0;
}

int gp_members_put_all(struct gp_members *m, bool changed, struct gp_err *err)
{
	const struct gp_tree *t = m->tree;
	gp_auto(gp_free_ptr) const struct gp_tfile **list = gp_alloc((t->n + 1) * sizeof(*list));
	gp_auto(gp_map_release) struct gp_map made = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state == GP_TFILE_NEW || (changed && t->file[i].state == GP_TFILE_CHANGED))
			list[n++] = &t->file[i];
	qsort(list, n, sizeof(*list), by_path);
	for (size_t i = 0; i < n; i++) {
		if (list[i]->state == GP_TFILE_NEW && put_parents(m, list[i]->path, &made, err) < 0)
			return -1;
		if (gp_members_put(m, list[i], err) < 0)
			return -1;
	}
	return 0;
}
