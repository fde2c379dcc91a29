/* SPDX-License-Identifier: MIT */
#include "cmd/proof/build_args.h"

#include <stdio.h>
#include <unistd.h>

#include "base/text.h"
#include "core/proof/cell.h"
#include "ops/job/inputs.h"
#include "ops/proof/build.h"
#include "ops/proof/matrix.h"
#include "ops/vm/qemu.h"
#include "cmd/front/version.h"
#include "cmd/proof/boot_run.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

static void put(struct gp_buf *out, const char *option, const char *value)
{
	if (out->len)
		gp_buf_putc(out, ' ');
	gp_buf_puts(out, option);
	if (!value)
		return;
	gp_buf_putc(out, ' ');
	gp_text_shell_word(out, value);
}

static void put_all(struct gp_buf *out, const char *option, const struct gp_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		put(out, option, l->v[i]);
}

static void put_allow(struct gp_buf *out, unsigned allow)
{
	for (size_t i = 0; gp_allow_names[i]; i++)
		if (allow & (1u << i))
			put(out, "--allow", gp_allow_names[i]);
}

void gp_build_words(const struct gp_args *a, struct gp_buf *out)
{
	const struct gp_patch_opts *p = &a->patch;
	gp_auto(gp_buf_release) struct gp_buf modules = { 0 };

	if (p->hooks)
		put(out, "--hooks", p->hooks);
	if (p->no_hooks)
		put(out, "--no-hooks", NULL);
	if (p->hooks_patch)
		put(out, "--hooks-patch", p->hooks_patch);
	if (p->no_hooks_patch)
		put(out, "--no-hooks-patch", NULL);
	for (size_t i = 0; i < p->patches.n; i++) {
		put(out, "--patches", p->patches.v[i]);
		if (*p->matches.v[i])
			put(out, "--patch-match", p->matches.v[i]);
	}
	put_all(out, "--set", &p->sets);
	put_all(out, "--no-set", &p->no_sets);
	put_all(out, "--data", &p->data);
	put_allow(out, p->allow);
	if (p->drop_dkms_patches)
		put(out, "--drop-dkms-patches", NULL);
	for (size_t i = 0; i < a->modules.n; i++)
		gp_buf_printf(&modules, "%s%s", i ? "," : "", a->modules.v[i]);
	if (modules.len)
		put(out, "--modules", modules.data);
	if (a->cc)
		put(out, "--cc", a->cc);
	if (!a->boot.on)
		return;
	put(out, "--boot", NULL);
	put_all(out, "--kernel-package", &a->boot.packages);
	if (a->boot.image)
		put(out, "--kernel-image", a->boot.image);
	if (a->boot.modules)
		put(out, "--kernel-modules", a->boot.modules);
	if (a->boot.accel)
		put(out, "--accel", gp_accel_names[a->boot.accel]);
}

struct gp_build_opts gp_build_args(const struct gp_args *a, const char *words)
{
	return (struct gp_build_opts){ .patch = &a->patch,
				       .modules = &a->modules,
				       .cc = a->cc,
				       .jobserver = { -1, -1 },
				       .timeout_s = a->timeout ? a->timeout : GP_BUILD_TIMEOUT_S,
				       .keep = a->out_dir,
				       .logs = a->keep_logs,
				       .sign_key = a->sign_key,
				       .sign_cert = a->sign_cert,
				       .words = words,
				       .cancel = gp_main_cancel() };
}

enum gp_code gp_cell_code(enum gp_cell_class c)
{
	switch (c) {
	case GP_CELL_OK: return GP_OK;
	case GP_CELL_ENVIRONMENT: return GP_E_SYSTEM;
	case GP_CELL_CANCELLED: return GP_E_CANCELLED;
	default: return GP_E_NO;
	}
}

/* "nvidia/os-interface.c:12: error: …" */
static void say_error(const struct gp_args *a, const struct gp_cell *c)
{
	if (c->file)
		gp_say(a, "           %s:%u: %s\n", c->file, c->line, c->error);
	else if (c->error)
		gp_say(a, "           %s\n", c->error);
	if (c->fact)
		gp_say(a, "           known: %s\n", c->fact);
}

static void say_list(const struct gp_args *a, const char *what, const struct gp_list *l)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	for (size_t i = 0; i < l->n; i++)
		gp_buf_printf(&text, " %s", l->v[i]);
	if (l->n)
		gp_say(a, "           %s:%s\n", what, text.data);
}

void gp_say_cell(const struct gp_args *a, const struct gp_cell *c)
{
	gp_say(a, "%-10s %s on %s, %.0f s%s\n", gp_cell_class_name(c->cls), c->driver, c->release, c->total_s,
	       c->hooks ? ", with hooks" : "");
	say_error(a, c);
	say_list(a, "sets", &c->sets);
	if (c->cls == GP_CELL_OK)
		say_list(a, "modules", &c->modules);
	for (size_t i = 0; i < c->booted.n; i++)
		gp_say(a, "           booted: %s\n", c->booted.v[i]);
	for (size_t i = 0; i < c->reasons.n; i++)
		gp_say(a, "           note: %s\n", c->reasons.v[i]);
	if (c->log)
		gp_say(a, "           log: %s\n", c->log);
}

static void say_done(void *arg, const struct gp_cell *c, size_t n, size_t total, bool known)
{
	(void)n;
	(void)total;
	(void)known;
	gp_progress_end();
	gp_say_cell(arg, c);
	gp_main_flush();
}

int gp_build_one(struct gp_args *a, const char *run, struct gp_cells *cells, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list runs = { 0 };
	gp_auto(gp_buf_release) struct gp_buf words = { 0 };
	struct gp_matrix_opts o = { .runs = &runs, .jobs = (unsigned)a->jobs, .done = say_done, .arg = a };
	gp_auto(gp_boot_ready_release) struct gp_boot_ready boot = { 0 };
	unsigned allow = a->patch.allow;
	int rc;

	gp_list_add(&runs, run);
	gp_build_words(a, &words);
	o.build = gp_build_args(a, words.data);
	if (gp_boot_begin(a, &boot, &o.build, err) < 0)
		return -1;
	o.progress = gp_progress_begin(a);
	a->patch.allow |= GP_ALLOW_UNKNOWN;
	rc = gp_matrix_run(&o, cells, err);
	a->patch.allow = allow;
	gp_progress_end();
	cells->program = gp_strdup(GP_PROGRAM_VERSION);
	return rc;
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

int gp_build_proof(struct gp_args *a, const char *run, struct gp_cells *cells, struct gp_err *err)
{
	if (gp_build_one(a, run, cells, err) < 0 || check_proof(cells, err) < 0)
		return -1;
	a->patch.proved = true;
	return 0;
}

void gp_job_args(struct gp_args *a)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	a->patch.threads = cores < 1 ? 1 : cores > 64 ? 64 : (unsigned)cores;
	a->patch.cancel = gp_main_cancel();
	a->patch.program = GP_PROGRAM_VERSION;
	a->patch.report = a->json_file;
	a->patch.gpu = a->gpu;
}

const char *gp_job_reason(const struct gp_args *a, const struct gp_patch_job *job, const struct gp_cells *cells)
{
	if (a->build && !job->in.driver.version.n)
		return gp_cells_reason(cells, GP_GROUP_FAILED);
	if (gp_applied_fails(&job->changed.applied))
		return "hunk";
	return job->changed.targetdir ?
		       NULL :
		       gp_selection_reason(&job->decided.selection, &job->in.driver.version, a->patch.allow);
}
