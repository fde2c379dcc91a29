/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/json.h"
#include "core/proof/cells_json.h"
#include "ops/job/patchjob.h"
#include "cmd/front/version.h"
#include "cmd/proof/build_args.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

/* The first word is the installer; directories after it are headers. */
static int positional(struct gp_args *a, struct gp_err *err)
{
	if (!a->positional.n)
		return gp_fail(err, GP_E_USAGE, "no installer given; see 'gridpatch patch --help'");
	a->patch.run = a->positional.v[0];
	for (size_t i = 1; i < a->positional.n; i++) {
		if (!gp_is_dir(a->positional.v[i]))
			return gp_fail(err, GP_E_USAGE, "'%s' is neither an installer nor kernel headers",
				       a->positional.v[i]);
		gp_list_add(&a->patch.headers, a->positional.v[i]);
	}
	if (!gp_exists(a->patch.run) && !strchr(a->patch.run, '/') && !strchr(a->patch.run, '.'))
		return gp_fail(err, GP_E_USAGE, "'%s' is neither a verb nor a file; see 'gridpatch help'",
			       a->patch.run);
	if (gp_is_dir(a->patch.run))
		return gp_fail(err, GP_E_USAGE, "'%s' is a directory: give a .run installer", a->patch.run);
	return 0;
}

/* What is blocked, and whether that is to be passed over, the job itself judges. */
static int check_proof(const struct gp_cells *l, struct gp_err *err)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_cell *c = &l->v[i];

		if (c->cls != GP_CELL_OK && c->cls != GP_CELL_BLOCKED)
			return gp_fail(err, gp_cell_code(c->cls),
				       "nothing is written: for kernel %s the proof failed [%s]: "
				       "%s",
				       c->release, gp_cell_class_name(c->cls), c->error);
	}
	return 0;
}

/* --build: the modules of every kernel of the run, before anything is written. */
static int prove(struct gp_args *a, struct gp_cells *cells, struct gp_err *err)
{
	if (gp_patch_job_check_names(&a->patch, err) < 0 || gp_build_one(a, a->patch.run, cells, err) < 0 ||
	    check_proof(cells, err) < 0)
		return -1;
	a->patch.proved = true;
	return 0;
}

static int patch(struct gp_args *a, struct gp_cells *cells, struct gp_patch_job *job, struct gp_err *err)
{
	int rc;

	if (a->build && prove(a, cells, err) < 0) {
		*job = (struct gp_patch_job){ 0 };
		return -1;
	}
	a->patch.progress = gp_progress_begin(a);
	rc = gp_patch_job_run(job, &a->patch, err);
	gp_progress_end();
	return rc;
}

static struct json_object *json(const struct gp_args *a, const struct gp_patch_job *job, const struct gp_cells *cells)
{
	return gp_json_fill(gp_json_job(a, job), GP_J("build", a->build ? gp_cells_json(cells) : NULL));
}

static const char *reason(const struct gp_args *a, const struct gp_patch_job *job, const struct gp_cells *cells)
{
	if (a->build && !job->in.driver.version.n)
		return gp_cells_reason(cells, GP_GROUP_FAILED);
	if (gp_applied_fails(&job->changed.applied))
		return "hunk";
	return job->changed.targetdir ?
		       NULL :
		       gp_selection_reason(&job->decided.selection, &job->in.driver.version, a->patch.allow);
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_cells_release) struct gp_cells cells = { 0 };
	gp_auto(gp_list_release) struct gp_list warnings = { 0 };
	struct gp_patch_job job;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int rc;

	if (positional(a, err) < 0)
		return -1;
	if (a->json && !a->json_file && gp_report_stream(a) == stderr)
		return gp_fail(err, GP_E_USAGE, "-o - and --json both want standard output; give --json=FILE");
	a->patch.threads = cores < 1 ? 1 : cores > 64 ? 64 : (unsigned)cores;
	a->patch.cancel = gp_main_cancel();
	a->patch.program = GP_PROGRAM_VERSION;
	a->patch.report = a->json_file;
	rc = patch(a, &cells, &job, err);
	gp_report_job(a, &job);
	gp_main_flush(); /* what follows goes to standard error */
	gp_patch_job_warnings(&job, &warnings);
	gp_report_warnings(&warnings);
	if (rc < 0)
		gp_say_why(a, gp_patch_job_why(&job));
	r->root = json(a, &job, &cells);
	r->reason = reason(a, &job, &cells);
	gp_patch_job_release(&job);
	return rc;
}

const struct gp_cmd gp_cmd_patch = {
	.name = "patch",
	.args = "RUN [HEADERS-DIR…]",
	.summary = "make a patched installer (the default verb)",
	.about = "Reads the NVIDIA GRID/vGPU driver installer RUN without running it, chooses the\n"
		 "patch sets for its driver and the kernels, applies all of them or none,\n"
		 "integrates your copy of vgpu_unlock's hooks into host drivers, and writes a new\n"
		 "installer that installs with --dkms. The input is never changed.\n"
		 "\n"
		 "Without -k and --headers it is judged for the running kernel. Hooks are looked\n"
		 "for in --hooks, $GRIDPATCH_HOOKS, /opt/vgpu_unlock and\n"
		 "$XDG_DATA_HOME/gridpatch/vgpu_unlock; 'gridpatch fetch-hooks' gets them.\n"
		 "--unlock-lib or --unlock-script puts your copy of vgpu_unlock's other half into\n"
		 "the package, too: the file, its manifest line, and both units use it.\n"
		 "\n"
		 "--build proves first that the modules build for the kernels, as does 'gridpatch\n"
		 "build'; that allows kernels newer than any that the data know.",
	.options = GP_PATCHING_OPTIONS " unlock-lib unlock-script unlock-config lock write-lock output force dry-run"
				       " repack build jobs cc timeout no-cache progress",
	.run = run,
};
