/* SPDX-License-Identifier: MIT */
#include "ops/job/decide.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/tri.h"
#include "core/diff/diff.h"
#include "core/driver/hooksrc.h"
#include "core/rules/branch.h"
#include "core/rules/kind.h"
#include "core/rules/rule.h"
#include "ops/driver/hooks.h"
#include "ops/driver/unlock.h"
#include "ops/job/dkmspatch.h"
#include "ops/job/userhalf.h"
#include "ops/patch/patchfile.h"
#include "ops/tree/tree.h"

/* --- kernels --- */

bool gp_decision_skips(const struct gp_inputs *in, const struct gp_decision *d, size_t i)
{
	gp_assert(i < d->selection.nkernels && i < in->targets.n);
	enum gp_verdict v = d->selection.kernels[i].verdict;

	return in->targets.may_skip[i] &&
	       ((v == GP_VERDICT_BLOCKED && !(in->opts->allow & GP_ALLOW_BLOCKED)) ||
		(v == GP_VERDICT_UNKNOWN && !in->opts->proved && !(in->opts->allow & GP_ALLOW_UNKNOWN)));
}

static const char *first(const struct gp_list *l, const char *otherwise)
{
	return l->n ? l->v[0] : otherwise;
}

static void say_blocked(const struct gp_inputs *in, const struct gp_choice *c, struct gp_err *err)
{
	gp_fail(err, GP_E_NO, "kernel %s is blocked for driver %s: %s%s%s", c->release.text, in->driver.version.text,
		first(&c->reasons, "no reason given"), c->instead.n ? " Instead: " : "", first(&c->instead, ""));
}

static void say_unknown(const struct gp_inputs *in, const struct gp_choice *c, struct gp_err *err)
{
	gp_fail(err, GP_E_NO,
		"kernel %s belongs to no known line (nearest: %s, data of %s); --allow unknown continues anyway, "
		"--build after a proof",
		c->release.text, c->nearest ? c->nearest->name : "none", gp_catalog_date(&in->catalog));
}

/* 0 fine, 1 skip it, -1 stop. */
static int decide_kernel(const struct gp_inputs *in, struct gp_decision *d, const struct gp_choice *c,
			 struct gp_err *err)
{
	unsigned allow = in->opts->allow;
	const char *r = c->release.text;

	switch (c->verdict) {
	case GP_VERDICT_BLOCKED:
		if (!(allow & GP_ALLOW_BLOCKED)) {
			say_blocked(in, c, err);
			return -1;
		}
		gp_list_printf(&d->warnings, "continuing as --allow blocked asks, though kernel %s is blocked: %s", r,
			       first(&c->reasons, ""));
		gp_list_printf(&d->overrides, "blocked kernel %s", r);
		return 0;
	case GP_VERDICT_UNKNOWN:
		if (in->opts->proved) {
			gp_list_printf(&d->warnings, "kernel %s belongs to no known line, but the modules build for it",
				       r);
			gp_list_printf(&d->overrides, "unknown kernel %s, proved by a build", r);
			return 0;
		}
		if (!(allow & GP_ALLOW_UNKNOWN)) {
			say_unknown(in, c, err);
			return -1;
		}
		gp_list_printf(&d->warnings, "kernel %s belongs to no known line; continuing as --allow unknown asks",
			       r);
		gp_list_printf(&d->overrides, "unknown kernel %s", r);
		return 0;
	case GP_VERDICT_UNTESTED:
		gp_list_printf(&d->warnings, "kernel %s is untested with driver %s%s%s", r, in->driver.version.text,
			       c->reasons.n ? ": " : "", first(&c->reasons, ""));
		return 0;
	case GP_VERDICT_NO_EVIDENCE:
		gp_list_printf(&d->warnings, "there is no evidence about driver %s on kernel %s, in the data of %s%s%s",
			       in->driver.version.text, r, gp_catalog_date(&in->catalog), c->reasons.n ? ": " : "",
			       first(&c->reasons, ""));
		return 0;
	case GP_VERDICT_SUPPORTED: break;
	}
	return 0;
}

/* The rules say of a branch that came after them only what they say of all that is newer. */
static int decide_branch(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	unsigned number = gp_version_branch(&in->driver.version);
	struct gp_err why = { 0 };

	if (gp_branch_check(&in->catalog.branches, number, &why) == 0)
		return 0;
	if (!in->opts->proved && !(in->opts->allow & GP_ALLOW_UNKNOWN))
		return gp_fail(err, GP_E_NO, "%s; --allow unknown continues anyway, --build after a proof", why.cause);
	gp_list_printf(&d->warnings, "%s", why.cause);
	gp_list_printf(&d->overrides, "unknown driver branch %u", number);
	return 0;
}

/* Another card may have them, or another way: that is no reason to refuse. */
static void warn_card(const struct gp_inputs *in, struct gp_decision *d)
{
	struct gp_err why = { 0 };

	if (gp_gpus_check(&in->gpus, in->driver.kind, &in->driver.version, &why) < 0)
		gp_list_printf(&d->warnings, "%s", why.cause);
}

static int decide_kernels(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	size_t good = 0;

	for (size_t i = 0; i < d->selection.nkernels; i++) {
		const struct gp_choice *c = &d->selection.kernels[i];
		struct gp_err why = { 0 };

		if (decide_kernel(in, d, c, &why) == 0) {
			good++;
			if (c->load == GP_LOAD_NO)
				gp_list_printf(&d->warnings, "nvidia-vgpu-vfio cannot load on kernel %s",
					       c->release.text);
			continue;
		}
		if (!in->targets.may_skip[i]) {
			if (err)
				*err = why;
			return -1;
		}
		gp_list_printf(&d->skipped, "%s: %s", c->release.text, why.cause);
	}
	if (!good)
		return gp_fail(err, GP_E_NO, "none of the installed kernels can be used: %s",
			       first(in->targets.skipped.n ? &in->targets.skipped : &d->skipped, "there is none"));
	return 0;
}

/* Does one of the set's patches change one of the paths? Names of DKMS patches are
 * relative to kernel/, so the question is asked by what lies in the tree. */
static int changes(const struct gp_patchset *p, const struct gp_list *paths, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list own = { 0 };

	if (gp_patchset_paths(p, &own, err) < 0)
		return -1;
	for (size_t i = 0; i < own.n; i++)
		if (gp_list_has(paths, own.v[i]))
			return 1;
	return 0;
}

/* What one of the package's own DKMS patches changes: kernel/patches/NAME, applied with
 * -p1 in kernel/ (dkms(8), PATCH). */
static void dkms_paths(const struct gp_inputs *in, const char *name, struct gp_list *paths)
{
	gp_auto(gp_free_ptr) char *file = gp_path_join("kernel/patches", name);
	gp_auto(gp_diff_release) struct gp_diff diff = { 0 };
	struct gp_str text;

	if (gp_tree_read(&in->driver.tree, file, &text, NULL) < 0 || gp_diff_parse(text, &diff, NULL) < 0)
		return;
	for (size_t k = 0; k < diff.nfile; k++) {
		char *path = gp_diff_target(&diff.file[k], 1, false, NULL);

		if (path)
			gp_list_take(paths, gp_path_join("kernel", path));
		gp_free_ptr(&path);
	}
}

/* The patch of the package's own that DKMS applies must not be for files that we change. */
static int decide_dkms_patch(const struct gp_inputs *in, const struct gp_decision *d, const char *name,
			     struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list paths = { 0 };
	const char *kind = "set ", *whose = NULL;
	int rc = 0;

	dkms_paths(in, name, &paths);
	for (size_t i = 0; i < d->selection.neutral.n && rc == 0; i++) {
		whose = d->selection.neutral.v[i].set->name;
		rc = changes(d->selection.neutral.v[i].set, &paths, err);
	}
	for (size_t i = 0; i < in->nuser && rc == 0; i++) {
		kind = "";
		whose = in->user[i].dir;
		rc = *in->opts->matches.v[i] ? 0 : changes(&in->user[i], &paths, err);
	}
	if (rc <= 0)
		return rc;
	return gp_fail(err, GP_E_NO,
		       "dkms.conf applies '%s' to files that %s'%s' changes; --drop-dkms-patches takes it out", name,
		       kind, whose);
}

/* Are their numbers and expressions known? */
static bool clear_patches(struct gp_str conf)
{
	gp_auto(gp_dkms_patch_list_release) struct gp_dkms_patch_list l = { 0 };

	return gp_dkms_patches_read(conf, &l, NULL) == 0;
}

/* Ours were tried on top of the sets, and are tried again (gp_late_plan()). */
static int decide_dkms(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	struct gp_str conf;

	if (!in->driver.altered.dkms_patches.n)
		return 0;
	if (in->opts->drop_dkms_patches) {
		gp_list_printf(&d->overrides, "dropped %zu DKMS patches", in->driver.altered.dkms_patches.n);
		return 0;
	}
	if (gp_tree_read(&in->driver.tree, "kernel/dkms.conf", &conf, err) < 0)
		return -1;
	if (in->tree && clear_patches(conf))
		return 0; /* all of them are tried in the end */
	gp_dkms_patches_of_others(conf, &names);
	for (size_t i = 0; i < names.n; i++)
		if (decide_dkms_patch(in, d, names.v[i], err) < 0)
			return -1;
	return 0;
}

static int decide_altered(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	const struct gp_altered *a = &in->driver.altered;

	if (a->licence && !(in->opts->allow & GP_ALLOW_ALTERED))
		return gp_fail(err, GP_E_NO,
			       "altered: nvidia.ko's licence tag is '%s', not NVIDIA's; "
			       "--allow altered continues anyway",
			       a->licence);
	if (a->licence) {
		gp_list_printf(&d->warnings,
			       "nvidia.ko's licence tag is '%s': somebody changed it; gridpatch leaves it", a->licence);
		gp_list_printf(&d->overrides, "altered licence tag");
	}
	if (a->hooks == GP_UNLOCK_PARTIAL && !(in->opts->allow & GP_ALLOW_ALTERED))
		return gp_fail(err, GP_E_NO, "altered: hooks are there, but not %s; --allow altered continues anyway",
			       a->missing);
	if (a->hooks == GP_UNLOCK_PARTIAL)
		gp_list_printf(&d->overrides, "half integrated hooks");
	return decide_dkms(in, d, err);
}

static int decide_hooks_wanted(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	const struct gp_driver *v = &in->driver;
	bool host = v->kind == GP_KIND_HOST || v->kind == GP_KIND_MERGED;

	d->hooks_action = GP_HOOKS_NONE;
	if (v->altered.hooks == GP_UNLOCK_COMPLETE) {
		if (in->opts->no_hooks)
			gp_list_printf(&d->warnings, "--no-hooks adds none, but does not take out those in %s",
				       v->altered.hooks_file);
		d->hooks_action = GP_HOOKS_THERE;
		return 0;
	}
	if (in->opts->no_hooks || (!host && !in->opts->hooks)) {
		d->hooks_why =
			gp_strdup(in->opts->no_hooks ? "--no-hooks" :
						       "this is not a vGPU host driver: there is nothing to unlock");
		return 0;
	}
	if (!v->has_kernel && v->has_kernel_open)
		return gp_fail(err, GP_E_NO, "only kernel-open/ is in it: hooks need the proprietary kernel/ tree");
	if (v->rf.header.target_arch && strcmp(v->rf.header.target_arch, "x86_64") != 0)
		return gp_fail(err, GP_E_NO, "hooks exist for x86_64 only, this is for %s; give --no-hooks",
			       v->rf.header.target_arch);
	if (!host)
		gp_list_printf(&d->warnings,
			       "a %s driver has nothing that hooks could unlock; integrating them, as --hooks asks",
			       gp_kind_name(v->kind));
	d->hooks_action = GP_HOOKS_INTEGRATED;
	return 0;
}

/* The constant of hooks that are in the package already. */
static enum gp_hooks_table table_there(const struct gp_inputs *in)
{
	gp_auto(gp_buf_release) struct gp_buf outside = { 0 };
	const struct gp_altered *a = &in->driver.altered;
	struct gp_str text;

	if (!a->hooks_file)
		return GP_TABLE_UNKNOWN;
	if (a->outside)
		return gp_file_read(a->hooks_file, GP_HOOKS_MAX, &outside, NULL) < 0 ?
			       GP_TABLE_UNKNOWN :
			       gp_hooks_table(gp_buf_str(&outside));
	return gp_tree_read(&in->driver.tree, a->hooks_file, &text, NULL) < 0 ? GP_TABLE_UNKNOWN : gp_hooks_table(text);
}

static int refuse_hooks(const struct gp_inputs *in, struct gp_decision *d, const char *what, const char *advice,
			const char *hint, struct gp_err *err)
{
	if (!(in->opts->allow & GP_ALLOW_HOOKS))
		return gp_fail(err, GP_E_NO, "%s %s; give %s, or --no-hooks (%s--allow hooks continues anyway)", what,
			       in->driver.version.text, advice, hint);
	gp_list_printf(&d->warnings, "%s %s: they build, but may never unlock", what, in->driver.version.text);
	gp_list_printf(&d->overrides, "hooks that may not fit");
	return 0;
}

static int decide_hooks_table(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	static const char lack[] = "hooks lack the table constant for";
	enum gp_hooks need = d->selection.hooks;
	enum gp_hooks_table have = d->hooks_action == GP_HOOKS_THERE ? table_there(in) : d->hooks.table;

	if (d->hooks_action == GP_HOOKS_NONE)
		return 0;
	if (d->hooks_action == GP_HOOKS_INTEGRATED && !d->hooks.known)
		gp_list_printf(&d->warnings,
			       "this copy of vgpu_unlock_hooks.c is not one of the two known ones; using it");
	if (need == GP_HOOKS_NEWER_TABLE && have == GP_TABLE_OLDER)
		return refuse_hooks(in, d, lack, "--hooks-patch FILE",
				    in->opts->no_hooks_patch ? "" :
							       "'gridpatch fetch-hooks' puts " GP_HOOKS_PATCH
							       " beside them, and then it is used; ",
				    err);
	if (need == GP_HOOKS_UPSTREAM && have == GP_TABLE_NEWER)
		return refuse_hooks(in, d, "hooks have the newer table constant, not that of",
				    "upstream's unpatched copy", "", err);
	if (need == GP_HOOKS_UNPROVED && !d->hooks.patched)
		return refuse_hooks(in, d, lack, "--hooks-patch FILE", "", err);
	if (need == GP_HOOKS_UNPROVED || need == GP_HOOKS_UNSET)
		gp_list_printf(&d->warnings, "nobody has shown that hooks unlock driver %s", in->driver.version.text);
	return 0;
}

static int select_sets(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	struct gp_query q = { .driver = in->driver.version,
			      .host = in->driver.host,
			      .modules = in->driver.manifest.modules,
			      .kind = in->driver.kind,
			      .kernels = in->targets.v,
			      .nkernels = in->targets.n,
			      .driver_file = gp_driver_file,
			      .arg = (void *)&in->driver };

	if (gp_catalog_select(&in->catalog, &q, &d->selection, err) < 0)
		return -1;
	return gp_tree_sound(&in->driver.tree, err);
}

/* The one of the command line, else the one beside the hooks where the rules say that
 * nothing is unlocked without it; free() it. NULL: none. */
static int which_hooks_patch(const struct gp_inputs *in, const struct gp_decision *d, char **patch, struct gp_err *err)
{
	bool wanted = d->selection.hooks == GP_HOOKS_NEWER_TABLE && d->hooks.table == GP_TABLE_OLDER;

	*patch = in->opts->hooks_patch ? gp_strdup(in->opts->hooks_patch) : NULL;
	if (in->opts->hooks_patch || in->opts->no_hooks_patch || !wanted)
		return 0;
	return gp_hooks_patch_beside(&d->hooks, patch, err);
}

static int load_hooks(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *patch = NULL;

	if (gp_hooks_load(in->opts->hooks, &d->hooks, err) < 0 || which_hooks_patch(in, d, &patch, err) < 0)
		return -1;
	if (!patch)
		return 0;
	if (gp_patch_read(patch, &text, err) < 0)
		return -1;
	return gp_hooks_patch(&d->hooks, patch, gp_buf_str(&text), err);
}

/* What the data have for the hooks. An edited copy on which a set does not fit
 * is the user's business, unless they asked for the set. */
static int fix_hooks(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	for (size_t i = 0; i < d->selection.hook_sets.n; i++) {
		const struct gp_patchset *set = d->selection.hook_sets.v[i].set;
		bool named = gp_list_has(&in->opts->sets, set->name);
		struct gp_err why = { 0 };

		if (d->hooks_action != GP_HOOKS_INTEGRATED) {
			if (named)
				gp_list_printf(&d->warnings,
					       "set '%s' is for hooks that gridpatch integrates, "
					       "and it integrates none",
					       set->name);
			continue;
		}
		if (gp_hooks_fix(&d->hooks, set, &d->hooks_applied, &why) == 0) {
			gp_list_add(&d->hook_sets, set->name);
			continue;
		}
		if (named || why.code != GP_E_NO) {
			if (err)
				*err = why;
			return gp_within(err, "hooks");
		}
		gp_list_printf(&d->warnings,
			       "set '%s' is left out: it does not fit this copy of the hooks "
			       "(%s)",
			       set->name, why.cause);
	}
	return 0;
}

/* Before anything is applied: the hooks are often what is missing. */
static int prepare_hooks(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	if (decide_hooks_wanted(in, d, err) < 0)
		return -1;
	if (d->hooks_action == GP_HOOKS_INTEGRATED && load_hooks(in, d, err) < 0)
		return -1;
	return decide_hooks_table(in, d, err) < 0 ? -1 : fix_hooks(in, d, err);
}

int gp_decide(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	gp_auto(gp_view_close) struct gp_view view = { 0 };

	if (select_sets(in, d, err) < 0 ||
	    gp_selection_check_required(&in->catalog, &d->selection, &in->opts->sets, &in->opts->no_sets, err) < 0)
		return -1;
	gp_selection_override(&in->catalog, &d->selection, &in->opts->sets, &in->opts->no_sets, &d->overrides);
	/* Rules ask the driver's sources: our sets must not be in them yet. */
	gp_reask(in, d, &view);
	if (gp_klines_find(in, d, &view, err) < 0)
		return -1;
	if (decide_kernels(in, d, err) < 0 || decide_branch(in, d, err) < 0 || decide_altered(in, d, err) < 0 ||
	    gp_late_decide(in, d, err) < 0)
		return -1;
	warn_card(in, d);
	return prepare_hooks(in, d, err) < 0 ? -1 : gp_user_half_decide(in, d, err);
}

/* Blocked by more than a line's own status, which a rule that asks the sources may overrule. */
static bool is_blocked_by_rule(const struct gp_choice *c)
{
	for (size_t i = 0; i < c->nrules; i++)
		if (c->rules[i].j.holds == GP_TRI_YES && c->rules[i].rule->status == GP_STATUS_BLOCKED)
			return true;
	return false;
}

/* One that the sources, or patches of the user's, may still make better is not. */
static bool is_final(const struct gp_inputs *in, const struct gp_choice *c)
{
	if (c->verdict != GP_VERDICT_BLOCKED)
		return c->verdict == GP_VERDICT_UNKNOWN;
	return !in->nuser && (!c->needs_driver || is_blocked_by_rule(c));
}

int gp_decide_early(const struct gp_inputs *in, struct gp_str modules, struct gp_selection *selection,
		    struct gp_err *err)
{
	gp_auto(gp_decision_release) struct gp_decision d = { 0 };
	struct gp_query q = { .driver = in->driver.version,
			      .host = in->driver.host,
			      .modules = modules,
			      .kind = in->driver.kind,
			      .kernels = in->targets.v,
			      .nkernels = in->targets.n };
	int rc = 0;

	/* What fails here fails when all is read, and is told then. */
	if (gp_catalog_select(&in->catalog, &q, &d.selection, NULL) < 0)
		return 0;
	gp_selection_override(&in->catalog, &d.selection, &in->opts->sets, &in->opts->no_sets, &d.overrides);
	for (size_t i = 0; i < d.selection.nkernels && rc == 0; i++)
		if (!in->targets.may_skip[i] && is_final(in, &d.selection.kernels[i]))
			rc = decide_kernel(in, &d, &d.selection.kernels[i], err);
	if (rc < 0)
		GP_SWAP(d.selection, *selection);
	return rc;
}

/* All is decided, nothing is changed. */
int gp_decide_lock(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err)
{
	gp_assert(!in->in_place);
	if (in->opts->lock || in->opts->write_lock)
		gp_lock_text(in, d, &d->lock);
	if (in->opts->lock && gp_lock_compare(&in->lock, gp_buf_str(&d->lock), &d->why, err) < 0)
		return -1;
	d->lock_holds = in->opts->lock;
	return 0;
}

void gp_decision_release(struct gp_decision *d)
{
	gp_selection_release(&d->selection);
	gp_reask_release(&d->reask);
	gp_klines_release(&d->blocked);
	gp_list_release(&d->skipped);
	gp_hooks_release(&d->hooks);
	gp_list_release(&d->hook_sets);
	gp_applied_list_release(&d->hooks_applied);
	free(d->hooks_why);
	gp_buf_release(&d->lock);
	gp_buf_release(&d->why);
	gp_list_release(&d->warnings);
	gp_list_release(&d->overrides);
}
