/* SPDX-License-Identifier: MIT */
#include "ops/job/patchjob.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/text.h"
#include "core/payload/stubrisk.h"
#include "ops/quilt/applyrun.h"
#include "ops/select/datadir.h"
#include "ops/job/finish.h"
#include "ops/job/judge.h"
#include "ops/job/sources.h"
#include "ops/run/runindex.h"
#include "ops/patch/names.h"

const char *const gp_allow_names[] = { "blocked", "unknown", "hooks", "altered", NULL };

#define PATCH_FILE_MAX (64u << 20)

int gp_data_load(const struct gp_list *extra, struct gp_catalog *out, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list dirs = { 0 };

	if (gp_datadir_find(&dirs, err) < 0)
		return -1;
	for (size_t i = 0; i < extra->n; i++)
		gp_list_add(&dirs, extra->v[i]);
	return gp_catalog_load(&dirs, out, err);
}

/* NAME.run → NAME-custom.run in the current directory. */
static char *default_out(const char *run)
{
	const char *base = gp_path_base(run);
	size_t n = strlen(base);
	gp_auto(gp_free_ptr) char *stem = NULL;
	gp_auto(gp_free_ptr) char *custom = NULL;

	if (n > 4 && strcmp(base + n - 4, ".run") == 0)
		n -= 4;
	stem = gp_strndup(base, n);
	custom = gp_custom_name(stem);
	return gp_asprintf("%s.run", custom);
}

/* Can a file appear under this name, or take the place of what is there? */
static int check_place(const char *what, const char *path, const struct gp_patch_opts *o, struct gp_err *err)
{
	if (o->report && gp_same_place(path, o->report))
		return gp_fail(err, GP_E_USAGE, "the %s '%s' is that of the report, too", what, path);
	if (gp_same_file(path, o->run))
		return gp_fail(err, GP_E_USAGE, "the %s '%s' is the input itself", what, path);
	if (gp_is_dir(path))
		return gp_fail(err, GP_E_USAGE, "the %s '%s' is a directory", what, path);
	if (gp_exists(path) && !gp_is_file(path))
		return gp_fail(err, GP_E_USAGE, "the %s '%s' exists and is no regular file", what, path);
	return 0;
}

/* Before hours of work. */
static int check_writable(const char *path, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { .fd = -1 };

	return gp_outfile_open(&f, path, 0, err);
}

static int choose_out(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	j->to_stdout = o->out && strcmp(o->out, "-") == 0;
	j->out = o->out && !j->to_stdout ? gp_strdup(o->out) : default_out(o->run);
	if (j->to_stdout)
		return isatty(STDOUT_FILENO) && !o->dry_run ?
			       gp_fail(err, GP_E_USAGE,
				       "an installer is nothing for a terminal: send it to a file or a pipe") :
			       0;
	if (check_place("output", j->out, o, err) < 0)
		return -1;
	if (o->dry_run)
		return 0;
	if (!o->force && gp_exists(j->out))
		return gp_fail(err, GP_E_NO, "'%s' exists already; -f replaces it", j->out);
	return check_writable(j->out, err);
}

static int choose_lock(const struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	const char *path = o->write_lock;

	if (!path)
		return 0;
	if (gp_same_place(path, j->out))
		return gp_fail(err, GP_E_USAGE, "the lock file '%s' is the output itself", path);
	if (check_place("lock file", path, o, err) < 0)
		return -1;
	if (!o->force && gp_exists(path))
		return gp_fail(err, GP_E_NO, "'%s' exists already; -f replaces it", path);
	return check_writable(path, err);
}

/* Patches in the sources and applied by DKMS on top would be the same change twice. */
static int refuse_both_ways(const struct gp_patch_opts *o, struct gp_err *err)
{
	for (size_t i = 0; i < o->patches.n; i++)
		for (size_t k = 0; k < i; k++)
			if (!*o->matches.v[i] != !*o->matches.v[k] && gp_same_file(o->patches.v[i], o->patches.v[k]))
				return gp_fail(err, GP_E_USAGE,
					       "--patches '%s' is given with --patch-match and without it",
					       o->patches.v[i]);
	return 0;
}

static int load_user_sets(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_list *paths,
			  struct gp_err *err)
{
	if (refuse_both_ways(o, err) < 0)
		return -1;
	j->user = gp_alloc((o->patches.n + 1) * sizeof(*j->user));
	for (size_t i = 0; i < o->patches.n; i++) {
		const char *path = o->patches.v[i];

		if ((gp_is_file(path) ? gp_patchset_load_single(path, &j->user[i], err) :
					gp_patchset_load(path, &j->user[i], err)) < 0)
			return gp_within(err, "--patches '%s'", path);
		j->nuser++;
		gp_patchset_sum(&j->user[i]);
		if (gp_patchset_paths(&j->user[i], paths, err) < 0)
			return -1;
	}
	return 0;
}

static int select_sets(struct gp_patch_job *j, struct gp_err *err)
{
	struct gp_query q = { .driver = j->driver.version,
			      .kind = j->driver.kind,
			      .kernels = j->targets.v,
			      .nkernels = j->targets.n,
			      .driver_file = gp_driver_file,
			      .arg = &j->driver };

	if (gp_catalog_select(&j->catalog, &q, &j->selection, err) < 0 || gp_query_sound(&q, err) < 0)
		return -1;
	return gp_tree_sound(&j->driver.tree, err);
}

/* Does it go into the sources? */
static int into_sources(struct gp_patch_job *j, const struct gp_patch_opts *o, size_t i, struct gp_err *err)
{
	const char *match = o->matches.v[i];
	int rc = !*match;

	if (rc || gp_late_possible(j))
		return rc;
	for (size_t k = 0; k < j->selection.nkernels && rc == 0; k++)
		if (!gp_judge_skips(j, o, k))
			rc = gp_late_matches(match, &j->selection.kernels[k].release, err);
	if (rc != 0)
		return rc;
	gp_list_take(&j->warnings, gp_asprintf("--patches '%s' is left out: '%s' does not match this kernel",
					       o->patches.v[i], match));
	return 0;
}

/* Is a single patch written with -p1 or -p0, and from where? When no file tells,
 * it is taken for -p1, and the hunks will tell. */
static int find_level(const struct gp_patch_job *j, struct gp_patchset *u, struct gp_err *err)
{
	static const struct {
		const char *below;
		unsigned strip;
	} ways[] = { { "", 1 }, { "", 0 }, { "kernel", 1 }, { "kernel", 0 } };
	gp_auto(gp_diff_release) struct gp_diff d = { 0 };

	if (!u->single)
		return 0;
	if (gp_diff_parse(gp_buf_str(&u->text[0]), &d, err) < 0)
		return gp_within(err, "'%s'", u->dir);
	for (size_t i = 0; i < GP_COUNT(ways) && !u->below; i++) {
		if (!gp_strip_fits(&j->driver.tree, ways[i].below, &d, ways[i].strip, false))
			continue;
		u->below = ways[i].below;
		u->series.v[0].strip = ways[i].strip;
	}
	return 0;
}

static int apply_users(struct gp_patch_job *j, const struct gp_patch_opts *o, const struct gp_sources *to,
		       struct gp_err *err)
{
	for (size_t i = 0; i < j->nuser; i++) {
		int in = into_sources(j, o, i, err);

		if (in < 0 || (in && gp_sources_series(j, o, i, to, err) < 0))
			return -1;
	}
	return 0;
}

/* The one of the command line, else the one beside the hooks where the rules say that
 * nothing is unlocked without it; free() it. NULL: none. */
static int which_hooks_patch(const struct gp_patch_job *j, const struct gp_patch_opts *o, char **patch,
			     struct gp_err *err)
{
	bool wanted = j->selection.hooks == GP_HOOKS_NEWER_TABLE && j->hooks.table == GP_TABLE_OLDER;

	*patch = o->hooks_patch ? gp_strdup(o->hooks_patch) : NULL;
	if (o->hooks_patch || o->no_hooks_patch || !wanted)
		return 0;
	return gp_hooks_patch_beside(&j->hooks, patch, err);
}

static int load_hooks(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_free_ptr) char *patch = NULL;

	if (gp_hooks_load(o->hooks, &j->hooks, err) < 0 || which_hooks_patch(j, o, &patch, err) < 0)
		return -1;
	if (!patch)
		return 0;
	if (gp_file_read(patch, PATCH_FILE_MAX, &text, err) < 0)
		return -1;
	return gp_hooks_patch(&j->hooks, patch, gp_buf_str(&text), err);
}

/* What the data have for the hooks. An edited copy on which a set does not fit
 * is the user's business, unless they asked for the set. */
static int fix_hooks(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	for (size_t i = 0; i < j->selection.hook_sets.n; i++) {
		const struct gp_set *set = j->selection.hook_sets.v[i].set;
		bool named = gp_list_has(&o->sets, set->name);
		struct gp_err why = { 0 };

		if (j->hooks_action != GP_HOOKS_INTEGRATED) {
			if (named)
				gp_list_take(&j->warnings,
					     gp_asprintf("set '%s' is for hooks that gridpatch integrates, "
							 "and it integrates none",
							 set->name));
			continue;
		}
		if (gp_hooks_fix(&j->hooks, set, &j->hooks_applied, &why) == 0) {
			gp_list_add(&j->hook_sets, set->name);
			continue;
		}
		if (named || why.code != GP_E_NO) {
			if (err)
				*err = why;
			return gp_within(err, "hooks");
		}
		gp_list_take(&j->warnings, gp_asprintf("set '%s' is left out: it does not fit this copy of the hooks "
						       "(%s)",
						       set->name, why.cause));
	}
	return 0;
}

/* Before anything is applied: the hooks are often what is missing. */
static int prepare_hooks(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	if (gp_judge_hooks_wanted(j, o, err) < 0)
		return -1;
	if (j->hooks_action == GP_HOOKS_INTEGRATED && load_hooks(j, o, err) < 0)
		return -1;
	return gp_judge_hooks_table(j, o, err) < 0 ? -1 : fix_hooks(j, o, err);
}

/* Those of the command line, else those of the lock, else the running one. */
static int find_targets(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	bool named = o->kernels.n || o->headers.n;

	if (o->lock && gp_lock_read(o->lock, &j->lock, err) < 0)
		return -1;
	return gp_targets_find(o->lock && !named ? &j->lock.kernels : &o->kernels, &o->headers, &j->targets, err);
}

/* What does not need the installer. */
static int prepare_inputs(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_list *paths,
			  struct gp_err *err)
{
	if (find_targets(j, o, err) < 0 || gp_data_load(&o->data, &j->catalog, err) < 0 ||
	    gp_judge_set_names(j, o, err) < 0 || load_user_sets(j, o, paths, err) < 0)
		return -1;
	return 0;
}

static int prepare_names(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	return gp_finish_epoch(j, o, err) < 0 || choose_out(j, o, err) < 0 ? -1 : choose_lock(j, o, err);
}

static int prepare(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_list *paths, struct gp_err *err)
{
	return prepare_names(j, o, err) < 0 ? -1 : prepare_inputs(j, o, paths, err);
}

static int find_levels(struct gp_patch_job *j, struct gp_err *err)
{
	for (size_t i = 0; i < j->nuser; i++)
		if (find_level(j, &j->user[i], err) < 0)
			return -1;
	return 0;
}

static int decide(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	gp_auto(gp_view_close) struct gp_view view = { 0 };

	if (select_sets(j, err) < 0)
		return -1;
	gp_judge_sets(j, o);
	if (find_levels(j, err) < 0)
		return -1;
	/* Rules ask the driver's sources: our sets must not be in them yet. */
	gp_reask(j, o, &view);
	if (gp_klines_find(j, o, &view, err) < 0)
		return -1;
	if (gp_judge_kernels(j, o, err) < 0 || gp_judge_altered(j, o, err) < 0 || gp_late_judge(j, o, err) < 0)
		return -1;
	return prepare_hooks(j, o, err);
}

/* All is decided, nothing is changed. */
static int check_lock(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	if (o->lock || o->write_lock)
		gp_lock_text(j, o, &j->lock_now);
	if (o->lock && gp_lock_compare(&j->lock, gp_buf_str(&j->lock_now), &j->why, err) < 0)
		return -1;
	j->lock_holds = o->lock;
	return 0;
}

static int change_sources(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	const struct gp_sources to = { &j->driver.tree, &j->applied, &j->why };

	if (gp_sources_sets(j, o, &to, err) < 0 || apply_users(j, o, &to, err) < 0)
		return -1;
	gp_applied_list_take(&j->applied, &j->hooks_applied);
	gp_tree_settle(&j->driver.tree);
	if (j->hooks_action != GP_HOOKS_INTEGRATED)
		return 0;
	return gp_unlock_integrate(&j->driver.tree, &j->hooks, err);
}

static int change(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_err *err)
{
	if (change_sources(j, o, err) < 0)
		return -1;
	if (gp_late_plan(j, o, err) < 0)
		return -1;
	return gp_finish_tree(j, o, err);
}

static struct gp_repack repack_opts(const struct gp_patch_job *j, const struct gp_patch_opts *o)
{
	return (struct gp_repack){ .rf = &j->driver.rf,
				   .out = j->to_stdout ? NULL : j->out,
				   .replace = o->force,
				   .mode = o->repack,
				   .targetdir = j->targetdir,
				   .history = j->history.len ? j->history.data : NULL,
				   .threads = o->threads,
				   .new_mtime = gp_finish_mtime(j) };
}

/* --- a head start --- */

struct early {
	const struct gp_patch_opts *o;
	struct gp_output *begun;
};

/* All that a decision can depend on has been seen, most of the installer has
 * not: do the whole job once with what there is, and begin to write with the
 * stub that it gives. The job is done again when the scan has ended; only if
 * that gives the same stub what was written counts. */
static void start_early(void *arg, struct gp_runfile *rf)
{
	struct early *e = arg;
	struct gp_patch_job j = { .driver.rf.fd = -1 };
	gp_auto(gp_list_release) struct gp_list paths = { 0 };
	struct gp_repack r;

	if (prepare(&j, e->o, &paths, NULL) == 0 && gp_driver_borrow(&j.driver, rf, NULL) == 0) {
		if (decide(&j, e->o, NULL) == 0 && change(&j, e->o, NULL) == 0) {
			r = repack_opts(&j, e->o);
			r.rf = rf;
			e->begun = gp_repack_begin(&j.driver.tree, &r);
		}
		gp_driver_return(&j.driver);
	}
	gp_patch_job_release(&j);
}

static void abandon_early(void *arg)
{
	struct early *e = arg;

	gp_output_free(e->begun);
	e->begun = NULL;
}

static int write_out(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_output **begun,
		     struct gp_err *err)
{
	struct gp_repack r = repack_opts(j, o);
	struct gp_output *early = *begun;

	*begun = NULL; /* theirs from here on */
	j->done = o->dry_run;
	if (o->dry_run)
		return gp_repack_choose(&j->driver.tree, &r, &j->repack, err);
	if (gp_repack_write(&j->driver.tree, &r, early, &j->repack, err) < 0)
		return -1;
	j->done = j->written = true;
	if (j->index_dir && !j->driver.rf.from_index)
		gp_index_store(&j->driver.rf, j->index_dir);
	return 0;
}

/* The lock file is written first and gets its name last: what can go wrong with
 * it goes wrong before there is an output. */
static int write_both(struct gp_patch_job *j, const struct gp_patch_opts *o, struct gp_output **begun,
		      struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { .fd = -1 };
	const struct gp_buf *text = &j->lock_now;

	if (gp_outfile_open(&f, o->write_lock, text->len, err) < 0 ||
	    gp_write_fd(f.fd, text->data, text->len, o->write_lock, err) < 0 || write_out(j, o, begun, err) < 0 ||
	    gp_outfile_commit(&f, 0644, o->force, err) < 0)
		return -1;
	j->lock_written = true;
	return 0;
}

/* They are NVIDIA's, or somebody's who packed it anew, and stay as they are. */
static void warn_of_stub(struct gp_patch_job *j)
{
	gp_auto(gp_stub_risks_release) struct gp_stub_risks risks = { 0 };

	gp_stub_risks_find(gp_runfile_stub(&j->driver.rf), &risks);
	for (size_t i = 0; i < risks.n; i++)
		gp_list_take(&j->warnings, gp_stub_risk_text(&risks.v[i]));
}

static int open_driver(struct gp_patch_job *j, const struct gp_patch_opts *o, const struct gp_driver_opts *d,
		       struct gp_err *err)
{
	if (gp_driver_open(&j->driver, o->run, d, err) < 0)
		return -1;
	warn_of_stub(j);
	return 0;
}

static int run(struct gp_patch_job *j, const struct gp_patch_opts *o, struct early *early, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list paths = { 0 };
	struct gp_driver_opts d = {
		.also = &paths, .cut = true, .arg = early, .cancel = o->cancel, .progress = o->progress
	};

	/* A dry run has to say whether the sums are right. */
	j->index_dir = o->no_cache || o->dry_run ? NULL : gp_index_dir();
	d.index_dir = j->index_dir;
	d.ready = o->dry_run ? NULL : start_early;
	d.abandon = abandon_early;
	if (prepare(j, o, &paths, err) < 0 || open_driver(j, o, &d, err) < 0 || decide(j, o, err) < 0 ||
	    check_lock(j, o, err) < 0 || change(j, o, err) < 0)
		return -1;
	return o->write_lock ? write_both(j, o, &early->begun, err) : write_out(j, o, &early->begun, err);
}

int gp_patch_job_run(struct gp_patch_job *job, const struct gp_patch_opts *opts, struct gp_err *err)
{
	struct early early = { opts, NULL };
	int rc;

	*job = (struct gp_patch_job){ .driver.rf.fd = -1 };
	rc = run(job, opts, &early, err);
	abandon_early(&early);
	return rc;
}

int gp_patch_job_plan(struct gp_patch_job *job, const struct gp_patch_opts *opts, const char *dir,
		      const struct gp_runfile *rf, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list paths = { 0 };

	*job = (struct gp_patch_job){ .driver.rf.fd = -1, .driver.disk.fd = -1, .in_place = true };
	if (prepare_inputs(job, opts, &paths, err) < 0 || gp_driver_open_dir(&job->driver, dir, rf, err) < 0 ||
	    decide(job, opts, err) < 0 || change_sources(job, opts, err) < 0)
		return -1;
	job->done = true;
	return 0;
}

int gp_patch_job_check(const struct gp_patch_opts *opts, struct gp_list *paths, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list own = { 0 };
	struct gp_patch_job j = { .driver.rf.fd = -1 };
	int rc = prepare_inputs(&j, opts, paths ? paths : &own, err);

	gp_patch_job_release(&j);
	return rc;
}

int gp_patch_job_check_names(const struct gp_patch_opts *opts, struct gp_err *err)
{
	struct gp_patch_job j = { .driver.rf.fd = -1 };
	int rc = prepare_names(&j, opts, err);

	gp_patch_job_release(&j);
	return rc;
}

void gp_patch_job_release(struct gp_patch_job *j)
{
	if (!j)
		return;
	gp_selection_release(&j->selection);
	gp_catalog_release(&j->catalog);
	gp_applied_list_release(&j->applied);
	gp_applied_list_release(&j->hooks_applied);
	gp_list_release(&j->hook_sets);
	gp_late_list_release(&j->late);
	gp_reask_release(&j->reask);
	for (size_t i = 0; i < j->nuser; i++)
		gp_patchset_release(&j->user[i]);
	free(j->user);
	if (j->in_place)
		gp_driver_close_dir(&j->driver);
	else
		gp_driver_release(&j->driver);
	gp_targets_release(&j->targets);
	gp_hooks_release(&j->hooks);
	gp_list_release(&j->warnings);
	gp_list_release(&j->overrides);
	gp_buf_release(&j->why);
	gp_buf_release(&j->history);
	gp_buf_release(&j->lock_now);
	gp_lock_release(&j->lock);
	gp_klines_release(&j->blocked);
	free(j->exclusive);
	free(j->hooks_why);
	free(j->repack.why);
	free(j->index_dir);
	free(j->targetdir);
	free(j->out);
}
