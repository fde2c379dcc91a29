/* SPDX-License-Identifier: MIT */
#include "ops/select/datafiles.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "ops/select/catalog.h"
#include "ops/select/select_impl.h"

#define ORIGIN_MAX 4096u

void gp_datafiles_release(struct gp_datafiles *d)
{
	for (size_t i = 0; i < d->ndirs; i++) {
		free(d->dirs[i].path);
		free(d->dirs[i].date);
		free(d->dirs[i].origin);
	}
	for (size_t i = 0; i < d->nfiles; i++) {
		free(d->files[i].name);
		free(d->files[i].dirs);
	}
	free(d->dirs);
	free(d->files);
	*d = (struct gp_datafiles){ 0 };
}

static struct gp_datafile *find(struct gp_datafiles *d, const char *name)
{
	for (size_t i = 0; i < d->nfiles; i++)
		if (strcmp(d->files[i].name, name) == 0)
			return &d->files[i];
	GP_GROW(d->files, d->nfiles, d->files_cap);
	d->files[d->nfiles] = (struct gp_datafile){ .name = gp_strdup(name) };
	return &d->files[d->nfiles++];
}

/* A file of the directory that is looked at, the last one. */
static void add_file(struct gp_datafiles *d, const char *part, const char *name)
{
	gp_auto(gp_free_ptr) char *full = gp_path_join(part, name);
	struct gp_datafile *f = find(d, full);

	GP_GROW(f->dirs, f->n, f->cap);
	f->dirs[f->n++] = d->ndirs - 1;
}

static int list_rules(struct gp_datafiles *d, const char *dir, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (gp_dir_list(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		if (!gp_catalog_reads(names.v[i]))
			continue;
		add_file(d, "kernel-versions", names.v[i]);
		d->dirs[d->ndirs - 1].nfiles++;
	}
	return 0;
}

static int list_sets(struct gp_datafiles *d, const char *dir, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (gp_dir_list(dir, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *set = gp_path_join(dir, names.v[i]), *series = gp_path_join(set, "series");
		int there = names.v[i][0] == '.' ? 0 : gp_thing_at(series, err);

		if (there < 0)
			return -1;
		if (there == GP_THING_NONE || !gp_is_dir(set))
			continue;
		add_file(d, "patches", names.v[i]);
		d->dirs[d->ndirs - 1].nsets++;
	}
	return 0;
}

/* The first line of DIR/origin; without such a file git's directory says something. */
static int read_origin(const char *dir, char **out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *file = gp_path_join(dir, "origin"), *git = gp_path_join(dir, ".git");
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	int thing = gp_thing_at(file, err);

	if (thing < 0)
		return -1;
	if (thing == GP_THING_FILE && gp_file_read(file, ORIGIN_MAX, &text, err) < 0)
		return -1;
	if (text.len)
		*out = gp_strndup(text.data, strcspn(text.data, "\n"));
	else if (gp_exists(git))
		*out = gp_strdup("a checkout");
	return 0;
}

static int read_date(const char *dir, char **date, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list one = { 0 };

	gp_list_add(&one, dir);
	if (gp_catalog_read_date(&one, date, err) < 0)
		return -1;
	/* Its words for "none" are for people. */
	if (**date < '0' || **date > '9') {
		free(*date);
		*date = NULL;
	}
	return 0;
}

static int list_dir(struct gp_datafiles *d, const char *dir, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *rules = gp_path_join(dir, "kernel-versions"), *sets = gp_path_join(dir, "patches");
	int thing = gp_thing_at(rules, err);
	struct gp_datadir *at;

	GP_GROW(d->dirs, d->ndirs, d->dirs_cap);
	at = &d->dirs[d->ndirs++];
	*at = (struct gp_datadir){ .path = gp_strdup(dir) };
	if (read_date(dir, &at->date, err) < 0 || read_origin(dir, &at->origin, err) < 0)
		return -1;
	if (thing < 0 || (thing != GP_THING_NONE && list_rules(d, rules, err) < 0))
		return -1;
	thing = gp_thing_at(sets, err);
	return thing < 0 || (thing != GP_THING_NONE && list_sets(d, sets, err) < 0) ? -1 : 0;
}

static int by_name(const void *a, const void *b)
{
	const struct gp_datafile *x = a, *y = b;

	return strverscmp(x->name, y->name);
}

int gp_datafiles_list(const struct gp_list *dirs, struct gp_datafiles *out, struct gp_err *err)
{
	for (size_t i = 0; i < dirs->n; i++)
		if (list_dir(out, dirs->v[i], err) < 0)
			return -1;
	if (out->nfiles > 1)
		qsort(out->files, out->nfiles, sizeof(*out->files), by_name);
	return 0;
}
