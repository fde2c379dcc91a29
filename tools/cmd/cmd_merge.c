/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/json.h"
#include "base/scratch.h"
#include "base/text.h"
#include "core/merge/mergefit.h"
#include "core/proof/cells_json.h"
#include "ops/job/patchjob.h"
#include "ops/run/given.h"
#include "cmd/front/runs.h"
#include "cmd/proof/build_args.h"
#include "cmd/report/input.h"
#include "cmd/report/merge_report.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

/* One run. */
struct making {
	struct gp_patch_job job;
	struct gp_cells cells;
};

static void making_release(struct making *m)
{
	gp_patch_job_release(&m->job);
	gp_cells_release(&m->cells);
}

/* --- the two --- */

/* --member is for those of the two that are archives. */
static int take(struct gp_args *a, const char **word, struct gp_err *err)
{
	const char *member = a->member;
	int rc;

	if (gp_is_dir(*word))
		return gp_fail(err, GP_E_USAGE, "'%s' is a directory: merge takes two installers (.run)", *word);
	if (!gp_str_ends(gp_str_of(*word), ".zip"))
		a->member = NULL;
	rc = gp_take_input(a, GP_INPUT_RUN, word, err);
	a->member = member;
	return rc;
}

static int positional(struct gp_args *a, struct gp_err *err)
{
	const struct gp_list *words = &a->positional;

	if (words->n < 2)
		return gp_fail(err, GP_E_USAGE,
			       "give two installers, a vGPU host's and a desktop's; see 'gridpatch merge "
			       "--help'");
	for (size_t i = 2; i < words->n; i++) {
		if (!gp_is_dir(words->v[i]))
			return gp_fail(err, GP_E_USAGE, "'%s' is one more than the two that make a merged driver",
				       words->v[i]);
		gp_list_add(&a->patch.headers, words->v[i]);
	}
	a->patch.host = words->v[0];
	a->patch.run = words->v[1];
	if (strcmp(a->patch.host, a->patch.run) == 0 || gp_same_file(a->patch.host, a->patch.run))
		return gp_fail(err, GP_E_USAGE, "'%s' is given twice", a->patch.run);
	if (gp_runs_find_dir(a, err) < 0 || take(a, &a->patch.host, err) < 0 || take(a, &a->patch.run, err) < 0)
		return -1;
	return 0;
}

/* --- the work --- */

/* Where the sources lie for --build: given's, which removes it, and a name for people. */
static int make_place(struct gp_args *a, const char **name, char **sources, struct gp_err *err)
{
	struct gp_given_one one = { .fd = -1, .lock = -1 };

	if (!a->build)
		return 0;
	one.dir = gp_scratch_dir(&one.lock, err);
	if (!one.dir)
		return -1;
	one.name = gp_asprintf("%s with %s", a->patch.host, a->patch.run);
	*sources = gp_strdup(one.dir);
	gp_given_add(&a->given, &one);
	*name = a->given.v[a->given.n - 1].name;
	return 0;
}

static int merge(struct gp_args *a, struct making *m, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *sources = NULL;
	const char *name = NULL;
	int rc;

	if (make_place(a, &name, &sources, err) < 0)
		return -1;
	a->patch.progress = gp_progress_begin(a);
	rc = gp_patch_job_merge(&m->job, &a->patch, sources, err);
	gp_progress_end();
	if (rc == 0 && a->build)
		rc = gp_build_proof(a, name, &m->cells, err);
	if (rc < 0)
		return -1;
	a->patch.progress = gp_progress_begin(a);
	rc = gp_patch_job_finish(&m->job, err);
	gp_progress_end();
	return rc;
}

static const char *reason(const struct gp_args *a, const struct making *m)
{
	const struct gp_merging *g = &m->job.merging;

	if (m->cells.n && !a->patch.proved)
		return gp_cells_reason(&m->cells, GP_GROUP_FAILED);
	if (g->half[0].version.n && g->half[1].version.n) {
		enum gp_merge_fit fit = gp_merge_fits(&g->half[0], &g->half[1], NULL);

		if (fit != GP_FIT_SAME && (fit != GP_FIT_VERSIONS || !(a->patch.allow & GP_ALLOW_VERSIONS)))
			return "pair";
	}
	if (g->early.nkernels)
		return gp_selection_reason(&g->early, &g->half[1].version, a->patch.allow);
	return m->job.in.driver.version.n ? gp_job_reason(a, &m->job, &m->cells) : NULL;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(making_release) struct making m = { 0 };
	gp_auto(gp_list_release) struct gp_list warnings = { 0 };
	int rc;

	if (positional(a, err) < 0)
		return -1;
	if (a->json && !a->json_file && gp_report_stream(a) == stderr)
		return gp_fail(err, GP_E_USAGE, "-o - and --json both want standard output; give --json=FILE");
	gp_job_args(a);
	rc = merge(a, &m, err);
	gp_report_merging(a, &m.job);
	if (m.job.merging.complete)
		gp_report_job(a, &m.job);
	gp_main_flush(); /* what follows goes to standard error */
	gp_patch_job_warnings(&m.job, &warnings);
	gp_report_warnings(&warnings);
	if (rc < 0)
		gp_say_why(a, gp_patch_job_why(&m.job));
	if (a->json)
		r->root = gp_json_fill(gp_json_job(a, &m.job), GP_J("merge", gp_json_merging(a, &m.job)),
				       GP_J("build", a->build ? gp_cells_json(&m.cells) : NULL));
	r->reason = rc < 0 ? reason(a, &m) : NULL;
	return rc;
}

const struct gp_cmd gp_cmd_merge = {
	.name = "merge",
	.args = "HOST.run DESKTOP.run [HEADERS-DIR…]",
	.summary = "make one installer of a vGPU host's and a desktop's",
	.about = "Makes a merged driver of your own two installers: a vGPU host's (vgpu-kvm) and a\n"
		 "desktop's of the same branch, a general driver or a grid guest. It is the\n"
		 "desktop driver, with CUDA, GL and video, and a vGPU host. Which is which is seen\n"
		 "from what is in them. Whose each file is, is said by kernel-versions/merge; what\n"
		 "both have and is not the same is reported. Two versions of one branch need\n"
		 "--allow versions.\n"
		 "\n"
		 "Then everything is as with 'gridpatch patch': kernels, patch sets, hooks, and\n"
		 "the new installer, NVIDIA-Linux-x86_64-VERSION-merged-vgpu-kvm-custom.run.\n"
		 "--no-set all --no-hooks merges and changes nothing else. The inputs are never\n"
		 "changed.\n"
		 "\n"
		 "No licence tag, no version check and nothing in a binary is changed: where a\n"
		 "merged driver does not work without that, the report says so, and what a patch\n"
		 "set of your own would have to change.",
	.example = "gridpatch merge HOST.run DESKTOP.run",
	.options = GP_PATCHING_OPTIONS " profile-clone unlock-lib unlock-script unlock-config lock write-lock output "
				       "force dry-run repack build jobs cc timeout no-cache progress",
	.run = run,
};
