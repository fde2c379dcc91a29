/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/fsio.h"
#include "base/json.h"
#include "core/proof/cells_json.h"
#include "ops/job/patchjob.h"
#include "ops/run/given.h"
#include "ops/run/repack.h"
#include "cmd/front/outputs.h"
#include "cmd/front/runs.h"
#include "cmd/patch_many.h"
#include "cmd/patch_undo.h"
#include "cmd/proof/boot_run.h"
#include "cmd/proof/build_args.h"
#include "cmd/report/input.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

static bool is_package(const struct gp_args *a)
{
	const struct gp_given_one *one = gp_given_find(&a->given, a->patch.run);

	return one && one->package;
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

static void end_tree(const struct gp_patch_job *job, struct gp_report *r)
{
	if (job->in.driver.recovered)
		gp_report_recovered(job->in.driver.recovered);
	if (job->written.inplace.backup)
		r->done = "the tree is changed";
	gp_report_litter(&job->in.driver.disk);
}

/* What standard input's installer is called was not known before: is its output an
 * installer that still waits, or one that there is now? */
static int check_late(struct gp_args *a, const char *name, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *out = gp_out_name(&a->patch);
	const char *asked = a->patch.out;
	int rc;

	for (size_t i = 0; i < a->outs.n; i++)
		if (gp_same_place(out, a->outs.v[i]))
			return gp_fail(err, GP_E_USAGE, "'%s' is what an installer before '%s' became", out, name);
	gp_list_add(&a->outs, out);
	if (asked || strcmp(name, "-") != 0)
		return 0;
	a->patch.out = out;
	rc = gp_outputs_check(&gp_cmd_patch, a, err);
	a->patch.out = NULL;
	return rc;
}

/* What contradicts a package. */
static int check_package(const struct gp_args *a, const char *name, struct gp_err *err)
{
	/* Its report is another verb's, which has no place among those of installers. */
	if (a->several)
		return gp_fail(err, GP_E_USAGE, "'%s' is a package, not an installer: it has to be the only one", name);
	if (a->undo)
		return gp_fail(err, GP_E_USAGE, "'%s' is a package: --undo is for what was patched, and nothing was",
			       name);
	if (a->patch.unlock_lib || a->patch.unlock_script || a->patch.unlock_config)
		return gp_fail(err, GP_E_USAGE,
			       "'%s' is a package, of which the sources are patched: --unlock-lib, --unlock-script and "
			       "--unlock-config are for installers",
			       name);
	if (a->patch.repack != GP_REPACK_AUTO)
		return gp_fail(err, GP_E_USAGE, "'%s' is a package: --repack is about how an installer is written",
			       name);
	return 0;
}

/* A package's sources become what DKMS takes, and that is another verb's work. */
static int run_package(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	const char *name = a->patch.run;

	if (check_package(a, name, err) < 0)
		return -1;
	if (!a->patch.out)
		a->patch.out = a->patch.out_dir;
	a->patch.out_dir = NULL;
	if (!a->patch.out)
		return gp_fail(err, GP_E_USAGE,
			       "'%s' is a package, not an installer: -o DIR (or .tar.xz, .dsc) writes its patched "
			       "sources as 'gridpatch dkms-tree' does; 'gridpatch info' tells what is in it",
			       name);
	/* The others are headers, and known as such. */
	gp_list_release(&a->positional);
	gp_list_add(&a->positional, name);
	r->verb = gp_cmd_dkms_tree.name;
	return gp_cmd_dkms_tree.run(a, r, err);
}

static int one(struct gp_args *a, const char *name, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_cells_release) struct gp_cells cells = { 0 };
	gp_auto(gp_list_release) struct gp_list warnings = { 0 };
	struct gp_patch_job job;
	int rc;

	a->patch.proved = false;
	a->patch.run = name;
	if (gp_take_input(a, GP_INPUT_DRIVER, &a->patch.run, err) < 0)
		return -1;
	if (is_package(a))
		return run_package(a, r, err);
	if (a->undo)
		return gp_patch_undo(a, r, err);
	if (check_late(a, name, err) < 0)
		return -1;
	rc = patch(a, &cells, &job, err);
	gp_report_job(a, &job);
	gp_main_flush(); /* what follows goes to standard error */
	gp_patch_job_warnings(&job, &warnings);
	if (job.in.tree && a->patch.force && !a->patch.write_lock)
		gp_list_add(&warnings, "-f replaces outputs, and there is none here");
	gp_report_warnings(&warnings);
	if (rc < 0)
		gp_say_why(a, gp_patch_job_why(&job));
	if (a->json)
		r->root = json(a, &job, &cells);
	r->reason = gp_job_reason(a, &job, &cells);
	if (job.in.tree)
		end_tree(&job, r);
	gp_patch_job_release(&job);
	return rc;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (a->boot.on && !a->build)
		return gp_fail(err, GP_E_USAGE, "--boot: it goes with --build");
	if (gp_boot_args_check(a, err) < 0 || gp_runs_find(a, &names, err) < 0)
		return -1;
	if (a->json && !a->json_file && gp_report_stream(a) == stderr)
		return gp_fail(err, GP_E_USAGE, "-o - and --json both want standard output; give --json=FILE");
	gp_job_args(a);
	if (gp_runs_check(&gp_cmd_patch, a, &names, err) < 0)
		return -1;
	a->several = names.n > 1;
	return names.n == 1 ? one(a, names.v[0], r, err) : gp_patch_many(a, &names, one, r, err);
}

const struct gp_cmd gp_cmd_patch = {
	.name = "patch",
	.args = "RUN…|TREE [HEADERS-DIR…]",
	.summary = "make a patched installer (the default verb)",
	.about = "Reads the NVIDIA GRID/vGPU driver installer RUN without running it, chooses the\n"
		 "patch sets for its driver and the kernels, applies all of them or none,\n"
		 "integrates your copy of vgpu_unlock's hooks into host drivers, and writes\n"
		 "NAME-custom.run, an installer that installs with --dkms. The input is never\n"
		 "changed. Of several RUN each has its turn, also if one before it fails.\n"
		 "\n"
		 "RUN may be the portal's .zip, a path into one (x.zip/Host_Drivers/X.run), or -\n"
		 "for standard input; so it is for all verbs.\n"
		 "\n"
		 "TREE, the sources of an installed driver (/usr/src/nvidia-VERSION), are changed\n"
		 "where they lie, all or nothing, after a backup beside them; --undo takes it\n"
		 "back.\n"
		 "\n"
		 "Without -k and --headers it is judged for the running kernel. Hooks are looked\n"
		 "for in --hooks, $GRIDPATCH_HOOKS, /opt/vgpu_unlock and\n"
		 "$XDG_DATA_HOME/gridpatch/vgpu_unlock; 'gridpatch fetch-hooks' gets them.\n"
		 "--unlock-lib or --unlock-script puts your copy of vgpu_unlock's other half into\n"
		 "the package, too: the file, its manifest line, and both units use it.\n"
		 "\n"
		 "--build proves first that the modules build for the kernels, as does 'gridpatch\n"
		 "build'; that allows kernels newer than any that the data know. --boot asks these\n"
		 "kernels themselves, too, each in a virtual machine, whether they take them.",
	.example = "gridpatch -k 6.1.0-44-amd64 -k 6.5.13-6-pve RUN",
	.options =
		GP_PATCHING_OPTIONS " gpu profile-clone unlock-lib unlock-script unlock-config lock write-lock undo"
				    " dkmstree output force dry-run repack build jobs cc timeout boot kernel-package "
				    "kernel-image kernel-modules accel no-cache progress",
	.run = run,
};
