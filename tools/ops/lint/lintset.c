/* SPDX-License-Identifier: MIT */
#include "ops/lint/lintset.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/digest.h"
#include "base/fsio.h"
#include "base/path.h"
#include "base/stanza.h"
#include "core/driver/manifest.h"
#include "ops/driver/driver.h"
#include "ops/driver/hooks.h"
#include "ops/patch/apply.h"
#include "ops/patch/patchset.h"
#include "ops/run/runtree.h"
#include "ops/select/target.h"
#include "ops/tree/disktree.h"

/* A driver at hand: an installer, or an extracted one. */
struct subject {
	struct gp_driver driver;
	struct gp_disktree disk;
	bool is_dir;
	char sha256[GP_SHA256_HEX];
};

struct work {
	const struct gp_catalog *c;
	const struct gp_lint_opts *o;
	struct gp_lint *out;
	struct gp_targets targets;
};

static void release_set(struct gp_lint_set *s)
{
	gp_list_release(&s->applied);
	gp_list_release(&s->already);
	gp_list_release(&s->failed);
	gp_list_release(&s->chosen);
	gp_list_release(&s->built);
	free(s->evidence);
}

void gp_lint_release(struct gp_lint *l)
{
	gp_findings_release(&l->found);
	gp_list_release(&l->skipped);
	for (size_t i = 0; i < l->nset; i++)
		release_set(&l->set[i]);
	free(l->set);
	*l = (struct gp_lint){ 0 };
}

static struct gp_lint_set *wanted(const struct work *w, const struct gp_patchset *set)
{
	for (size_t i = 0; i < w->out->nset; i++)
		if (w->out->set[i].set == set)
			return &w->out->set[i];
	return NULL;
}

/* --- the patches by themselves --- */

static bool changes_hooks(const struct gp_diff *d)
{
	for (size_t i = 0; i < d->nfile; i++) {
		const char *name = d->file[i].new_path ? d->file[i].new_path : d->file[i].old_path;

		if (name && strcmp(gp_path_base(name), "vgpu_unlock_hooks.c") == 0)
			return true;
	}
	return false;
}

/* A set for the hooks changes them and nothing else, and no other set does. */
static void lint_scope(struct work *w, const struct gp_patchset *set, const char *path, struct gp_str text)
{
	gp_auto(gp_diff_release) struct gp_diff d = { 0 };

	if (gp_diff_parse(text, &d, NULL) < 0)
		return; /* gp_lint_patch() says it */
	if (set->hooks && (d.nfile != 1 || !changes_hooks(&d)))
		gp_finding_add(&w->out->found, path, 0, "make a set of its own of what is for the driver",
			       "its Scope is the hooks, and it changes something other than vgpu_unlock_hooks.c");
	if (!set->hooks && changes_hooks(&d))
		gp_finding_add(&w->out->found, path, 0, "say 'Scope: hooks' in all patches of the set",
			       "it changes vgpu_unlock_hooks.c, and the set's Scope is not the hooks");
}

static void lint_patches(struct work *w, const struct gp_patchset *set)
{
	if (!set->series.n) {
		gp_auto(gp_free_ptr) char *series = gp_path_join(set->dir, "series");

		gp_finding_add(&w->out->found, series, 0, "name its patches, or remove the folder", "no patch in it");
	}
	for (size_t i = 0; i < set->series.n; i++) {
		struct gp_patch p = gp_patchset_patch(set, i);
		gp_auto(gp_free_ptr) char *path = gp_path_join(set->dir, p.name);
		gp_auto(gp_list_release) struct gp_list licensed = { 0 };

		gp_lint_patch(p.text, path, p.strip, &w->out->found, &licensed);
		lint_scope(w, set, path, p.text);
		if (licensed.n && !w->o->runs->n)
			gp_list_printf(&w->out->skipped, "%s: whether '%s' is MIT-licensed: no driver at hand (--from)",
				       set->name, licensed.v[0]);
	}
	if (set->neutral && !w->o->builds)
		gp_list_printf(&w->out->skipped, "%s: that it is neutral: only builds prove it (--build)", set->name);
}

/* --- the drivers at hand --- */

static void close_subject(struct subject *s)
{
	gp_driver_release(&s->driver);
	if (s->is_dir)
		gp_disktree_close(&s->disk);
}

static int read_dir_manifest(struct gp_driver *d, struct gp_err *err)
{
	struct gp_str text;

	if (!gp_tree_has(&d->tree, ".manifest"))
		return gp_fail(err, GP_E_UNSUPPORTED, "no '.manifest' in it: not an extracted driver");
	if (gp_tree_read(&d->tree, ".manifest", &text, err) < 0 || gp_manifest_parse(text, &d->manifest, err) < 0)
		return -1;
	d->kind = gp_manifest_kind(&d->manifest);
	return gp_version_parse(d->manifest.version, &d->version, err);
}

static int open_dir(struct subject *s, const char *path, struct gp_err *err)
{
	if (gp_disktree_look(&s->disk, path, err) < 0)
		return -1;
	s->is_dir = true;
	gp_disktree_tree(&s->disk, &s->driver.tree);
	return read_dir_manifest(&s->driver, err) < 0 ? gp_within(err, "'%s'", path) : 0;
}

static int open_subject(struct work *w, const char *path, struct subject *s, struct gp_err *err)
{
	struct gp_driver_opts o = { .given = w->o->given, .cancel = w->o->cancel };
	const char *dir = gp_given_dir(w->o->given, path);

	*s = (struct subject){ 0 };
	if ((dir ? open_dir(s, dir, err) : gp_driver_open(&s->driver, path, &o, err)) < 0)
		return -1;
	return gp_lint_sum(path, w->o->given, s->sha256, err);
}

static void fresh_tree(struct subject *s, struct gp_tree *t)
{
	if (s->is_dir)
		gp_disktree_tree(&s->disk, t);
	else
		gp_tree_init(t, &s->driver.rf);
}

static char *name_of(const struct subject *s)
{
	return gp_asprintf("%s (%s, SHA-256 %s)", s->driver.version.text, gp_kind_name(s->driver.kind), s->sha256);
}

/* A licence line that the patch changes must be in a file that is MIT-licensed by itself. */
static void check_licence(struct work *w, const struct subject *s, const char *patch, unsigned strip,
			  struct gp_str text)
{
	gp_auto(gp_list_release) struct gp_list licensed = { 0 };
	struct gp_findings known = { 0 };

	gp_lint_patch(text, patch, strip, &known, &licensed);
	gp_findings_release(&known);
	for (size_t i = 0; i < licensed.n; i++) {
		struct gp_str source;

		if (gp_tree_read_pristine(&s->driver.tree, licensed.v[i], &source, NULL) < 0 || gp_lint_is_mit(source))
			continue;
		gp_finding_add(&w->out->found, patch, 0,
			       "leave it: only a file that is MIT-licensed in its own header may change that line",
			       "it changes the MODULE_LICENSE of '%s', whose header is not the MIT licence in %s",
			       licensed.v[i], s->driver.version.text);
	}
}

/* Behind the set's and the patch's names, which the finding has. */
static void does_not_apply(struct work *w, const struct subject *s, const char *patch, const struct gp_err *why)
{
	gp_finding_add(&w->out->found, patch, 0,
		       "make it fit this version, too, or narrow Driver in the rules that name the set",
		       "it does not apply without fuzz to %s (%s): %s", s->driver.version.text,
		       gp_kind_name(s->driver.kind), why->cause);
}

/* What became of a set: every patch of it was there before; or one does not fit. */
struct outcome {
	bool already, fits;
};

static void apply_patch(struct work *w, struct subject *s, struct gp_tree *t, const struct gp_patchset *set, size_t i,
			struct outcome *is)
{
	struct gp_patch p = gp_patchset_patch(set, i);
	gp_auto(gp_free_ptr) char *path = gp_path_join(set->dir, p.name);
	gp_auto(gp_buf_release) struct gp_buf details = { 0 };
	gp_auto(gp_applied_list_release) struct gp_applied_list done = { 0 };
	struct gp_err why = { 0 };

	is->fits = gp_apply_patch(t, &p, 0, &done, &details, &why) == 0;
	is->already &= is->fits && done.n && done.v[0].already;
	if (!wanted(w, set))
		return;
	if (!is->fits)
		does_not_apply(w, s, path, &why);
	check_licence(w, s, path, p.strip, p.text);
}

/* Apply a set to the tree; one that does not fit is a finding if it is wanted, no error. */
static void apply_set(struct work *w, struct subject *s, struct gp_tree *t, const struct gp_patchset *set,
		      struct outcome *is)
{
	struct gp_lint_set *l = wanted(w, set);

	*is = (struct outcome){ .already = true, .fits = true };
	for (size_t i = 0; is->fits && i < set->series.n; i++)
		apply_patch(w, s, t, set, i, is);
	if (l)
		gp_list_take(!is->fits ? &l->failed : is->already ? &l->already : &l->applied, name_of(s));
}

/* The neutral sets in a row; what does not fit leaves the tree useless. */
static void try_neutral(struct work *w, struct subject *s, const struct gp_chosen_list *sets, struct outcome *is)
{
	gp_auto(gp_tree_release) struct gp_tree t = { 0 };

	*is = (struct outcome){ .fits = true };
	fresh_tree(s, &t);
	for (size_t i = 0; is->fits && i < sets->n; i++) {
		apply_set(w, s, &t, sets->v[i].set, is);
		for (size_t k = i + 1; !is->fits && k < sets->n; k++)
			if (wanted(w, sets->v[k].set))
				gp_list_printf(&w->out->skipped, "%s: %s: the set '%s' before it does not apply",
					       sets->v[k].set->name, s->driver.version.text, sets->v[i].set->name);
	}
}

/* Does a rule of any line name the set for this driver? */
static bool named_for(const struct gp_selection *sel, const struct gp_patchset *set)
{
	for (size_t i = 0; i < sel->nlines; i++)
		if (gp_chosen_has(&sel->lines[i].sets, set) || gp_chosen_has(&sel->lines[i].maybe, set))
			return true;
	return false;
}

/* Sets for certain kernels: each one alone, after the neutral ones, which fit. */
static void try_specific(struct work *w, struct subject *s, const struct gp_selection *sel)
{
	for (size_t i = 0; i < w->out->nset; i++) {
		const struct gp_patchset *set = w->out->set[i].set;
		gp_auto(gp_tree_release) struct gp_tree t = { 0 };
		struct outcome is = { .fits = true };

		if (set->neutral || set->hooks || !named_for(sel, set))
			continue;
		fresh_tree(s, &t);
		for (size_t k = 0; k < sel->neutral.n; k++)
			for (size_t p = 0; p < sel->neutral.v[k].set->series.n; p++)
				apply_patch(w, s, &t, sel->neutral.v[k].set, p, &is);
		apply_set(w, s, &t, set, &is);
	}
}

/* Which of the sets these headers choose. */
static void note_chosen(struct work *w, const struct subject *s, const struct gp_selection *sel)
{
	for (size_t i = 0; i < sel->nkernels; i++) {
		const struct gp_choice *k = &sel->kernels[i];

		for (size_t n = 0; n < k->sets.n; n++) {
			struct gp_lint_set *l = wanted(w, k->sets.v[n].set);
			gp_auto(gp_free_ptr) char *pair =
				gp_asprintf("%s on %s", s->driver.version.text, k->release.text);

			if (l && !gp_list_has(&l->chosen, pair))
				gp_list_add(&l->chosen, pair);
		}
	}
}

static int lint_selected(struct work *w, struct subject *s, struct gp_err *err)
{
	struct gp_query q = { .driver = s->driver.version,
			      .kind = s->driver.kind,
			      .kernels = w->targets.v,
			      .nkernels = w->targets.n,
			      .driver_file = gp_driver_file,
			      .arg = &s->driver };
	gp_auto(gp_selection_release) struct gp_selection sel = { 0 };
	struct outcome is;

	if (gp_catalog_select(w->c, &q, &sel, err) < 0)
		return -1;
	note_chosen(w, s, &sel);
	if (gp_tree_sound(&s->driver.tree, err) < 0)
		return -1;
	try_neutral(w, s, &sel.neutral, &is);
	if (is.fits)
		try_specific(w, s, &sel);
	return 0;
}

static int lint_driver(struct work *w, const char *path, struct gp_err *err)
{
	struct subject s;
	int rc = open_subject(w, path, &s, err);

	if (rc == 0) {
		w->out->drivers++;
		rc = lint_selected(w, &s, err);
	}
	close_subject(&s);
	return rc;
}

/* --- a copy of the hooks at hand --- */

static int lint_hooks(struct work *w, struct gp_err *err)
{
	gp_auto(gp_hooks_release) struct gp_hookcopy copy = { 0 };

	if (w->o->hooks && gp_hooks_load(w->o->hooks, &copy, err) < 0)
		return -1;
	for (size_t i = 0; i < w->out->nset; i++) {
		struct gp_lint_set *s = &w->out->set[i];
		gp_auto(gp_applied_list_release) struct gp_applied_list done = { 0 };
		struct gp_err why = { 0 };
		bool already = true;

		if (!s->set->hooks || !w->o->hooks)
			continue;
		if (gp_hooks_fix(&copy, s->set, &done, &why) < 0)
			gp_finding_add(&w->out->found, s->set->dir, 0, "make it fit this copy, too",
				       "it does not apply without fuzz to the hooks of '%s': %s", w->o->hooks,
				       why.cause);
		for (size_t k = 0; k < done.n; k++)
			already &= done.v[k].already;
		gp_list_printf(!done.n ? &s->failed :
			       already ? &s->already :
					 &s->applied,
			       "hooks (SHA-256 %s)", copy.sha256);
	}
	return 0;
}

/* --- the evidence --- */

static void say_list(struct gp_buf *b, const char *before, const char *between, const struct gp_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		gp_buf_printf(b, "%s%s", i ? between : before, l->v[i]);
}

static void make_evidence(struct gp_lint_set *s, time_t now)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	gp_auto(gp_free_ptr) char *date = gp_clock_day(now);

	if (!s->applied.n || s->failed.n)
		return;
	gp_buf_printf(&b, "[%s] %s: applies without fuzz to ", s->built.n ? "built" : "source", date);
	say_list(&b, "", ", ", &s->applied);
	say_list(&b, "; by their headers chosen for ", ", ", &s->chosen);
	say_list(&b, "; ", "; ", &s->built);
	gp_buf_puts(&b, s->built.n ? "; not loaded" : "; neither built nor loaded");
	s->evidence = gp_stanza_fold("Evidence", b.data, GP_EVIDENCE_WIDTH);
}

void gp_lint_evidence(struct gp_lint *l, time_t now)
{
	for (size_t i = 0; i < l->nset; i++)
		make_evidence(&l->set[i], now);
}

/* --- all of it --- */

static int choose_sets(struct work *w, struct gp_err *err)
{
	const struct gp_list *names = w->o->names;

	for (size_t i = 0; i < names->n; i++)
		if (!gp_catalog_set(w->c, names->v[i]))
			return gp_catalog_no_set(w->c, "", names->v[i], err);
	for (size_t i = 0; i < w->c->nsets; i++) {
		const struct gp_patchset *set = &w->c->sets[i];

		if (names->n && !gp_list_has(names, set->name))
			continue;
		GP_GROW(w->out->set, w->out->nset, w->out->set_cap);
		w->out->set[w->out->nset++] = (struct gp_lint_set){ .set = set };
	}
	return 0;
}

static int lint_drivers(struct work *w, struct gp_err *err)
{
	for (size_t i = 0; i < w->o->runs->n; i++)
		if (gp_check_cancel(w->o->cancel, err) < 0 || lint_driver(w, w->o->runs->v[i], err) < 0)
			return -1;
	for (size_t i = 0; i < w->out->nset; i++) {
		struct gp_lint_set *s = &w->out->set[i];

		if (s->set->hooks && !w->o->hooks)
			gp_list_printf(&w->out->skipped,
				       "%s: that it applies: no copy of the hooks at hand "
				       "(--hooks)",
				       s->set->name);
		else if (!s->applied.n && !s->already.n && !s->failed.n)
			gp_list_printf(&w->out->skipped,
				       "%s: that it applies: no driver at hand that a rule names it for", s->set->name);
	}
	return 0;
}

int gp_lint_run(const struct gp_catalog *c, const struct gp_lint_opts *o, struct gp_lint *out, struct gp_err *err)
{
	const struct gp_list no_kernels = { 0 };
	struct work w = { .c = c, .o = o, .out = out };
	int rc;

	*out = (struct gp_lint){ 0 };
	if (choose_sets(&w, err) < 0)
		return -1;
	for (size_t i = 0; i < out->nset; i++)
		lint_patches(&w, out->set[i].set);
	out->rules = gp_lint_rules(c, o->names, &out->found);
	if (!o->names->n)
		gp_lint_cards(c, &out->found);
	/* Without any the running kernel would be asked, which nobody named. */
	if (o->headers->n && gp_targets_find(&no_kernels, o->headers, &w.targets, err) < 0)
		return -1;
	rc = lint_hooks(&w, err) < 0 ? -1 : lint_drivers(&w, err);
	gp_targets_release(&w.targets);
	return rc;
}
