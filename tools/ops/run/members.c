/* SPDX-License-Identifier: MIT */
#include "ops/run/members.h"

#include <stdlib.h>
#include <string.h>

#include "ops/run/repack_impl.h"

/* A member of the tree's names, as its installer's members are named. */
static int put(struct gp_members *ms, struct gp_tarmember m, struct gp_err *err)
{
	const char *dot = ms->rf->dot_slash ? "./" : "";
	gp_auto(gp_free_ptr) char *name = gp_asprintf("%s%s", dot, m.name);
	gp_auto(gp_free_ptr) char *link = gp_asprintf("%s%s", dot, m.hardlink ? m.hardlink : "");

	m.name = name;
	m.hardlink = m.hardlink ? link : NULL;
	return gp_tarout_put(ms->out, &m, err);
}

int gp_members_put(struct gp_members *m, const struct gp_tfile *f, struct gp_err *err)
{
	const struct gp_entry *old = gp_runfile_find(m->rf, f->path);
	gp_auto(gp_buf_release) struct gp_buf room = { 0 };
	struct gp_str data;

	if (gp_tree_result(m->tree, f, &room, &data, err) < 0)
		return -1;
	return put(m, (struct gp_tarmember){ f->path, f->mode, old ? old->mtime : m->new_mtime, .data = &data }, err);
}

int gp_members_put_old(struct gp_members *m, const char *path, const struct gp_entry *file, struct gp_err *err)
{
	struct gp_str data = gp_buf_str(&file->data);

	return put(m, (struct gp_tarmember){ path, file->mode, file->mtime, .data = &data }, err);
}

int gp_members_put_entry(struct gp_members *m, const struct gp_entry *e, struct gp_err *err)
{
	struct gp_tarmember is = { .name = e->path, .mode = e->mode, .mtime = e->mtime };
	struct gp_str data = gp_buf_str(&e->data);

	if (e->type == GP_ENTRY_FILE && e->kept)
		is.data = &data;
	else if (e->type == GP_ENTRY_FILE)
		is.size = &e->size;
	else if (e->type == GP_ENTRY_SYMLINK)
		is.symlink = e->link;
	else if (e->type == GP_ENTRY_HARDLINK)
		is.hardlink = e->link;
	return put(m, is, err);
}

/* A file of the tree, or a member that was added to the list. */
struct one {
	const char *path;
	const struct gp_tfile *f;
	const struct gp_entry *e;
};

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct one *)a)->path, ((const struct one *)b)->path);
}

/* Directories that no member made: with members of their own their mode does
 * not depend on the umask of whoever unpacks. */
static int put_parents(struct gp_members *ms, const char *path, struct gp_map *made, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);

	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (!gp_runfile_find(ms->rf, p) && !gp_map_get(made, p, NULL)) {
			gp_map_put(made, p, 0);
			if (put(ms, (struct gp_tarmember){ .name = p, .mode = 0755, .mtime = ms->new_mtime }, err) < 0)
				return -1;
		}
		*slash = '/';
	}
	return 0;
}

/* Has the payload no member of this name, so that it cannot be changed in its place? */
static bool is_behind(const struct gp_members *m, const struct gp_tfile *f)
{
	const struct gp_entry *e = gp_runfile_find(m->rf, f->path);

	return f->state == GP_TFILE_NEW || (f->state == GP_TFILE_CHANGED && e && e->added);
}

static size_t list_all(const struct gp_members *m, bool changed, struct one *list)
{
	const struct gp_tree *t = m->tree;
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (is_behind(m, &t->file[i]) || (changed && t->file[i].state == GP_TFILE_CHANGED))
			list[n++] = (struct one){ t->file[i].path, &t->file[i], NULL };
	for (size_t i = 0; i < m->rf->n; i++) {
		const struct gp_entry *e = &m->rf->entry[i];

		if (e->added && !e->superseded && !e->elsewhere && !gp_repack_change(t, e))
			list[n++] = (struct one){ e->path, NULL, e };
	}
	return n;
}

int gp_members_put_all(struct gp_members *m, bool changed, struct gp_err *err)
{
	gp_auto(gp_free_ptr) struct one *list = gp_alloc((m->tree->n + m->rf->n + 1) * sizeof(*list));
	gp_auto(gp_map_release) struct gp_map made = { 0 };
	size_t n = list_all(m, changed, list);

	qsort(list, n, sizeof(*list), by_path);
	for (size_t i = 0; i < n; i++) {
		bool known = list[i].f && !is_behind(m, list[i].f); /* so its directories are, too */

		if (!known && put_parents(m, list[i].path, &made, err) < 0)
			return -1;
		if ((list[i].f ? gp_members_put(m, list[i].f, err) : gp_members_put_entry(m, list[i].e, err)) < 0)
			return -1;
	}
	return 0;
}
