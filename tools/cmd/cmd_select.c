/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "base/fsio.h"
#include "base/json.h"
#include "core/rules/branch.h"
#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "ops/driver/driver.h"
#include "ops/job/inputs.h"
#include "ops/proof/source.h"
#include "ops/run/given.h"
#include "ops/select/catalog.h"
#include "ops/select/select.h"
#include "ops/select/target.h"
#include "ops/tree/tree.h"
#include "cmd/report/gpu_report.h"
#include "cmd/report/input.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

/* What the question is about, and what answers it. */
struct question {
	const char *name; /* of an installer or a tree, or NULL */
	struct gp_driver driver;
	bool have_driver;
	struct gp_source source; /* with dir: driver reads it */
	struct gp_targets targets;
	struct gp_catalog catalog;
	const struct gp_platform *platform; /* NULL */
	struct gp_gpu_list gpus;
	struct gp_wanted wanted; /* by --driver */
	struct gp_query query;
	struct gp_selection answer;
	struct gp_list overrides;
};

static int by_version(const struct gp_args *a, struct question *q, struct gp_err *err)
{
	if (a->positional.n)
		return gp_fail(err, GP_E_USAGE, "give an installer or --driver, not both");
	q->query.kind = gp_args_kind(a);
	if (gp_wanted_parse(a->driver, &q->catalog.branches, q->query.kind, &q->wanted, err) < 0)
		return -1;
	q->query.driver = q->wanted.branch ? q->wanted.branch->versions[q->wanted.branch->n - 1] : q->wanted.version;
	return 0;
}

static int open_driver(const struct gp_args *a, struct question *q, const char *path, struct gp_err *err)
{
	struct gp_driver_opts o = { .given = &a->given, .cancel = gp_main_cancel(), .progress = gp_progress_begin(a) };
	struct gp_source_opts s = { .given = o.given, .cancel = o.cancel, .progress = o.progress };
	bool dir = gp_given_dir(&a->given, path);
	int rc = dir ? gp_source_open(&q->source, path, &s, err) : gp_driver_open(&q->driver, path, &o, err);

	gp_progress_end();
	if (rc < 0 || !dir)
		return rc;
	return gp_driver_open_dir(&q->driver, q->source.dir, &q->source.rf, err);
}

static int by_installer(struct gp_args *a, struct question *q, struct gp_err *err)
{
	if (a->positional.n != 1)
		return gp_fail(err, GP_E_USAGE, "give an installer or --driver VERSION; see 'gridpatch select --help'");
	if (a->kind >= 0)
		return gp_fail(err, GP_E_USAGE, "--kind goes with --driver: an installer says its kind");
	q->name = a->positional.v[0];
	if (gp_take_input(a, GP_INPUT_DRIVER, &q->name, err) < 0 || open_driver(a, q, q->name, err) < 0)
		return -1;
	q->have_driver = true;
	q->query.driver = q->driver.version;
	q->query.kind = q->driver.kind;
	q->query.driver_file = gp_driver_file;
	q->query.arg = &q->driver;
	q->query.modules = q->driver.manifest.modules;
	return 0;
}

static bool branch_is_known(const struct question *q)
{
	return gp_branch_known(&q->catalog.branches, gp_version_branch(&q->query.driver));
}

/* Blocked and unknown kernels are a "no", and so is a branch of which nobody has
 * heard. */
static int verdict(const struct question *q, struct gp_err *err)
{
	const struct gp_selection *s = &q->answer;

	for (size_t i = 0; i < s->nkernels; i++) {
		const struct gp_choice *c = &s->kernels[i];

		if (c->verdict == GP_VERDICT_BLOCKED)
			return gp_fail(err, GP_E_NO, "kernel %s is blocked: %s", c->release.text,
				       c->reasons.n ? c->reasons.v[0] : "no reason given");
		if (c->verdict == GP_VERDICT_UNKNOWN)
			return gp_fail(err, GP_E_NO, "kernel %s belongs to no known line (nearest: %s, data of %s)",
				       c->release.text, c->nearest ? c->nearest->name : "none",
				       gp_catalog_date(&q->catalog));
	}
	if (gp_branch_check(&q->catalog.branches, gp_version_branch(&q->query.driver), err) < 0)
		return -1;
	return gp_gpus_check(&q->gpus, q->query.kind, &q->query.driver, err);
}

/* What became of the other drivers of a branch that was asked about. */
static int say_branch(const struct gp_args *a, const struct question *q, struct gp_err *err)
{
	struct gp_support_opts o = { .kind = q->query.kind, .nkernels = q->targets.n };
	struct gp_release *kernels = gp_alloc((q->targets.n + 1) * sizeof(*kernels));
	struct gp_support t;
	int rc;

	for (size_t i = 0; i < q->targets.n; i++)
		kernels[i] = q->targets.v[i].release;
	o.kernels = kernels;
	o.branch = q->wanted.branch->number;
	rc = gp_support_make(&q->catalog, &o, &t, err);
	if (rc == 0)
		gp_report_branch(a, &t);
	gp_support_release(&t);
	free(kernels);
	return rc;
}

static void say_version(const struct gp_args *a, const struct question *q)
{
	gp_say(a, "driver     %s (branch %u), taken to be %s%s%s%s\n", q->query.driver.text,
	       gp_version_branch(&q->query.driver), gp_kind_name(q->query.kind), q->wanted.release ? "; vGPU " : "",
	       q->wanted.release ? q->wanted.release : "",
	       q->wanted.branch ? "; the newest of its branch that is listed" : "");
}

/* All that the question needs, but the driver. */
static int prepare(struct gp_args *a, struct question *q, struct gp_err *err)
{
	unsigned tables = GP_DATA_EXPORTS | (a->platform ? GP_DATA_PLATFORMS : 0) | (a->gpu ? GP_DATA_CARDS : 0);

	if (gp_data_load(&a->patch.data, tables, &q->catalog, err) < 0 ||
	    (a->platform && gp_take_platform(a, gp_catalog_platforms(&q->catalog), &q->platform, err) < 0) ||
	    (a->gpu && gp_gpus_find(a->gpu, gp_catalog_cards(&q->catalog), NULL, &q->gpus, err) < 0))
		return -1;
	return gp_targets_find(&a->patch.kernels, &a->patch.headers, &q->targets, err);
}

static int answer(struct gp_args *a, struct question *q, struct gp_err *err)
{
	if (prepare(a, q, err) < 0 || gp_catalog_has_sets(&q->catalog, &a->patch.sets, &a->patch.no_sets, err) < 0 ||
	    (a->driver ? by_version(a, q, err) : by_installer(a, q, err)) < 0)
		return -1;
	q->query.kernels = q->targets.v;
	q->query.nkernels = q->targets.n;
	if (gp_catalog_select(&q->catalog, &q->query, &q->answer, err) < 0 ||
	    gp_selection_check_required(&q->catalog, &q->answer, &a->patch.sets, &a->patch.no_sets, err) < 0 ||
	    (q->have_driver && gp_tree_sound(&q->driver.tree, err) < 0))
		return -1;
	gp_selection_override(&q->catalog, &q->answer, &a->patch.sets, &a->patch.no_sets, &q->overrides);
	if (q->have_driver && gp_selection_fit(&q->answer, &q->driver.tree, err) < 0)
		return -1;
	if (q->have_driver && q->source.dir)
		gp_report_tree(a, &q->driver);
	else if (q->have_driver)
		gp_report_driver(a, &q->driver);
	else
		say_version(a, q);
	if (!branch_is_known(q))
		gp_say(a,
		       "  note     branch %u is unknown to kernel-versions/drivers: what is said of it comes from "
		       "rules without an end\n",
		       gp_version_branch(&q->query.driver));
	gp_say_platform(a, q->platform);
	for (size_t i = 0; i < q->targets.skipped.n; i++)
		gp_say(a, "skipped    %s\n", q->targets.skipped.v[i]);
	gp_report_selection(a, &q->answer);
	if (gp_kind_makes_vgpus(q->query.kind))
		gp_say_gpus(a, &q->gpus, &q->query.driver, &q->answer);
	if (q->wanted.branch && say_branch(a, q, err) < 0)
		return -1;
	for (size_t i = 0; i < q->overrides.n; i++)
		gp_say(a, "override   %s\n", q->overrides.v[i]);
	gp_say_covers(a, &q->answer);
	return verdict(q, err);
}

static struct json_object *json(const struct gp_args *a, const struct question *q)
{
	struct json_object *o = gp_json_object(GP_J("selection", gp_json_selection(&q->answer)),
					       GP_J("overrides", &q->overrides), GP_J("skipped", &q->targets.skipped));

	if (q->name)
		gp_json_fill(o, GP_J("input", gp_json_input(a, q->name)));
	if (q->query.driver.n)
		gp_json_fill(o, GP_J("driver", gp_json_fill(gp_json_version(&q->query.driver, q->query.kind),
							    GP_J("vgpu", q->wanted.release),
							    GP_J("listed", branch_is_known(q)))));
	if (q->platform)
		gp_json_fill(o, GP_J("platform", gp_json_platform(q->platform)));
	if (q->gpus.n && q->query.driver.n && gp_kind_makes_vgpus(q->query.kind))
		gp_json_fill(o, GP_J("gpus", gp_json_gpus(&q->gpus, &q->query.driver, &q->answer)));
	return o;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct question q = { 0 };
	int rc = answer(a, &q, err);

	if (a->json)
		r->root = json(a, &q);
	r->reason = gp_selection_reason(&q.answer, &q.query.driver, 0);
	gp_selection_release(&q.answer);
	gp_list_release(&q.overrides);
	gp_gpus_release(&q.gpus);
	gp_catalog_release(&q.catalog);
	gp_targets_release(&q.targets);
	if (q.have_driver && q.source.dir)
		gp_driver_close_dir(&q.driver);
	else if (q.have_driver)
		gp_driver_release(&q.driver);
	gp_source_release(&q.source);
	return rc;
}

const struct gp_cmd gp_cmd_select = {
	.name = "select",
	.alias = "plan",
	.args = "RUN | TREE | --driver D",
	.summary = "say which patch sets a driver needs, and why",
	.about = "Says for each kernel whether the driver is known to build there, which patch\n"
		 "sets it needs, which rule says so and what decided it: a version or a probe of\n"
		 "the headers. RUN is an installer, TREE an extracted one or the sources of an\n"
		 "installed driver, D a version, a branch (535) or a release of vGPU (16.4).\n"
		 "--platform stands for the kernels that people have there. With --gpu it says,\n"
		 "too, whether the driver has vGPUs for the card. Changes nothing. Exit status 1\n"
		 "for a kernel that is blocked or unknown, for an unknown branch, platform or\n"
		 "card, and for a card without vGPUs.",
	.example = "gridpatch select --driver 535.161.05 -k 6.5.13-6-pve",
	.options = "member kernel platform headers driver gpu kind explain set no-set data progress",
	.run = run,
};
