/* SPDX-License-Identifier: MIT */
#include "ops/proof/build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "base/path.h"
#include "base/proc.h"
#include "base/text.h"
#include "core/payload/runheader.h"
#include "core/proof/buildlog.h"
#include "core/proof/cellinput.h"
#include "core/rules/branch.h"
#include "core/rules/claim.h"
#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "ops/job/decide.h"
#include "ops/job/inputs.h"
#include "ops/job/patchjob.h"
#include "ops/proof/bootcell.h"
#include "ops/proof/fact.h"
#include "ops/proof/keep.h"
#include "ops/proof/kmake.h"
#include "ops/proof/modcheck.h"
#include "ops/proof/prereq.h"
#include "ops/proof/workdir.h"
#include "ops/select/select.h"

#define LOG_MAX (64u << 20) /* of a log that is read; make's own are below 1 MB */
#define TAIL_BYTES 6000u    /* of it that a report shows */
#define BLOB "nvidia/nv-kernel.o_binary"

/* One cell while it is made. */
struct making {
	const struct gp_source *s;
	const struct gp_headers *h;
	const struct gp_build_opts *o;
	const char *work;
	char *kernel, *log; /* WORK/kernel, WORK/build.log */
	struct gp_patch_job job;
	struct gp_cell *cell;
};

/* --- patching --- */

static enum gp_cell_class plan_class(const struct making *m, const struct gp_err *err)
{
	const struct gp_selection *s = &m->job.decided.selection;
	unsigned allow = m->o->patch->allow;

	if (err->code != GP_E_NO && err->code != GP_E_FORMAT && err->code != GP_E_UNSUPPORTED)
		return GP_CELL_ENVIRONMENT;
	if (s->nkernels && s->kernels[0].verdict == GP_VERDICT_BLOCKED && !(allow & GP_ALLOW_BLOCKED))
		return GP_CELL_BLOCKED;
	if (!(allow & GP_ALLOW_UNKNOWN) &&
	    ((s->nkernels && s->kernels[0].verdict == GP_VERDICT_UNKNOWN) ||
	     !gp_branch_known(&m->job.in.catalog.branches, gp_version_branch(&m->job.in.driver.version))))
		return GP_CELL_UNKNOWN;
	return GP_CELL_HUNK;
}

/* What the data say of it; their sources outlive no job. */
static void tell_verdict(struct gp_cell *c, const struct gp_choice *k)
{
	c->verdict = gp_strdup(gp_verdict_name(k->verdict));
	gp_choice_claims(k, c->claims);
	for (size_t i = 0; i < GP_CLAIM_COUNT; i++)
		if (c->claims[i].source)
			c->claims[i].source = gp_strdup(c->claims[i].source);
}

/* What a report needs to know of the patching, however far it came. */
static void tell_plan(struct gp_cell *c, const struct gp_patch_job *j)
{
	const struct gp_choice *k = j->decided.selection.nkernels ? &j->decided.selection.kernels[0] : NULL;

	if (k)
		tell_verdict(c, k);
	for (size_t i = 0; i < j->changed.applied.n; i++)
		if (!j->changed.applied.v[i].already && !gp_list_has(&c->sets, j->changed.applied.v[i].set))
			gp_list_add(&c->sets, j->changed.applied.v[i].set);
	gp_patch_job_warnings(j, &c->reasons);
	if (j->in.driver.altered.dkms_patches.n)
		gp_list_add(&c->reasons,
			    "dkms.conf has patches of its own, which only DKMS applies: they are not in this build");
	c->hooks = j->decided.hooks_action != GP_HOOKS_NONE;
}

static bool plan(struct making *m)
{
	struct gp_patch_opts o = *m->o->patch;
	struct gp_err err = { 0 };
	char *headers[1] = { m->h->sysout };
	int rc;

	o.kernels = (struct gp_list){ 0 };
	o.headers = (struct gp_list){ headers, 1, 1 };
	o.lock = NULL;
	rc = gp_patch_job_plan(&m->job, &o, m->s->dir, &m->s->rf, &err);
	tell_plan(m->cell, &m->job);
	if (rc < 0)
		gp_cell_fail_err(m->cell, plan_class(m, &err), &err);
	if (rc < 0 && gp_patch_job_why(&m->job)->len)
		m->cell->log_tail = gp_strdup(gp_patch_job_why(&m->job)->data);
	return rc == 0;
}

/* Before minutes of compiling: is the blob one that can be linked in? Another
 * version in it is strange, but people do build so. */
static bool blob_fits(struct making *m)
{
	gp_auto(gp_free_ptr) char *blob = gp_path_join(m->kernel, BLOB);
	struct gp_err err = { 0 };
	char line[1024];

	if (!gp_is_file(blob))
		return true; /* make will say what it misses */
	if (gp_blob_check(blob, NULL, &err) < 0) {
		gp_cell_fail_err(m->cell, GP_CELL_VERIFY, &err);
		return false;
	}
	if (gp_blob_check(blob, m->s->version.text, &err) < 0) {
		gp_err_format(&err, line, sizeof(line));
		gp_list_add(&m->cell->reasons, line);
	}
	return true;
}

static bool lay_out(struct making *m)
{
	struct gp_err err = { 0 };

	if (gp_workdir_fill(m->s, &m->job.in.driver.tree, m->work, &err) == 0)
		return blob_fits(m);
	gp_cell_fail_err(m->cell, GP_CELL_ENVIRONMENT, &err);
	return false;
}

/* --- make --- */

static void read_failure(struct making *m, bool placed)
{
	gp_auto(gp_build_error_release) struct gp_build_error e = { 0 };
	gp_auto(gp_buf_release) struct gp_buf log = { 0 };
	struct gp_cell *c = m->cell;

	if (gp_file_read(m->log, LOG_MAX, &log, NULL) < 0) {
		gp_cell_fail(c, GP_CELL_ENVIRONMENT, "the log of the build cannot be read");
		return;
	}
	gp_buildlog_first(gp_buf_str(&log), placed ? GP_CONFINE_PLACE "/kernel" : m->kernel, &e);
	gp_cell_fail(c, e.cls, e.text ? e.text : "make failed and said nothing");
	c->file = gp_steal(&e.file);
	c->line = e.line;
	if (e.name && e.cls != GP_CELL_ENVIRONMENT)
		c->fact = gp_fact_find(&m->job.in.catalog, e.name, &m->h->release, &c->sets);
}

static void tail(struct making *m)
{
	gp_auto(gp_buf_release) struct gp_buf log = { 0 };
	struct gp_str end;

	if (m->cell->log_tail || gp_file_read(m->log, LOG_MAX, &log, NULL) < 0)
		return;
	end = gp_buildlog_tail(gp_buf_str(&log), TAIL_BYTES);
	m->cell->log_tail = gp_strndup(end.p, end.len);
}

/* Did make do what it was asked for? */
static bool all_made(struct making *m, const struct gp_list *modules)
{
	for (size_t i = 0; i < modules->n; i++) {
		gp_auto(gp_free_ptr) char *name = gp_asprintf("%s.ko", modules->v[i]);
		gp_auto(gp_free_ptr) char *path = gp_path_join(m->kernel, name);

		if (gp_is_file(path)) {
			gp_list_add(&m->cell->modules, name);
			continue;
		}
		if (m->cell->cls == GP_CELL_OK) {
			gp_auto(gp_free_ptr) char *text = gp_asprintf("make said nothing, but there is no %s", name);

			gp_cell_fail(m->cell, GP_CELL_MODPOST, text);
		}
	}
	return m->cell->cls == GP_CELL_OK;
}

/* Modules that nobody asked for. */
static void tell_needed(struct making *m, const struct gp_list *modules)
{
	for (size_t i = 0; i < modules->n; i++)
		if (m->o->modules->n && !gp_list_has(m->o->modules, modules->v[i]))
			gp_list_printf(&m->cell->reasons,
				       "%s is built with the modules that were asked for: "
				       "they need it",
				       modules->v[i]);
}

static bool make(struct making *m, const struct gp_toolchain *cc)
{
	gp_auto(gp_list_release) struct gp_list modules = { 0 };
	const struct gp_kmake k = { m->s, m->h, cc, m->o, &modules, m->work };
	struct gp_proc_end end = { 0 };
	struct gp_err err = { 0 };

	gp_kmake_modules(m->s, m->o->modules, &modules);
	tell_needed(m, &modules);
	if (gp_kmake_run(&k, &end, &err) < 0) {
		gp_cell_fail_err(m->cell, GP_CELL_ENVIRONMENT, &err);
		return false;
	}
	if (end.cancelled) {
		gp_cell_fail(m->cell, GP_CELL_CANCELLED, "stopped by a signal");
	} else if (end.timed_out) {
		gp_auto(gp_free_ptr) char *text = gp_asprintf("not done after %.0f seconds", m->o->timeout_s);

		gp_cell_fail(m->cell, GP_CELL_TIMEOUT, text);
	} else if (end.status != 0) {
		read_failure(m, end.placed);
	}
	return all_made(m, &modules);
}

static bool compile(struct making *m)
{
	gp_auto(gp_toolchain_release) struct gp_toolchain cc = { 0 };
	struct gp_err err = { 0 };
	double began = gp_clock_s();
	bool ok;

	if (gp_toolchain_find(m->h, m->o->cc, &cc, &err) < 0) {
		gp_cell_fail_err(m->cell, GP_CELL_ENVIRONMENT, &err);
		return false;
	}
	m->cell->compiler = gp_strdup(cc.text);
	if (cc.note)
		gp_list_add(&m->cell->reasons, cc.note);
	if (gp_prereq_check(m->h, &cc, &m->cell->reasons, &err) < 0) {
		gp_cell_fail_err(m->cell, GP_CELL_ENVIRONMENT, &err);
		return false;
	}
	ok = make(m, &cc);
	m->cell->build_s = gp_clock_s() - began;
	return ok;
}

/* --- the rest --- */

static void keep_results(struct making *m)
{
	struct gp_err err = { 0 };

	if (m->o->keep && gp_keep_modules(m->o, m->kernel, m->log, m->cell, &err) < 0)
		gp_cell_fail_err(m->cell, GP_CELL_ENVIRONMENT, &err);
	err = (struct gp_err){ 0 };
	if (m->o->logs && gp_exists(m->log) && gp_keep_log(m->o, m->log, m->cell, &err) < 0)
		gp_cell_fail_err(m->cell, GP_CELL_ENVIRONMENT, &err);
}

static void sign(struct making *m)
{
	struct gp_err err = { 0 };

	if (m->o->sign_key && gp_keep_sign(m->h, m->o, m->kernel, m->cell, &err) < 0)
		gp_cell_fail_err(m->cell, GP_CELL_ENVIRONMENT, &err);
}

/* Rules say the same as `Load: no`, and that is not a reason not to build: the tree is
 * for other kernels, too. */
static bool only_loads(const struct gp_modfinding *f)
{
	return strcmp(f->check, "symbol-get") == 0;
}

static void tell_findings(struct gp_cell *c, const struct gp_modfindings *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_modfinding *f = &l->v[i];
		gp_auto(gp_free_ptr) char *text = gp_asprintf("%s%s%s", f->module, *f->module ? ": " : "", f->text);

		if (f->severity == GP_FIND_ERROR && c->cls == GP_CELL_OK && !only_loads(f))
			gp_cell_fail(c, GP_CELL_VERIFY, text);
		else if (f->severity != GP_FIND_NOTE)
			gp_list_add(&c->reasons, text);
	}
}

/* What the kernel would say at load, and whether the hooks have something to work on. */
static void inspect(struct making *m)
{
	struct gp_list *names = &m->cell->modules, paths = { 0 };
	gp_auto(gp_free_ptr) char *blob = gp_path_join(m->kernel, BLOB);
	struct gp_modcheck_opts o = { .version = m->s->version.text };
	struct gp_headers own = { 0 }; /* it remembers what it read, and cells share m->h */
	struct gp_modreport report = { 0 };
	struct gp_err err = { 0 };

	for (size_t i = 0; i < names->n; i++)
		gp_list_take(&paths, gp_path_join(m->kernel, names->v[i]));
	o.paths = (const char *const *)paths.v;
	o.n = paths.n;
	o.headers = &own;
	o.hooks_wanted = m->cell->hooks && gp_list_has(names, "nvidia.ko");
	o.blob = o.hooks_wanted && gp_is_file(blob) ? blob : NULL;
	if (gp_headers_open(m->h->sysout, &own, &err) < 0 || gp_modcheck_run(&o, &report, &err) < 0)
		gp_cell_fail_err(m->cell,
				 err.code == GP_E_FORMAT || err.code == GP_E_UNSUPPORTED ? GP_CELL_VERIFY :
											   GP_CELL_ENVIRONMENT,
				 &err);
	else
		tell_findings(m->cell, &report.found);
	gp_modreport_release(&report);
	gp_headers_release(&own);
	gp_list_release(&paths);
}

static void verify(struct making *m)
{
	double began = gp_clock_s();

	inspect(m);
	m->cell->verify_s = gp_clock_s() - began;
}

static void boot(struct making *m)
{
	const struct gp_boot_opts b = { .headers = m->h, .cc = m->o->cc, .dir = m->work, .cancel = m->o->cancel };

	if (m->o->boot && m->cell->cls == GP_CELL_OK)
		gp_bootcell_ask(m->o->boot, m->kernel, &b, m->cell);
}

static void work_on(struct making *m)
{
	double began = gp_clock_s();
	bool laid;

	if (m->o->boot && !gp_bootcell_check(m->o->boot, m->h->release.text, m->cell))
		return;
	laid = plan(m) && lay_out(m);
	m->cell->patch_s = gp_clock_s() - began;
	if (!laid)
		return;
	if (compile(m)) {
		sign(m);
		verify(m);
	}
	tail(m);
	boot(m);
	keep_results(m);
}

char *gp_build_repeat(const char *run, const char *headers, const char *words)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	gp_buf_puts(&b, "gridpatch build ");
	gp_text_shell_word(&b, run);
	gp_buf_puts(&b, " --headers ");
	gp_text_shell_word(&b, headers);
	if (words && *words)
		gp_buf_printf(&b, " %s", words);
	return gp_buf_detach(&b);
}

static void put_sum(struct gp_cell *c, const struct gp_patchset *set)
{
	char sum[GP_SHA256_HEX];

	gp_patchset_sum(set, sum);
	gp_cellinput_add_set(&c->inputs, set->name, sum);
}

static bool has_part(const struct gp_selection *s, const struct gp_patchset *set)
{
	return gp_chosen_has(&s->neutral, set) || gp_chosen_has(&s->hook_sets, set) ||
	       (s->nkernels && gp_chosen_has(&s->kernels[0].sets, set));
}

/* The sets that the result depends on. What the data know of a failure, any of them may
 * have said: gp_fact_find(). */
static void sum_sets(struct making *m)
{
	const struct gp_catalog *c = &m->job.in.catalog;
	enum gp_cell_class cls = m->cell->cls;
	bool chosen = cls == GP_CELL_OK || cls == GP_CELL_BLOCKED || cls == GP_CELL_UNKNOWN;

	for (size_t i = 0; i < c->nsets; i++)
		if (!chosen || has_part(&m->job.decided.selection, &c->sets[i]))
			put_sum(m->cell, &c->sets[i]);
}

void gp_build_cell(const struct gp_source *s, const struct gp_headers *h, const char *work,
		   const struct gp_build_opts *o, struct gp_cell *cell)
{
	struct making m = { .s = s, .h = h, .o = o, .work = work, .cell = cell };
	double began = gp_clock_s();

	*cell = (struct gp_cell){ .driver = gp_strdup(s->version.text),
				  .kind = gp_strdup(gp_kind_name(s->kind)),
				  .input = gp_strdup(s->name),
				  .release = gp_strdup(h->release.text),
				  .headers = gp_strdup(h->sysout) };
	if (s->temporary && gp_runheader_has_md5(&s->rf.header))
		cell->input_md5 = gp_strdup(s->rf.header.md5);
	m.kernel = gp_path_join(work, "kernel");
	m.log = gp_path_join(work, "build.log");
	cell->repeat = gp_build_repeat(s->name, h->sysout, o->words);
	cell->built = gp_clock_utc();
	work_on(&m);
	sum_sets(&m);
	gp_remove_tree(work);
	cell->total_s = gp_clock_s() - began;
	gp_patch_job_release(&m.job);
	free(m.kernel);
	free(m.log);
}

char *gp_build_place(const struct gp_build_opts *o, const char *release)
{
	return o->keep ? gp_path_join(o->keep, release) : NULL;
}

int gp_build_check_modules(const struct gp_source *s, const struct gp_list *wanted, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list all = { 0 };
	gp_auto(gp_buf_release) struct gp_buf names = { 0 };
	static const struct gp_list any = { 0 };

	gp_kmake_modules(s, &any, &all);
	for (size_t i = 0; i < all.n; i++)
		gp_buf_printf(&names, " %s", all.v[i]);
	if (gp_kmake_check_names(&all, err) < 0)
		return gp_within(err, "'%s'", s->name);
	for (size_t i = 0; i < wanted->n; i++)
		if (!gp_list_has(&all, wanted->v[i]))
			return gp_fail(err, GP_E_USAGE, "--modules: '%s' has no module '%s'; there are:%s", s->name,
				       wanted->v[i], names.data);
	return 0;
}
