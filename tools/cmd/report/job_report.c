/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/path.h"
#include "base/tri.h"
#include "core/driver/hooksrc.h"
#include "core/driver/instcmd.h"
#include "core/payload/codec.h"
#include "core/rules/rule.h"
#include "ops/job/decide.h"
#include "ops/job/dkmspatch.h"
#include "ops/job/patchjob.h"
#include "ops/job/reask.h"
#include "ops/run/repack.h"
#include "ops/select/select.h"
#include "ops/tree/tree.h"
#include "cmd/report/gpu_report.h"
#include "cmd/report/report.h"
#include "cmd/report/userhalf_report.h"

/* Behind -v, with all that was decided and done? */
static bool all_of(const struct gp_args *a)
{
	return a->verbose || a->explain;
}

static void say_hooks(const struct gp_args *a, const struct gp_patch_job *j)
{
	enum gp_hooks need = j->decided.selection.hooks;

	if (j->decided.hooks_action == GP_HOOKS_NONE)
		gp_say(a, "hooks      none: %s\n", j->decided.hooks_why ? j->decided.hooks_why : "not wanted");
	else if (j->decided.hooks_action == GP_HOOKS_THERE)
		gp_say(a, "hooks      already in %s\n", j->in.driver.altered.hooks_file);
	else
		gp_say(a, "hooks      from %s: %s copy, %s table constant\n", j->decided.hooks.dir,
		       j->decided.hooks.known ? "known" : "unrecognised", gp_hooks_table_name(j->decided.hooks.table));
	if (j->decided.hooks.patched)
		gp_say(a, "  with     patch %s%s\n", j->decided.hooks.patch,
		       a->patch.hooks_patch ? "" : ", which lies beside them and this driver needs");
	for (size_t i = 0; i < j->decided.hook_sets.n && all_of(a); i++)
		gp_say(a, "  with     set %s\n", j->decided.hook_sets.v[i]);
	if (j->decided.hooks_action != GP_HOOKS_NONE && (all_of(a) || need == GP_HOOKS_UNPROVED))
		gp_say(a, "  unlock   %s\n",
		       need == GP_HOOKS_UPSTREAM    ? "this driver works with upstream's hooks" :
		       need == GP_HOOKS_NEWER_TABLE ? "this driver needs the newer table constant" :
						      "not proved for this driver");
}

/* Where a rule answers otherwise: "6.12.9; lines 6.12 to 7.2". */
static void say_places(const struct gp_args *a, const struct gp_reasked *x)
{
	const struct gp_list *l = &x->lines;

	for (size_t i = 0; i < x->kernels.n; i++)
		gp_say(a, "%s%s", i ? ", " : " ", x->kernels.v[i]);
	if (l->n)
		gp_say(a, "%s %s %s%s%s", x->kernels.n ? ";" : "", l->n > 1 ? "lines" : "line", l->v[0],
		       l->n > 1 ? " to " : "", l->n > 1 ? l->v[l->n - 1] : "");
}

static const char *rule_answer(const struct gp_judgement *j)
{
	return j->taken ? "taken" : j->holds == GP_TRI_UNKNOWN ? "unknown" : "not taken";
}

/* What the rules say of the sources as the user's patches leave them. */
static void say_reask(const struct gp_args *a, const struct gp_patch_job *j)
{
	const struct gp_reask *r = &j->decided.reask;

	for (size_t i = 0; i < r->n; i++) {
		const struct gp_reasked *x = &r->v[i];

		gp_say(a, "by patches rule %s:%u on", gp_data_name(x->rule->file), x->rule->lineno);
		say_places(a, x);
		gp_say(a, "\n  before   %s: %s\n", rule_answer(&x->was), x->was.why);
		gp_say(a, "  now      %s: %s\n", rule_answer(&x->is), x->is.why);
	}
	for (size_t k = 0; r->was && k < j->decided.selection.nkernels; k++)
		if (r->was[k] != j->decided.selection.kernels[k].verdict)
			gp_say(a, "by patches kernel %s is %s, without them %s\n",
			       j->decided.selection.kernels[k].release.text,
			       gp_verdict_name(j->decided.selection.kernels[k].verdict), gp_verdict_name(r->was[k]));
	if (r->opened && !j->decided.has_only)
		gp_say(a, "by patches DKMS may build on %s\n", r->opened);
	if (r->shut && !j->decided.has_only)
		gp_say(a, "by patches DKMS leaves %s alone\n", r->shut);
}

/* What waits in kernel/patches/. */
static void say_late(const struct gp_args *a, const struct gp_patch_job *j)
{
	const struct gp_late_list *l = &j->changed.late;
	const char *last = "";

	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(last, l->v[i].match) != 0)
			gp_say(a, "by DKMS    when the release matches %s\n", l->v[i].match);
		last = l->v[i].match;
		gp_say(a, "  %s of %s%s%s\n", l->v[i].name, l->v[i].set,
		       l->v[i].there ? ": is there already" : " as patches/", l->v[i].there ? "" : l->v[i].file);
	}
	if (l->applied.n)
		gp_say(a, "tried, as DKMS will apply them:\n");
	gp_say_applied(a, &l->applied);
}

static void say_changes(const struct gp_args *a, const struct gp_patch_job *j)
{
	static const char *const mark[] = { " ", "M", "A", "D" };
	const struct gp_tree *t = &j->in.driver.tree;

	gp_say(a, "changed    %zu file%s\n", gp_tree_changes(t), gp_tree_changes(t) == 1 ? "" : "s");
	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state != GP_TFILE_SAME && !(t->file[i].state == GP_TFILE_DELETED && !t->file[i].was))
			gp_say(a, "  %s %s\n", mark[t->file[i].state], t->file[i].path);
	if (j->changed.exclusive && a->verbose)
		gp_say(a, "  DKMS     BUILD_EXCLUSIVE_KERNEL='%s'\n", j->changed.exclusive);
}

/* The command for one kernel; for several, one line each. */
static void instcmd(const struct gp_patch_job *j, const struct gp_query_kernel *k, struct gp_buf *out)
{
	bool own = k && !j->in.targets.running;
	struct gp_instcmd c = { .run = j->in.out,
				.driver = j->in.driver.version,
				.release = own ? k->release.text : NULL,
				.two_trees = j->in.driver.has_kernel && j->in.driver.has_kernel_open };
	/* sh looks a bare name up in PATH first. */
	gp_auto(gp_free_ptr) char *dotted = gp_asprintf("./%s", j->in.out);

	if (!strchr(j->in.out, '/'))
		c.run = dotted;
	/* A split tree (Debian's) is found by the installer itself. */
	if (own && k->headers && !k->headers->split && strncmp(k->headers->sysout, "/lib/modules/", 13) != 0 &&
	    strncmp(k->headers->sysout, "/usr/src/", 9) != 0)
		c.source_path = k->headers->syssrc;
	gp_instcmd_format(&c, out);
}

static void say_repack(const struct gp_args *a, const struct gp_patch_job *j)
{
	const struct gp_repack_report *r = &j->written.repack;
	const char *codec = gp_codec_name(r->codec);
	char size[32];

	if (r->spliced && j->written.output)
		gp_say(a, "repack     splice: %s of %s written anew%s\n", gp_say_size(r->added, size), codec,
		       j->in.driver.rf.from_index ? ", nothing decoded (index)" : "");
	else if (r->spliced)
		gp_say(a, "repack     splice\n");
	else if (j->written.output)
		gp_say(a, "repack     full: %s; %s level %d\n", r->why, codec, r->level);
	else
		gp_say(a, "repack     full: %s\n", r->why);
}

static void say_end(const struct gp_args *a, const struct gp_patch_job *j)
{
	char size[32];

	if (all_of(a))
		gp_say_covers(a, &j->decided.selection);
	if (j->decided.lock_holds)
		gp_say(a, "lock       %s: everything is as it was\n", a->patch.lock);
	/* That all had to be compressed anew takes its time, and has a reason. */
	if (all_of(a) || !j->written.repack.spliced)
		say_repack(a, j);
	if (j->written.output)
		gp_say(a, "wrote      %s, %s\n", j->in.to_stdout ? "standard output" : j->in.out,
		       gp_say_size(j->written.repack.out_size, size));
	else
		gp_say(a, "dry run    %s would be written\n", j->in.out);
	if (j->written.lock)
		gp_say(a, "wrote      %s, the lock file\n", a->patch.write_lock);
	gp_say(a, "\nFor your own machines: NVIDIA's licence does not let you pass it on. Install with\n");
	for (size_t i = 0; i < j->in.targets.n; i++) {
		gp_auto(gp_buf_release) struct gp_buf line = { 0 };

		if (gp_decision_skips(&j->in, &j->decided, i))
			continue;
		instcmd(j, &j->in.targets.v[i], &line);
		gp_say(a, "  %s\n", line.data);
	}
}

/* The sets that went in, by their names, and how. */
static void say_sets(const struct gp_args *a, const struct gp_patch_job *j)
{
	const struct gp_applied_list *l = &j->changed.applied;
	size_t changes = gp_tree_changes(&j->in.driver.tree);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	const char *last = "";

	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(last, l->v[i].set) != 0)
			gp_buf_printf(&text, "%s%s", i ? " " : "", l->v[i].set);
		last = l->v[i].set;
	}
	gp_buf_puts(&text, l->n ? ": " : "none: ");
	gp_applied_tally(l, &text);
	gp_buf_printf(&text, ", %zu file%s changed", changes, changes == 1 ? "" : "s");
	gp_say_wrapped(a, "sets", text.data);
}

static void say_driver(const struct gp_args *a, const struct gp_patch_job *j)
{
	if (!all_of(a) && a->several)
		gp_say(a, "installer  %s\n", gp_path_base(j->in.driver.rf.path));
	if (!all_of(a))
		gp_report_known(a, &j->in.driver);
	else if (j->in.driver.rf.open)
		gp_report_driver(a, &j->in.driver);
	else
		gp_report_tree(a, &j->in.driver);
}

static void say_decided(const struct gp_args *a, const struct gp_patch_job *j)
{
	if (all_of(a))
		gp_report_selection(a, &j->decided.selection);
	else
		gp_report_verdicts(a, &j->decided.selection);
}

/* What to type where a kernel stopped it. */
static void say_next(const struct gp_args *a, const struct gp_patch_job *j)
{
	const struct gp_selection *s = &j->decided.selection;

	if (!gp_selection_reason(s, &j->in.driver.version, a->patch.allow))
		return;
	for (size_t i = 0; i < s->nkernels; i++)
		if (s->kernels[i].verdict == GP_VERDICT_BLOCKED || s->kernels[i].verdict == GP_VERDICT_UNKNOWN)
			gp_say(a, "next       gridpatch advise -k %s\n", s->kernels[i].release.text);
}

static void say_done(const struct gp_args *a, const struct gp_patch_job *j)
{
	if (all_of(a))
		gp_say_applied(a, &j->changed.applied);
	else
		say_sets(a, j);
}

void gp_report_job(const struct gp_args *a, const struct gp_patch_job *j)
{
	gp_auto(gp_list_release) struct gp_list skipped = { 0 };

	if (!j->in.driver.version.n)
		return; /* it stopped before anything was known */
	say_driver(a, j);
	say_decided(a, j);
	if (gp_kind_makes_vgpus(j->in.driver.kind))
		gp_say_gpus(a, &j->in.gpus, &j->in.driver.version, &j->decided.selection);
	say_reask(a, j);
	gp_patch_job_skipped(j, &skipped);
	for (size_t i = 0; i < skipped.n; i++)
		gp_say(a, "skipped    %s\n", skipped.v[i]);
	for (size_t i = 0; i < j->decided.overrides.n; i++)
		gp_say(a, "override   %s\n", j->decided.overrides.v[i]);
	if (!j->changed.targetdir) {
		say_next(a, j);
		return; /* a judge or a hunk stopped it: the error says the rest */
	}
	say_done(a, j);
	say_late(a, j);
	say_hooks(a, j);
	gp_say_user_half(a, j);
	gp_say_clones(a, &j->changed.clones);
	if (all_of(a))
		say_changes(a, j);
	if (j->written.done && j->in.tree)
		gp_report_inplace(a, j);
	else if (j->written.done)
		say_end(a, j);
}

static struct json_object *json_hooks(const struct gp_patch_job *j)
{
	static const char *const action[] = { "none", "integrated", "already there" };
	bool own = j->decided.hooks_action == GP_HOOKS_INTEGRATED;

	return gp_json_object(
		GP_J("action", action[j->decided.hooks_action]), GP_J("why", j->decided.hooks_why),
		GP_J("needed",
		     j->decided.selection.hooks ? gp_json_text(gp_hooks_name(j->decided.selection.hooks)) : NULL),
		GP_J("dir", own ? j->decided.hooks.dir : NULL), GP_J("sha256", own ? j->decided.hooks.sha256 : NULL),
		GP_J("patch", j->decided.hooks.patch),
		GP_J("patch_sha256", j->decided.hooks.patched ? j->decided.hooks.patch_sha256 : NULL),
		GP_J("known", own ? json_object_new_boolean(j->decided.hooks.known) : NULL),
		GP_J("table", own ? gp_hooks_table_name(j->decided.hooks.table) : NULL),
		GP_J("sets", &j->decided.hook_sets));
}

static struct json_object *json_late(const struct gp_late *l)
{
	return gp_json_object(GP_J("set", l->set), GP_J("patch", l->name), GP_J("match", l->match),
			      GP_J("file", l->file), GP_J("already", l->there));
}

static struct json_object *json_changes(const struct gp_tree *t)
{
	static const char *const operation[] = { "", "changed", "created", "deleted" };
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state != GP_TFILE_SAME)
			json_object_array_add(list, gp_json_object(GP_J("path", t->file[i].path),
								   GP_J("operation", operation[t->file[i].state])));
	return list;
}

static struct json_object *json_answer(const struct gp_judgement *j)
{
	return gp_json_object(GP_J("taken", j->taken), GP_J("holds", gp_tri_name(j->holds)), GP_J("why", j->why));
}

static struct json_object *json_reasked(const struct gp_reasked *x)
{
	return gp_json_object(GP_J("file", x->rule->file), GP_J("line", x->rule->lineno), GP_J("kernels", &x->kernels),
			      GP_J("lines", &x->lines), GP_J("before", json_answer(&x->was)),
			      GP_J("now", json_answer(&x->is)));
}

static struct json_object *json_reask(const struct gp_patch_job *j)
{
	const struct gp_reask *r = &j->decided.reask;

	if (!r->was)
		return NULL;
	return gp_json_object(
		GP_J("rules", GP_JSON_EACH(i, r->n, json_reasked(&r->v[i]))),
		GP_J("verdicts_before", GP_JSON_EACH(k, j->decided.selection.nkernels, gp_verdict_name(r->was[k]))),
		GP_J("lines_opened", r->opened), GP_J("lines_shut", r->shut));
}

struct json_object *gp_json_changes(const struct gp_args *a, const struct gp_patch_job *j)
{
	struct json_object *o = json_object_new_object();
	gp_auto(gp_list_release) struct gp_list warnings = { 0 }, skipped = { 0 };
	const struct gp_buf *why = gp_patch_job_why(j);

	gp_patch_job_warnings(j, &warnings);
	gp_patch_job_skipped(j, &skipped);
	if (j->in.driver.version.n)
		gp_json_fill(o, GP_J("driver", gp_json_driver(&j->in.driver)),
			     GP_J("selection", gp_json_selection(&j->decided.selection)));
	if (j->in.gpus.n && j->in.driver.version.n && gp_kind_makes_vgpus(j->in.driver.kind))
		gp_json_fill(o, GP_J("gpus", gp_json_gpus(&j->in.gpus, &j->in.driver.version, &j->decided.selection)));
	gp_json_fill(o, GP_J("patches", gp_json_applied(&j->changed.applied)), GP_J("by_patches", json_reask(j)),
		     GP_J("dkms_patches", GP_JSON_EACH(i, j->changed.late.n, json_late(&j->changed.late.v[i]))),
		     GP_J("dkms_tried", gp_json_applied(&j->changed.late.applied)), GP_J("hooks", json_hooks(j)),
		     GP_J("changes", json_changes(&j->in.driver.tree)), GP_J("warnings", &warnings),
		     GP_J("overrides", &j->decided.overrides), GP_J("skipped", &skipped),
		     GP_J("exclusive", j->changed.exclusive), GP_J("why", why->len ? gp_json_text(why->data) : NULL),
		     GP_J("lock", j->decided.lock_holds ? a->patch.lock : NULL));
	return o;
}

struct json_object *gp_json_job(const struct gp_args *a, const struct gp_patch_job *j)
{
	const size_t told = j->written.done && !j->in.tree ? j->in.targets.n : 0;
	struct json_object *o = gp_json_changes(a, j), *cmds = json_object_new_array();

	gp_json_fill(o, GP_J("userspace", gp_json_user_half(j)),
		     GP_J("profile_clones", gp_json_clones(&j->changed.clones)),
		     GP_J("lock_written", j->written.lock ? a->patch.write_lock : NULL),
		     GP_J("output", !j->written.output ? NULL :
				    j->in.to_stdout    ? "-" :
							 j->in.out));
	if (j->written.output)
		gp_json_fill(
			o, GP_J("output_size", j->written.repack.out_size),
			GP_J("repack", j->written.repack.spliced ? "splice" : "full"),
			GP_J("index", j->in.driver.rf.from_index), GP_J("repack_why", j->written.repack.why),
			GP_J("level", j->written.repack.spliced ? NULL : json_object_new_int(j->written.repack.level)));
	for (size_t i = 0; i < j->written.inplace.commands.n; i++)
		json_object_array_add(cmds, gp_json_text(j->written.inplace.commands.v[i]));
	for (size_t i = 0; i < told; i++) {
		gp_auto(gp_buf_release) struct gp_buf line = { 0 };

		if (gp_decision_skips(&j->in, &j->decided, i))
			continue;
		instcmd(j, &j->in.targets.v[i], &line);
		json_object_array_add(cmds, gp_json_text(line.data));
	}
	gp_json_fill(o, GP_J("install", cmds));
	if (j->in.tree)
		gp_json_fill(o, GP_J("tree", gp_json_inplace(j->in.tree, &j->written.inplace)));
	return o;
}
