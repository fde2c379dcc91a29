/* SPDX-License-Identifier: MIT */
#include "ops/job/judge.h"

#include <stdio.h>
#include <string.h>

#include "base/path.h"

static void warn(struct gp_patch_job *j, const char *fmt, ...) GP_PRINTF(2, 3);
static void overridden(struct gp_patch_job *j, const char *fmt, ...) GP_PRINTF(2, 3);

static void take(struct gp_list *l, const char *fmt, va_list ap) GP_PRINTF(2, 0);

static void take(struct gp_list *l, const char *fmt, va_list ap)
{
	char text[512];

	vsnprintf(text, sizeof(text), fmt, ap);
	gp_list_add(l, text);
}

static void warn(struct gp_patch_job *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	take(&j->warnings, fmt, ap);
	va_end(ap);
}

static void overridden(struct gp_patch_job *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	take(&j->overrides, fmt, ap);
	va_end(ap);
}

/* --- which sets --- */

int gp_judge_set_names(const struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	return gp_catalog_has_sets(&j->catalog, &o->sets, &o->no_sets, err);
}

void gp_judge_sets(struct gp_patch_job *j, const struct gp_patch_opts *o)
{
	gp_selection_override(&j->catalog, &j->selection, &o->sets, &o->no_sets, &j->overrides);
}

/* --- kernels --- */

bool gp_judge_skips(const struct gp_patch_job *j, const struct gp_patch_opts *o, size_t i)
{
	enum gp_verdict v = j->selection.kernels[i].verdict;

	return j->targets.may_skip[i] && ((v == GP_VERDICT_BLOCKED && !(o->allow & GP_ALLOW_BLOCKED)) ||
					  (v == GP_VERDICT_UNKNOWN && !o->proved && !(o->allow & GP_ALLOW_UNKNOWN)));
}

static const char *first(const struct gp_list *l, const char *otherwise)
{
	return l->n ? l->v[0] : otherwise;
}

static void say_blocked(const struct gp_patch_job *j, const struct gp_choice *c, struct gp_err *err)
{
	gp_fail(err, GP_E_NO, "kernel %s is blocked for driver %s: %s%s%s", c->release.text, j->driver.version.text,
		first(&c->reasons, "no reason given"), c->instead.n ? " Instead: " : "", first(&c->instead, ""));
}

static void say_unknown(const struct gp_choice *c, struct gp_err *err)
{
	gp_fail(err, GP_E_NO,
		"kernel %s is of no known line (nearest: %s); --allow unknown goes on anyway, "
		"--build after a proof",
		c->release.text, c->nearest ? c->nearest->name : "none");
}

/* 0 fine, 1 skip it, -1 stop. */
static int judge_kernel(struct gp_patch_job *j, const struct gp_choice *c, const struct gp_patch_opts *o,
			struct gp_err *err)
{
	unsigned allow = o->allow;
	const char *r = c->release.text;

	switch (c->verdict) {
	case GP_VERDICT_BLOCKED:
		if (!(allow & GP_ALLOW_BLOCKED)) {
			say_blocked(j, c, err);
			return -1;
		}
		warn(j, "going on as --allow blocked asks, though kernel %s is blocked: %s", r, first(&c->reasons, ""));
		overridden(j, "blocked kernel %s", r);
		return 0;
	case GP_VERDICT_UNKNOWN:
		if (o->proved) {
			warn(j, "kernel %s is of no known line, but the modules build for it", r);
			overridden(j, "unknown kernel %s, proved by a build", r);
			return 0;
		}
		if (!(allow & GP_ALLOW_UNKNOWN)) {
			say_unknown(c, err);
			return -1;
		}
		warn(j, "kernel %s is of no known line; going on as --allow unknown asks", r);
		overridden(j, "unknown kernel %s", r);
		return 0;
	case GP_VERDICT_UNTESTED:
		warn(j, "kernel %s is untested with driver %s%s%s", r, j->driver.version.text, c->reasons.n ? ": " : "",
		     first(&c->reasons, ""));
		return 0;
	case GP_VERDICT_NO_EVIDENCE:
		warn(j, "there is no evidence about driver %s on kernel %s%s%s", j->driver.version.text, r,
		     c->reasons.n ? ": " : "", first(&c->reasons, ""));
		return 0;
	case GP_VERDICT_SUPPORTED: break;
	}
	return 0;
}

int gp_judge_kernels(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	size_t good = 0;

	for (size_t i = 0; i < j->selection.nkernels; i++) {
		const struct gp_choice *c = &j->selection.kernels[i];
		struct gp_err why = { 0 };

		if (judge_kernel(j, c, o, &why) == 0) {
			good++;
			if (c->load == GP_LOAD_NO)
				warn(j, "nvidia-vgpu-vfio cannot load on kernel %s", c->release.text);
			continue;
		}
		if (!j->targets.may_skip[i]) {
			if (err)
				*err = why;
			return -1;
		}
		gp_list_take(&j->targets.skipped, gp_asprintf("%s: %s", c->release.text, why.cause));
	}
	if (!good)
		return gp_fail(err, GP_E_NO, "none of the installed kernels can be used: %s",
			       first(&j->targets.skipped, "there is none"));
	return 0;
}

/* Does one of the set's patches change path? Names of DKMS patches are relative
 * to kernel/, so the question is asked by what lies in the tree. */
static bool shared(const struct gp_patchset *p, const struct gp_list *paths)
{
	gp_auto(gp_list_release) struct gp_list own = { 0 };

	if (gp_patchset_paths(p, &own, NULL) < 0)
		return true;
	for (size_t i = 0; i < own.n; i++)
		if (gp_list_has(paths, own.v[i]))
			return true;
	return false;
}

/* What the package's own DKMS patches change: kernel/patches/NAME, applied with
 * -p1 in kernel/ (dkms(8), PATCH). */
static void dkms_paths(const struct gp_patch_job *j, const struct gp_list *names, struct gp_list *paths)
{
	for (size_t i = 0; i < names->n; i++) {
		gp_auto(gp_free_ptr) char *file = gp_path_join("kernel/patches", names->v[i]);
		gp_auto(gp_diff_release) struct gp_diff d = { 0 };
		struct gp_str text;

		if (gp_tree_read(&j->driver.tree, file, &text, NULL) < 0 || gp_diff_parse(text, &d, NULL) < 0)
			continue;
		for (size_t k = 0; k < d.nfile; k++) {
			char *path = gp_diff_target(&d.file[k], 1, false, NULL);

			if (path)
				gp_list_take(paths, gp_path_join("kernel", path));
			gp_free_ptr(&path);
		}
	}
}

/* Ours were tried on top of the sets, and are tried again (gp_late_plan()). */
static int judge_dkms(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 }, paths = { 0 };
	const struct gp_selection *s = &j->selection;
	struct gp_str conf;

	if (!j->driver.altered.dkms_patches.n)
		return 0;
	if (o->drop_dkms_patches) {
		overridden(j, "dropped %zu DKMS patches", j->driver.altered.dkms_patches.n);
		return 0;
	}
	if (gp_tree_read(&j->driver.tree, "kernel/dkms.conf", &conf, err) < 0)
		return -1;
	gp_dkms_patches_of_others(conf, &names);
	dkms_paths(j, &names, &paths);
	for (size_t i = 0; i < s->neutral.n; i++)
		if (shared(s->neutral.v[i].set, &paths))
			return gp_fail(err, GP_E_NO,
				       "dkms.conf applies '%s' to files that set '%s' changes; "
				       "--drop-dkms-patches takes it out",
				       first(&names, ""), s->neutral.v[i].set->name);
	for (size_t i = 0; i < j->nuser; i++)
		if (!*o->matches.v[i] && shared(&j->user[i], &paths))
			return gp_fail(err, GP_E_NO,
				       "dkms.conf applies '%s' to files that '%s' changes; "
				       "--drop-dkms-patches takes it out",
				       first(&names, ""), j->user[i].dir);
	return 0;
}

int gp_judge_altered(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	const struct gp_altered *a = &j->driver.altered;

	if (a->licence && !(o->allow & GP_ALLOW_ALTERED))
		return gp_fail(err, GP_E_NO,
			       "altered: nvidia.ko's licence tag is '%s', not NVIDIA's; "
			       "--allow altered goes on anyway",
			       a->licence);
	if (a->licence) {
		warn(j, "nvidia.ko's licence tag is '%s': somebody changed it; gridpatch leaves it", a->licence);
		overridden(j, "altered licence tag");
	}
	if (a->hooks == GP_UNLOCK_PARTIAL && !(o->allow & GP_ALLOW_ALTERED))
		return gp_fail(err, GP_E_NO, "altered: hooks are there, but not %s; --allow altered goes on anyway",
			       a->missing);
	if (a->hooks == GP_UNLOCK_PARTIAL)
		overridden(j, "half integrated hooks");
	return judge_dkms(j, o, err);
}

int gp_judge_hooks_wanted(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	const struct gp_driver *d = &j->driver;
	bool host = d->kind == GP_KIND_HOST || d->kind == GP_KIND_MERGED;

	j->hooks_action = GP_HOOKS_NONE;
	if (d->altered.hooks == GP_UNLOCK_COMPLETE) {
		if (o->no_hooks)
			warn(j, "--no-hooks adds none, but does not take out those in %s", d->altered.hooks_file);
		j->hooks_action = GP_HOOKS_THERE;
		return 0;
	}
	if (o->no_hooks || (!host && !o->hooks)) {
		j->hooks_why = gp_strdup(o->no_hooks ? "--no-hooks" :
						       "this is no vGPU host driver: there is nothing to unlock");
		return 0;
	}
	if (!d->has_kernel && d->has_kernel_open)
		return gp_fail(err, GP_E_NO, "only kernel-open/ is in it: hooks need the proprietary kernel/ tree");
	if (d->rf.header.target_arch && strcmp(d->rf.header.target_arch, "x86_64") != 0)
		return gp_fail(err, GP_E_NO, "hooks exist for x86_64 only, this is for %s; give --no-hooks",
			       d->rf.header.target_arch);
	if (!host)
		warn(j, "a %s driver has nothing that hooks could unlock; integrating them as --hooks asks",
		     gp_kind_name(d->kind));
	j->hooks_action = GP_HOOKS_INTEGRATED;
	return 0;
}

/* The constant of hooks that are in the package already. */
static enum gp_hooks_table table_there(const struct gp_patch_job *j)
{
	struct gp_str text;

	if (!j->driver.altered.hooks_file ||
	    gp_tree_read(&j->driver.tree, j->driver.altered.hooks_file, &text, NULL) < 0)
		return GP_TABLE_UNKNOWN;
	return gp_hooks_table(text);
}

static int refuse_hooks(struct gp_patch_job *j, const struct gp_patch_opts *o, const char *what, const char *advice,
			const char *hint, struct gp_err *err)
{
	if (!(o->allow & GP_ALLOW_HOOKS))
		return gp_fail(err, GP_E_NO, "%s %s; give %s, or --no-hooks (%s--allow hooks goes on anyway)", what,
			       j->driver.version.text, advice, hint);
	warn(j, "%s %s: they build, but may never unlock", what, j->driver.version.text);
	overridden(j, "hooks that may not fit");
	return 0;
}

int gp_judge_hooks_table(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	static const char lack[] = "hooks lack the table constant for";
	enum gp_hooks need = j->selection.hooks;
	enum gp_hooks_table have = j->hooks_action == GP_HOOKS_THERE ? table_there(j) : j->hooks.table;

	if (j->hooks_action == GP_HOOKS_NONE)
		return 0;
	if (j->hooks_action == GP_HOOKS_INTEGRATED && !j->hooks.known)
		warn(j, "this copy of vgpu_unlock_hooks.c is not one of the two known ones; using it");
	if (need == GP_HOOKS_NEWER_TABLE && have == GP_TABLE_OLDER)
		return refuse_hooks(j, o, lack, "--hooks-patch FILE",
				    o->no_hooks_patch ? "" :
							"'gridpatch fetch-hooks' puts " GP_HOOKS_PATCH
							" beside them, and then it is used; ",
				    err);
	if (need == GP_HOOKS_UPSTREAM && have == GP_TABLE_NEWER)
		return refuse_hooks(j, o, "hooks have the newer table constant, not that of",
				    "upstream's unpatched copy", "", err);
	if (need == GP_HOOKS_UNPROVED && !j->hooks.patched)
		return refuse_hooks(j, o, lack, "--hooks-patch FILE", "", err);
	if (need == GP_HOOKS_UNPROVED || need == GP_HOOKS_UNSET)
		warn(j, "nobody has shown that hooks unlock driver %s", j->driver.version.text);
	return 0;
}
