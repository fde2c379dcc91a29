/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/json.h"
#include "core/proof/cells_json.h"
#include "ops/job/patchjob.h"
#include "ops/run/given.h"
#include "cmd/front/version.h"
#include "cmd/proof/build_args.h"
#include "cmd/report/input.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

static bool is_package(const struct gp_args *a)
{
	const struct gp_given_one *one = gp_given_find(&a->given, a->patch.run);

	return one && one->package;
}

/* The first word is the installer; directories after it are headers. */
static int positional(struct gp_args *a, struct gp_err *err)
{
	if (!a->positional.n)
		return gp_fail(err, GP_E_USAGE, "no installer given; see 'gridpatch patch --help'");
	a->patch.run = a->positional.v[0];
	if (gp_take_input(a, GP_INPUT_DRIVER, &a->patch.run, err) < 0)
		return -1;
	if (is_package(a))
		return 0; /* the words are dkms-tree's */
	for (size_t i = 1; i < a->positional.n; i++) {
		if (!gp_is_dir(a->positional.v[i]))
			return gp_fail(err, GP_E_USAGE, "'%s' is neither an installer nor kernel headers",
				       a->positional.v[i]);
		gp_list_add(&a->patch.headers, a->positional.v[i]);
	}
	if (!gp_given_find(&a->given, a->patch.run) && !gp_exists(a->patch.run) && !strchr(a->patch.run, '/') &&
	    !strchr(a->patch.run, '.'))
		return gp_fail(err, GP_E_USAGE, "'%s' is neither a verb nor a file; see 'gridpatch help'",
			       a->patch.run);
	if (gp_is_dir(a->patch.run))
		return gp_fail(err, GP_E_USAGE, "'%s' is a directory: give a .run installer", a->patch.run);
	return 0;
}

/* --build: the modules of every kernel of the run, before anything is written. */
static int prove(struct gp_args *a, struct gp_cells *cells, struct gp_err *err)
{
	return gp_patch_job_check_names(&a->patch, err) < 0 ? -1 : gp_build_proof(a, a->patch.run, cells, err);
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
	return gp_json_fill(gp_json_job(a, job), GP_J("input", gp_json_input(a, a->patch.run)),
			    GP_J("build", a->build ? gp_cells_json(cells) : NULL));
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

/* A package's sources become what DKMS takes, and that is another verb's work. */
static int run_package(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	const char *name = a->patch.run;

	if (!a->patch.out)
		return gp_fail(err, GP_E_USAGE,
			       "'%s' is a package, not an installer: -o DIR (or .tar.xz, .dsc) writes its patched "
			       "sources as 'gridpatch dkms-tree' does; 'gridpatch info' tells what is in it",
			       name);
	r->verb = gp_cmd_dkms_tree.name;
	return gp_cmd_dkms_tree.run(a, r, err);
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_cells_release) struct gp_cells cells = { 0 };
	gp_auto(gp_list_release) struct gp_list warnings = { 0 };
	struct gp_patch_job job;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int rc;

	if (a->json && !a->json_file && gp_report_stream(a) == stderr)
		return gp_fail(err, GP_E_USAGE, "-o - and --json both want standard output; give --json=FILE");
	if (positional(a, err) < 0)
		return -1;
	if (is_package(a))
		return run_package(a, r, err);
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
		 "installer that installs with --dkms. The input is never changed. RUN may be the\n"
		 "portal's .zip, a path into one (x.zip/Host_Drivers/X.run), or - for standard\n"
		 "input; so it is for all verbs.\n"
		 "\n"
		 "Without -k and --headers it is judged for the running kernel. Hooks are looked\n"
		 "for in --hooks, $GRIDPATCH_HOOKS, /opt/vgpu_unlock and\n"
		 "$XDG_DATA_HOME/gridpatch/vgpu_unlock; 'gridpatch fetch-hooks' gets them.\n"
		 "\n"
		 "--build proves first that the modules build for the kernels, as does 'gridpatch\n"
		 "build'; that allows kernels newer than any that the data know.",
	.options = GP_PATCHING_OPTIONS
	" profile-clone lock write-lock output force dry-run repack build jobs cc timeout no-cache"
	" progress",
	.run = run,
};
