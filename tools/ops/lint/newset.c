/* SPDX-License-Identifier: MIT */
#include "ops/lint/newset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/job/patchjob.h"
#include "ops/lint/newset_impl.h"
#include "ops/patch/apply.h"
#include "ops/proof/source.h"
#include "ops/proof/workdir.h"
#include "ops/run/given.h"
#include "ops/select/catalog.h"

void gp_newset_release(struct gp_newset *n)
{
	free(n->dir);
	free(n->name);
	free(n->patch);
	free(n->from);
	free(n->version);
	free(n->rule);
	gp_list_release(&n->sets);
	gp_list_release(&n->changed);
	*n = (struct gp_newset){ 0 };
}

/* A folder's name, a file's, and a word of a rule. */
static int check_name(const char *name, struct gp_err *err)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.+-");

	if (n && !name[n] && n < 64 && name[0] != '.' && name[0] != '-')
		return 0;
	return gp_fail(err, GP_E_USAGE, "'%s' is not a name for a set: small letters, digits, '-', '+', '.'", name);
}

int gp_newset_name(struct gp_newset *n, const char *name, const char *dir, struct gp_err *err)
{
	if (check_name(name, err) < 0)
		return -1;
	n->name = gp_strdup(name);
	n->dir = gp_strdup(dir);
	n->patch = gp_asprintf("%s/patches/%s/%s.patch", dir, name, name);
	return 0;
}

/* --- the two trees --- */

/* What the job of a build comes to for this one kernel, in memory. */
static int plan(const struct gp_patch_opts *opts, const struct gp_source *s, struct gp_patch_job *job,
		struct gp_patch_opts *o, struct gp_err *err)
{
	*o = *opts;
	o->hooks = o->hooks_patch = o->lock = NULL;
	o->no_hooks = true;
	o->allow |= GP_ALLOW_BLOCKED | GP_ALLOW_UNKNOWN | GP_ALLOW_ALTERED;
	return gp_patch_job_plan(job, o, s->dir, &s->rf, err);
}

static int lay_out(const struct gp_source *s, const struct gp_tree *t, const char *dir, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *from = gp_source_place(s, ".manifest"), *to = gp_path_join(dir, ".manifest");

	if (gp_mkdirs(dir, err) < 0 || gp_workdir_fill(s, t, dir, err) < 0)
		return -1;
	/* An installed tree has none. */
	return s->installed ? 0 : gp_file_clone(from, to, 0644, err);
}

bool gp_newset_is_blob(const char *path)
{
	return gp_str_ends(gp_str_of(path), "_binary");
}

/* Nobody edits them, and nobody compares them. */
static int drop_blobs(const char *dir, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };

	if (gp_dir_walk(dir, "", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, files.v[i]);

		if (gp_newset_is_blob(path) && unlink(path) < 0)
			return gp_fail_sys(err, errno, "cannot remove '%s'", path);
	}
	return 0;
}

static void note(struct gp_newset *n, const struct gp_source *s, const struct gp_patch_job *job)
{
	const struct gp_applied_list *l = &job->changed.applied;

	n->version = gp_strdup(s->version.text);
	n->kind = s->kind;
	snprintf(n->release, sizeof(n->release), "%s", job->decided.selection.kernels[0].release.text);
	for (size_t i = 0; i < l->n; i++)
		if (!gp_list_has(&n->sets, l->v[i].set))
			gp_list_add(&n->sets, l->v[i].set);
}

/* In: top: the directory as it is called until it is whole. */
static int fill_trees(struct gp_newset *n, const struct gp_patch_opts *opts, const char *top, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *store = gp_path_join(top, ".source"), *tree = gp_path_join(top, "tree"),
				  *orig = gp_path_join(top, "orig");
	struct gp_source_opts o = {
		.store = store, .given = opts->given, .cancel = opts->cancel, .progress = opts->progress
	};
	gp_auto(gp_source_release) struct gp_source s = { 0 };
	gp_auto(gp_patch_job_release) struct gp_patch_job job = { 0 };
	struct gp_patch_opts mine;

	if (gp_source_open(&s, opts->run, &o, err) < 0 || plan(opts, &s, &job, &mine, err) < 0)
		return -1;
	if (job.decided.selection.nkernels != 1)
		return gp_fail(err, GP_E_USAGE, "a set is begun for one kernel: give one -k R or --headers DIR");
	if (gp_catalog_set(&job.in.catalog, n->name))
		return gp_fail(err, GP_E_NO, "there is a set '%s' already: choose another name", n->name);
	note(n, &s, &job);
	if (lay_out(&s, &job.in.driver.tree, tree, err) < 0 || lay_out(&s, &job.in.driver.tree, orig, err) < 0 ||
	    drop_blobs(orig, err) < 0)
		return -1;
	gp_remove_tree(store);
	return 0;
}

/* --- the set, and quilt's records --- */

static int put(const char *top, const char *path, struct gp_err *err, const char *fmt, ...) GP_PRINTF(4, 5);
static int put(const char *top, const char *path, struct gp_err *err, const char *fmt, ...)
{
	va_list ap;
	gp_auto(gp_free_ptr) char *text = NULL;

	va_start(ap, fmt);
	text = gp_vasprintf(fmt, ap);
	va_end(ap);
	return gp_file_write_below(top, path, text, strlen(text), 0644, true, err);
}

/* As `quilt new NAME.patch` leaves them, format 2: see ops/quilt/quilt.h. */
static int fill_quilt(const struct gp_newset *n, const char *top, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *stamp = gp_asprintf("tree/.pc/%s.patch/.timestamp", n->name);

	if (put(top, "tree/.pc/.version", err, "2\n") < 0 ||
	    put(top, "tree/.pc/.quilt_patches", err, "../patches/%s\n", n->name) < 0 ||
	    put(top, "tree/.pc/.quilt_series", err, "series\n") < 0 ||
	    put(top, "tree/.pc/applied-patches", err, "%s.patch\n", n->name) < 0)
		return -1;
	return put(top, stamp, err, "%s", "");
}

static int fill_set(const struct gp_newset *n, const char *top, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *series = gp_asprintf("patches/%s/series", n->name),
				  *patch = gp_asprintf("patches/%s/%s.patch", n->name, n->name);

	if (put(top, series, err, "%s.patch\n", n->name) < 0)
		return -1;
	return put(top, patch, err,
		   "Description: TODO: which module, and what the set lets it do\n"
		   " Which kernel changed what, in which commit, and what follows for the driver.\n"
		   "Origin: vendor, TODO: written from the kernel's history, not from a patch\n"
		   "Last-Update: 1970-01-01\n"
		   "Scope: neutral\n"
		   "\n");
}

static int fill_record(const struct gp_newset *n, const char *top, struct gp_err *err)
{
	return put(top, GP_NEWSET_RECORD, err,
		   "# What 'gridpatch new-set' began here; 'gridpatch new-set %s --finish' reads it.\n"
		   "Name: %s\nFrom: %s\nVersion: %s\nKind: %s\nKernel: %s\n",
		   n->name, n->name, n->from, n->version, gp_kind_name(n->kind), n->release);
}

/* The driver's name for later runs, from wherever they are started. */
static int find_from(struct gp_newset *n, const struct gp_patch_opts *opts, struct gp_err *err)
{
	const struct gp_given_one *g = gp_given_find(opts->given, opts->run);
	gp_auto(gp_free_ptr) char *container = NULL;

	if (strchr(opts->run, '\n'))
		return gp_fail(err, GP_E_USAGE, "the driver's name has a line end in it: give it another name");
	if (g && !g->container && !g->package)
		return gp_fail(err, GP_E_USAGE,
			       "a set is begun from a file: it is read again when the set is finished");
	if (g && g->container) {
		container = realpath(g->container, NULL);
		n->from = container ? gp_path_join(container, g->member) : NULL;
	} else {
		n->from = realpath(opts->run, NULL);
	}
	return n->from ? 0 : gp_fail_sys(err, errno, "cannot find '%s'", opts->run);
}

static int fill(struct gp_newset *n, const struct gp_patch_opts *opts, const char *top, struct gp_err *err)
{
	return fill_trees(n, opts, top, err) < 0 || fill_set(n, top, err) < 0 || fill_quilt(n, top, err) < 0 ||
			       fill_record(n, top, err) < 0 ?
		       -1 :
		       0;
}

int gp_newset_begin(const char *name, const char *dir, const struct gp_patch_opts *opts, struct gp_newset *out,
		    struct gp_err *err)
{
	gp_auto(gp_tmpdir_release) struct gp_tmpdir t = { .fd = -1, .dir = -1 };
	gp_auto(gp_free_ptr) char *parent = gp_path_dir(dir), *top = NULL;

	*out = (struct gp_newset){ 0 };
	if (gp_newset_name(out, name, dir, err) < 0 || find_from(out, opts, err) < 0)
		return -1;
	if (gp_exists(dir))
		return gp_fail(err, GP_E_NO, "'%s' exists already; to write its patch anew give --finish", dir);
	if (gp_tmpdir_open(&t, dir, err) < 0)
		return -1;
	top = gp_path_join(parent, t.name);
	return fill(out, opts, top, err) < 0 ? -1 : gp_tmpdir_commit(&t, err);
}
