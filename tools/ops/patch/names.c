/* SPDX-License-Identifier: MIT */
/* Which files of a tree a patch is about. */
#include "ops/patch/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"

static bool is_file(const struct gp_tree *t, const struct gp_naming *how, const char *path)
{
	return how->there ? how->there(how->arg, path) : gp_tree_has(t, path);
}

char *gp_name_below(const char *below, char *path)
{
	char *full;

	if (!path || !*below)
		return path;
	full = gp_path_join(below, path);
	free(path);
	return full;
}

bool gp_tree_has_dir(const struct gp_tree *t, const char *path)
{
	unsigned mode;

	if (t->base.look(t->base.arg, path, &mode) == GP_NODE_DIR)
		return true;
	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state == GP_TFILE_NEW && strcmp(t->file[i].path, path) != 0 &&
		    gp_path_under(t->file[i].path, path))
			return true;
	return false;
}

/* How many directories would have to be made for it? */
static size_t new_dirs(const struct gp_tree *t, const char *path)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);
	size_t n = 0;

	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		n += !gp_tree_has_dir(t, p);
		*slash = '/';
	}
	return n;
}

static bool creates(const struct gp_filediff *f, bool reverse)
{
	return gp_diff_op(f, reverse) == GP_FILE_CREATE || (reverse ? f->new_empty : f->old_empty);
}

/* One of the two names; NULL when nothing usable is left of it. */
static char *name_of(const char *raw, const struct gp_naming *how)
{
	const char *name = gp_diff_strip(raw, how->strip);
	char *path = name ? gp_path_clean(name, strlen(name), NULL) : NULL;

	if (path && !*path)
		gp_free_ptr(&path), path = NULL;
	return gp_name_below(how->below, path);
}

char *gp_name_in_tree(const struct gp_tree *t, const struct gp_filediff *f, const struct gp_naming *how,
		      struct gp_err *err)
{
	char *chosen = gp_name_below(how->below, gp_diff_target(f, how->strip, how->reverse, err));
	gp_auto(gp_free_ptr) char *old = NULL, *new = NULL;
	char **other;

	if (!chosen || !f->old_path || !f->new_path || f->op == GP_FILE_RENAME || f->op == GP_FILE_COPY ||
	    is_file(t, how, chosen))
		return chosen;
	old = name_of(f->old_path, how);
	new = name_of(f->new_path, how);
	other = old && strcmp(old, chosen) != 0 ? &old : &new;
	if (!*other || strcmp(*other, chosen) == 0)
		return chosen;
	if (!is_file(t, how, *other) && (!creates(f, how->reverse) || new_dirs(t, *other) >= new_dirs(t, chosen)))
		return chosen;
	free(chosen);
	return gp_steal(other);
}

bool gp_name_is_there(const struct gp_tree *t, const struct gp_filediff *f, const struct gp_naming *how,
		      const char *path)
{
	gp_auto(gp_free_ptr) char *source = NULL;

	if (f->op == GP_FILE_RENAME || f->op == GP_FILE_COPY) {
		source = gp_name_below(how->below, gp_diff_source(f, how->strip, how->reverse, NULL));
		if (source && gp_tree_has(t, source))
			return true;
	}
	return f->op != GP_FILE_COPY && gp_tree_has(t, path);
}

bool gp_strip_fits(const struct gp_tree *t, const struct gp_diff *d, const struct gp_naming *how)
{
	size_t asked = 0;

	for (size_t i = 0; i < d->nfile; i++) {
		const struct gp_filediff *f = &d->file[i];
		enum gp_file_op op = gp_diff_op(f, how->reverse);
		gp_auto(gp_free_ptr) char *path = gp_name_in_tree(t, f, how, NULL);
		bool there = path && gp_name_is_there(t, f, how, path);

		if (!path)
			return false;
		/* A file that is created may be there already, or be deleted already. */
		if (!there && op != GP_FILE_CREATE && op != GP_FILE_DELETE && !f->old_empty && !f->new_empty)
			return false;
		asked += there || (f->git && how->strip == 1);
	}
	return asked > 0;
}
