/* SPDX-License-Identifier: MIT */
#include "ops/job/dkmspatch.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/regex.h"
#include "core/diff/diffout.h"
#include "core/diff/hunk.h"
#include "core/diff/series.h"
#include "core/driver/dkmsconf.h"
#include "core/rules/probe.h"
#include "ops/job/change.h"
#include "ops/job/inputs.h"
#include "ops/patch/patchset.h"
#include "ops/select/select.h"
#include "ops/tree/overtree.h"

#define PATCH_DIR "kernel/patches"

void gp_late_list_release(struct gp_late_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct gp_late *p = &l->v[i];

		free(p->set);
		free(p->name);
		free(p->match);
		free(p->file);
		free(p->sha256);
		gp_buf_release(&p->text);
	}
	free(l->v);
	gp_applied_list_release(&l->applied);
	*l = (struct gp_late_list){ 0 };
}

bool gp_late_possible(const struct gp_inputs *in)
{
	return in->dkms_tree ||
	       (!in->in_place && (in->driver.installed || gp_version_branch(&in->driver.version) < GP_BUILDS_IN_TREE));
}

int gp_late_check(const char *ere, struct gp_err *err)
{
	gp_auto(gp_regex_release) struct gp_regex re = { 0 };
	struct gp_err why = { 0 };

	if (!*ere)
		return gp_fail(err, GP_E_USAGE, "--patch-match: an expression is missing");
	for (const char *p = ere; *p; p++)
		if (iscntrl((unsigned char)*p))
			return gp_fail(err, GP_E_USAGE, "--patch-match: control characters in '%s'", ere);
	if (gp_regex_compile(ere, &re, &why) < 0)
		return gp_fail(err, GP_E_USAGE, "--patch-match: %s", why.cause);
	return 0;
}

int gp_late_matches(const char *ere, const struct gp_release *r, struct gp_err *err)
{
	return *ere ? gp_text_matches(gp_str_of(r->text), ere, err) : 1;
}

/* The next kernel, from i on, that this run does not skip. */
static size_t next_kernel(const struct gp_inputs *in, const struct gp_decision *d, size_t i)
{
	while (i < d->selection.nkernels && gp_decision_skips(in, d, i))
		i++;
	return i;
}

/* --- where DKMS comes too late --- */

/* Name what is for some kernels only, or for one of them (r); *what NULL: nothing is. */
static int kernel_specific(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_release *r,
			   const char **what, struct gp_err *err)
{
	size_t n = d->selection.nkernels;
	int rc;

	for (size_t k = next_kernel(in, d, 0); k < n; k = next_kernel(in, d, k + 1)) {
		const struct gp_chosen_list *sets = &d->selection.kernels[k].sets;

		for (size_t i = 0; i < sets->n; i++)
			if (!sets->v[i].set->neutral && !*what)
				*what = sets->v[i].set->name;
	}
	for (size_t i = 0; i < in->nuser && !*what; i++) {
		rc = r ? gp_late_matches(in->opts->matches.v[i], r, err) : 1;
		if (rc < 0)
			return -1;
		if (*in->opts->matches.v[i] && rc == 1)
			*what = in->user[i].dir;
	}
	return 0;
}

int gp_late_decide(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	const char *what = NULL, *here = NULL;
	size_t k = next_kernel(in, d, 0);
	const struct gp_release *r;

	if (kernel_specific(in, d, NULL, &what, err) < 0)
		return -1;
	if (!what || gp_late_possible(in))
		return 0;
	if (next_kernel(in, d, k + 1) < d->selection.nkernels)
		return gp_fail(err, GP_E_NO,
			       "'%s' is for some kernels only, and the installer of driver %s does not build "
			       "through DKMS at first: make one installer per kernel, each with one -k R, or one "
			       "tree for DKMS, by 'gridpatch dkms-tree'",
			       what, in->driver.version.text);
	r = &d->selection.kernels[k].release;
	d->only = (struct gp_kline){ r->ver.part[0], r->ver.part[1], false };
	if (kernel_specific(in, d, r, &here, err) < 0)
		return -1;
	d->has_only = here != NULL;
	return 0;
}

/* --- what DKMS will apply --- */

/* Names are handed to a shell by dkms, and stand in a list of words in .manifest. */
static char *file_name(const char *set, const char *patch, unsigned nth)
{
	const char *dir = gp_path_base(set), *base = gp_path_base(patch);
	bool one = strcmp(dir, base) == 0;
	char *name = nth > 1 ? gp_asprintf("%u-%s%s%s", nth, one ? "" : dir, one ? "" : "-", base) :
			       gp_asprintf("%s%s%s", one ? "" : dir, one ? "" : "-", base);

	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._+-", *p))
			*p = '_';
	if (name[0] == '.' || name[0] == '-')
		name[0] = '_';
	return name;
}

/* As seen from kernel/. Users' patches may say it either way. */
static char *below_kernel(const struct gp_tree *t, const struct gp_filediff *f, unsigned strip, bool reverse,
			  struct gp_err *err)
{
	char *path = gp_diff_target(f, strip, reverse, err);
	const char *raw[] = { f->old_path, f->new_path };

	for (size_t i = 0; path && i < 2 && gp_diff_op(f, reverse) == GP_FILE_MODIFY; i++) {
		const char *name = gp_diff_strip(raw[i], strip);
		gp_auto(gp_free_ptr) char *other = name ? gp_path_clean(name, strlen(name), NULL) : NULL;
		gp_auto(gp_free_ptr) char *here = gp_path_join("kernel", path);

		/* GNU patch takes the one of the two names that exists. */
		if (other && !gp_tree_has(t, path) && !gp_tree_has(t, here)) {
			gp_auto(gp_free_ptr) char *there = gp_path_join("kernel", other);

			if (gp_tree_has(t, other) || gp_tree_has(t, there)) {
				free(path);
				path = gp_steal(&other);
			}
		}
	}
	if (path && gp_path_under(path, "kernel")) {
		char *rest = gp_strdup(path + strlen("kernel/"));

		free(path);
		return rest;
	}
	return path;
}

static int rewrite(const struct gp_tree *t, const struct gp_patch *p, struct gp_buf *out, struct gp_err *err)
{
	gp_auto(gp_diff_release) struct gp_diff d = { 0 };

	if (gp_diff_parse(p->text, &d, err) < 0)
		return gp_patch_within(p, err);
	for (size_t i = 0; i < d.nfile; i++) {
		const struct gp_filediff *f = &d.file[i];
		enum gp_file_op op = gp_diff_op(f, p->reverse);
		gp_auto(gp_free_ptr) char *path = below_kernel(t, f, p->strip, p->reverse, err);

		if (!path)
			return gp_patch_within(p, err);
		if (op == GP_FILE_RENAME || op == GP_FILE_COPY || !f->nhunk) {
			gp_fail(err, GP_E_UNSUPPORTED,
				"line %zu: a patch that DKMS shall apply may change lines, add and "
				"delete files, but not rename, copy or change modes ('%s')",
				f->lineno, path);
			return gp_patch_within(p, err);
		}
		gp_diff_put(f, op, path, p->reverse, out);
	}
	return 0;
}

static int add(struct gp_changes *c, const struct gp_patch *p, const char *match, const char *sha256, unsigned fuzz,
	       struct gp_err *err)
{
	struct gp_late_list *l = &c->late;
	struct gp_late *late;

	GP_GROW(l->v, l->n, l->cap);
	late = &l->v[l->n++];
	*late = (struct gp_late){ .set = gp_strdup(p->set),
				  .name = gp_strdup(p->name),
				  .match = gp_strdup(match),
				  .sha256 = gp_strdup(sha256),
				  .fuzz = fuzz };
	return rewrite(c->tree, p, &late->text, err);
}

/* A set of the data that is not neutral, for the kernels that asked for it. */
static int add_set(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c,
		   const struct gp_patchset *set, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list releases = { 0 };
	gp_auto(gp_buf_release) struct gp_buf match = { 0 };
	const struct gp_selection *s = &d->selection;
	char sum[GP_SHA256_HEX];

	for (size_t k = next_kernel(in, d, 0); k < s->nkernels; k = next_kernel(in, d, k + 1))
		for (size_t i = 0; i < s->kernels[k].sets.n; i++)
			if (s->kernels[k].sets.v[i].set == set)
				gp_list_add(&releases, s->kernels[k].release.text);
	if (!releases.n)
		return 0;
	gp_dkms_regex_of(&releases, &match);
	gp_patchset_sum(set, sum);
	for (size_t i = 0; i < set->series.n; i++) {
		struct gp_patch p = gp_patchset_patch(set, i);

		if (add(c, &p, match.data, sum, 0, err) < 0)
			return -1;
	}
	return 0;
}

static int collect(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_err *err)
{
	/* The catalog's sets stand in their order of application. */
	for (size_t i = 0; i < in->catalog.nsets; i++)
		if (!in->catalog.sets[i].neutral && add_set(in, d, c, &in->catalog.sets[i], err) < 0)
			return -1;
	for (size_t i = 0; i < in->nuser; i++) {
		const struct gp_patchset *u = &in->user[i];
		char sum[GP_SHA256_HEX];

		if (*in->opts->matches.v[i])
			gp_patchset_sum(u, sum);
		for (size_t k = 0; *in->opts->matches.v[i] && k < u->series.n; k++) {
			const struct gp_series_entry *e = &u->series.v[k];
			struct gp_patch p = gp_patchset_patch(u, k);
			/* DKMS calls patch itself, which takes no more than its default. */
			unsigned fuzz = gp_series_fuzz(e, -1) < GP_SERIES_FUZZ ? e->fuzz : GP_SERIES_FUZZ;

			p.set = u->dir;
			if (add(c, &p, in->opts->matches.v[i], sum, fuzz, err) < 0)
				return -1;
		}
	}
	return 0;
}

/* --- trying them --- */

/* What one try is for: a kernel, or the patches of one set that no kernel of the
 * run matches. */
struct trial {
	const struct gp_dkms_patch_list *before; /* of dkms.conf */
	const struct gp_release *release;        /* or NULL, and: */
	const struct gp_late *of;                /* one of that set, or NULL */
};

static int takes_part(const struct trial *t, const struct gp_late *p, struct gp_err *err)
{
	if (t->release)
		return gp_late_matches(p->match, t->release, err);
	return t->of && strcmp(p->set, t->of->set) == 0 && strcmp(p->match, t->of->match) == 0;
}

/* GNU patch takes a change that is there already for a reversed patch, and DKMS stops. */
static int refuse_there(const struct gp_patch *p, const struct gp_applied *a, struct gp_err *err)
{
	for (size_t i = 0; i < a->n; i++) {
		if (!a->already && a->file[i].hunks.result != GP_HUNKS_ALREADY)
			continue;
		gp_fail(err, GP_E_NO, "'%s' has this change already, and DKMS would stop there", a->file[i].path);
		return gp_patch_within(p, err);
	}
	return 0;
}

static int try_before(struct gp_changes *c, const struct trial *t, struct gp_tree *over, struct gp_err *err)
{
	gp_auto(gp_applied_list_release) struct gp_applied_list done = { 0 };
	int rc;

	for (size_t i = 0; t->release && i < t->before->n; i++) {
		const struct gp_dkms_patch *b = &t->before->v[i];
		gp_auto(gp_free_ptr) char *path = gp_path_join(PATCH_DIR, b->file);
		struct gp_patch p = { .set = ".", .name = path, .strip = 1, .below = "kernel" };

		rc = gp_late_matches(b->match, t->release, err);
		if (rc < 0)
			return gp_within(err, "'kernel/dkms.conf': PATCH_MATCH[%u]", b->index);
		if (rc == 0)
			continue;
		if (gp_tree_read(c->tree, path, &p.text, err) < 0 ||
		    gp_apply_patch(over, &p, 2, &done, &c->why, err) < 0 ||
		    refuse_there(&p, &done.v[done.n - 1], err) < 0)
			return gp_within(err, "dkms.conf's own patch for %s", t->release->text);
	}
	return 0;
}

static int try_late(struct gp_changes *c, struct gp_late *late, struct gp_tree *over, struct gp_err *err)
{
	gp_auto(gp_applied_list_release) struct gp_applied_list done = { 0 };
	struct gp_patch p = {
		.set = late->set, .name = late->name, .text = gp_buf_str(&late->text), .strip = 1, .below = "kernel"
	};
	struct gp_applied_list *all = &c->late.applied;

	if (gp_apply_patch(over, &p, late->fuzz, &done, &c->why, err) < 0 || refuse_there(&p, &done.v[0], err) < 0)
		return -1;
	if (!late->told) {
		GP_GROW(all->v, all->n, all->cap);
		all->v[all->n++] = done.v[0];
		done.n = 0;
		late->told = true;
	}
	return 0;
}

static int try_one(struct gp_changes *c, const struct trial *t, struct gp_err *err)
{
	gp_auto(gp_tree_release) struct gp_tree over = { 0 };

	gp_overtree_init(&over, c->tree); /* each kernel is tried on a fresh one */
	if (try_before(c, t, &over, err) < 0)
		return -1;
	for (size_t i = 0; i < c->late.n; i++) {
		struct gp_late *p = &c->late.v[i];

		int rc = p->there ? 0 : takes_part(t, p, err);

		if (rc < 0 || (rc == 1 && try_late(c, p, &over, err) < 0))
			return t->release ? gp_within(err, "on %s", t->release->text) : -1;
	}
	return 0;
}

static int try_all(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c,
		   const struct gp_dkms_patch_list *before, struct gp_err *err)
{
	const struct gp_selection *s = &d->selection;
	struct trial t = { .before = before };

	for (size_t k = next_kernel(in, d, 0); k < s->nkernels; k = next_kernel(in, d, k + 1)) {
		t.release = &s->kernels[k].release;
		if (try_one(c, &t, err) < 0)
			return -1;
	}
	t.release = NULL;
	for (size_t i = 0; i < c->late.n; i++) {
		t.of = &c->late.v[i];
		if (t.of->told || t.of->there)
			continue;
		gp_list_printf(&c->warnings,
			       "'%s' matches none of these kernels: '%s' was only tried on the "
			       "sources as they are",
			       t.of->match, gp_path_base(t.of->set));
		if (try_one(c, &t, err) < 0)
			return -1;
	}
	return 0;
}

/* --- the result --- */

/* A second run over the same package: the lines are there, and so are the files. */
static void find_there(struct gp_changes *c, const struct gp_dkms_patch_list *before)
{
	for (size_t i = 0; i < c->late.n; i++) {
		struct gp_late *p = &c->late.v[i];

		for (size_t k = 0; k < before->n && !p->there; k++) {
			gp_auto(gp_free_ptr) char *path = gp_path_join(PATCH_DIR, before->v[k].file);
			struct gp_str text;

			p->there = strcmp(before->v[k].match, p->match) == 0 &&
				   gp_tree_read(c->tree, path, &text, NULL) == 0 &&
				   gp_str_same(text, gp_buf_str(&p->text));
		}
	}
}

/* A name that is free, or that has these very bytes. */
static char *free_name(const struct gp_changes *c, const struct gp_late *p)
{
	for (unsigned nth = 1;; nth++) {
		char *name = file_name(p->set, p->name, nth);
		gp_auto(gp_free_ptr) char *path = gp_path_join(PATCH_DIR, name);
		struct gp_str text;

		if (!gp_tree_has(c->tree, path) ||
		    (gp_tree_read(c->tree, path, &text, NULL) == 0 && gp_str_same(text, gp_buf_str(&p->text))))
			return name;
		free(name);
	}
}

static int put_files(struct gp_changes *c, struct gp_err *err)
{
	for (size_t i = 0; i < c->late.n; i++) {
		struct gp_late *p = &c->late.v[i];
		gp_auto(gp_free_ptr) char *path = NULL;

		if (p->there)
			continue;
		p->file = free_name(c, p);
		path = gp_path_join(PATCH_DIR, p->file);
		if (gp_tree_write(c->tree, path, gp_buf_str(&p->text), -1, err) < 0)
			return -1;
	}
	return 0;
}

static bool any_of_ours(const struct gp_dkms_patch_list *before)
{
	for (size_t i = 0; i < before->n; i++)
		if (before->v[i].ours)
			return true;
	return false;
}

int gp_late_plan(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_err *err)
{
	gp_auto(gp_dkms_patch_list_release) struct gp_dkms_patch_list before = { 0 };
	struct gp_err unclear = { 0 };
	struct gp_str conf;
	bool has_conf;

	if (gp_late_possible(in) && collect(in, d, c, err) < 0)
		return -1;
	has_conf = gp_tree_read(c->tree, "kernel/dkms.conf", &conf, NULL) == 0;
	if (!has_conf && c->late.n)
		return gp_fail(err, GP_E_UNSUPPORTED, "there is no kernel/dkms.conf, and '%s' is for some kernels only",
			       c->late.v[0].set);
	if (has_conf && !in->opts->drop_dkms_patches && gp_dkms_patches_read(conf, &before, &unclear) < 0 &&
	    c->late.n) {
		if (err)
			*err = unclear;
		return -1;
	}
	/* What an earlier run put there must fit what this one made of the sources; in an installed
	 * tree a distribution's own must, too. */
	if (!c->late.n && !any_of_ours(&before) && !(in->tree && before.n))
		return 0;
	find_there(c, &before);
	return try_all(in, d, c, &before, err) < 0 ? -1 : put_files(c, err);
}
