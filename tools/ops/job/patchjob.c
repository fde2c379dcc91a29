/* SPDX-License-Identifier: MIT */
#include "ops/job/patchjob.h"

#include <stdlib.h>
#include <string.h>

#include "base/cachedir.h"
#include "base/fsio.h"
#include "core/payload/stubrisk.h"
#include "ops/job/headstart.h"
#include "ops/job/inplace.h"

/* Stubs are NVIDIA's, or somebody's who packed it anew, and stay as they are. */
static void warn_of_stub(struct gp_inputs *in)
{
	gp_auto(gp_stub_risks_release) struct gp_stub_risks risks = { 0 };

	gp_stub_risks_find(gp_runfile_stub(&in->driver.rf), &risks);
	for (size_t i = 0; i < risks.n; i++)
		gp_list_take(&in->warnings, gp_stub_risk_text(&risks.v[i]));
}

static int open_driver(struct gp_inputs *in, struct gp_headstart *start, struct gp_err *err)
{
	const struct gp_patch_opts *o = in->opts;
	gp_auto(gp_list_release) struct gp_list paths = { 0 };
	struct gp_driver_opts d = { .also = &paths,
				    .given = o->given,
				    .cut = true,
				    .ready = o->dry_run ? NULL : gp_headstart_begin,
				    .abandon = gp_headstart_abandon,
				    .arg = start,
				    .cancel = o->cancel,
				    .progress = o->progress };

	/* A dry run has to say whether the sums are right. */
	d.index_dir = in->index_dir = o->no_cache || o->dry_run ? NULL : gp_cache_dir();
	if (gp_inputs_name(in, err) < 0 || gp_inputs_load(in, &paths, err) < 0 ||
	    gp_driver_open(&in->driver, o->run, &d, err) < 0)
		return -1;
	warn_of_stub(in);
	return gp_inputs_complete(in, err);
}

/* The same for an installed tree, all of which is read before anything is decided. */
static int run_tree(struct gp_patch_job *j, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list paths = { 0 };
	struct gp_inputs *in = &j->in;

	if (gp_inputs_name(in, err) < 0 || gp_inputs_load(in, &paths, err) < 0 || gp_inplace_open(in, err) < 0 ||
	    gp_inputs_complete(in, err) < 0 || gp_decide(in, &j->decided, err) < 0 ||
	    gp_decide_lock(in, &j->decided, err) < 0)
		return -1;
	gp_changes_begin(&j->changed, in, &j->decided);
	if (gp_change_all(in, &j->decided, &j->changed, err) < 0)
		return -1;
	return gp_inplace_write(in, &j->decided, &j->changed, &j->written, err);
}

/* All that comes after the driver is open. */
static int finish(struct gp_patch_job *j, struct gp_output **begun, struct gp_err *err)
{
	if (gp_decide(&j->in, &j->decided, err) < 0 || gp_decide_lock(&j->in, &j->decided, err) < 0)
		return -1;
	gp_changes_begin(&j->changed, &j->in, &j->decided);
	if (gp_change_all(&j->in, &j->decided, &j->changed, err) < 0)
		return -1;
	return gp_write(&j->in, &j->decided, &j->changed, begun, &j->written, err);
}

static int run(struct gp_patch_job *j, struct gp_headstart *start, struct gp_err *err)
{
	return open_driver(&j->in, start, err) < 0 ? -1 : finish(j, &start->begun, err);
}

int gp_patch_job_run(struct gp_patch_job *job, const struct gp_patch_opts *opts, struct gp_err *err)
{
	struct gp_headstart start = { &job->in, NULL };
	int rc;

	*job = (struct gp_patch_job){ .in.opts = opts };
	rc = gp_is_dir(opts->run) ? run_tree(job, err) : run(job, &start, err);
	gp_headstart_abandon(&start);
	return rc;
}

/* --- two installers --- */

static int rename_out(struct gp_inputs *in, struct gp_err *err)
{
	const char *name = in->driver.rf.header.targetdir;

	if (strcmp(in->name, name) == 0)
		return 0;
	free(in->name);
	in->name = gp_strdup(name);
	return gp_inputs_rename(in, err);
}

int gp_patch_job_merge(struct gp_patch_job *job, const struct gp_patch_opts *opts, const char *sources,
		       struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list paths = { 0 };
	struct gp_inputs *in = &job->in;

	*job = (struct gp_patch_job){ .in = { .opts = opts, .merging = &job->merging } };
	job->merging.sources = sources ? gp_strdup(sources) : NULL;
	if (gp_merging_look(&job->merging, in, err) < 0 || gp_inputs_name(in, err) < 0 ||
	    gp_inputs_load(in, &paths, err) < 0 || gp_merging_open(&job->merging, in, &paths, err) < 0 ||
	    rename_out(in, err) < 0)
		return -1;
	warn_of_stub(in);
	return gp_inputs_complete(in, err);
}

int gp_patch_job_finish(struct gp_patch_job *job, struct gp_err *err)
{
	struct gp_output *none = NULL;

	return finish(job, &none, err);
}

int gp_patch_job_plan(struct gp_patch_job *job, const struct gp_patch_opts *opts, const char *dir,
		      const struct gp_runfile *rf, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list paths = { 0 };

	*job = (struct gp_patch_job){ .in = { .opts = opts, .in_place = true } };
	if (gp_inputs_load(&job->in, &paths, err) < 0 || gp_driver_open_dir(&job->in.driver, dir, rf, err) < 0 ||
	    gp_inputs_complete(&job->in, err) < 0 || gp_decide(&job->in, &job->decided, err) < 0)
		return -1;
	gp_changes_begin(&job->changed, &job->in, &job->decided);
	if (gp_change_sources(&job->in, &job->decided, &job->changed, err) < 0)
		return -1;
	/* Before an hour of building. */
	return gp_clones_make(&job->in, job->changed.tree, &job->changed.clones, &job->changed.warnings, err);
}

void gp_patch_job_warnings(const struct gp_patch_job *job, struct gp_list *out)
{
	gp_list_add_all(out, &job->in.warnings);
	gp_list_add_all(out, &job->decided.warnings);
	gp_list_add_all(out, &job->changed.warnings);
	gp_list_add_all(out, &job->written.inplace.warnings);
}

void gp_patch_job_skipped(const struct gp_patch_job *job, struct gp_list *out)
{
	gp_list_add_all(out, &job->in.targets.skipped);
	gp_list_add_all(out, &job->decided.skipped);
}

const struct gp_buf *gp_patch_job_why(const struct gp_patch_job *job)
{
	return job->decided.why.len ? &job->decided.why : &job->changed.why;
}

int gp_patch_job_check(const struct gp_patch_opts *opts, struct gp_list *paths, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list own = { 0 };
	gp_auto(gp_inputs_release) struct gp_inputs in = { .opts = opts };

	return gp_inputs_load(&in, paths ? paths : &own, err);
}

int gp_patch_job_check_names(const struct gp_patch_opts *opts, struct gp_err *err)
{
	gp_auto(gp_inputs_release) struct gp_inputs in = { .opts = opts };

	return gp_inputs_name(&in, err);
}

void gp_patch_job_release(struct gp_patch_job *j)
{
	if (!j)
		return;
	free(j->written.repack.why);
	gp_inplace_release(&j->written.inplace);
	gp_changes_release(&j->changed);
	gp_decision_release(&j->decided);
	/* What it packs behind the desktop's payload, a thread may be at still. */
	gp_merging_release(&j->merging);
	gp_inputs_release(&j->in);
}
