/* SPDX-License-Identifier: MIT */
#include "ops/proof/bootcell.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/path.h"

bool gp_bootcell_check(const struct gp_bootcell_opts *o, const char *release, struct gp_cell *cell)
{
	gp_auto(gp_vmkernel_release) struct gp_vmkernel k = { 0 };
	struct gp_err err = { 0 };

	if (gp_vmkernels_find(o->kernels, release, &k, &err) == 0)
		return true;
	gp_cell_fail_err(cell, GP_CELL_ENVIRONMENT, &err);
	return false;
}

/* One line of each module: "nvidia.ko: ended: NVRM: No NVIDIA GPU found.". */
static void tell_modules(const struct gp_boot *b, struct gp_cell *c)
{
	for (size_t i = 0; i < b->n; i++) {
		const struct gp_boot_module *m = &b->module[i];
		const char *more = m->line ? m->line : m->meaning;

		if (m->stand_in)
			continue;
		gp_list_printf(&c->booted, "%s: %s%s%s%s%s", m->file, gp_boot_verdict_name(m->verdict),
			       m->beside ? ", beside a stand-in for " : "", m->beside ? m->beside : "",
			       more ? ": " : "", more ? more : "");
	}
}

static void tell(const struct gp_boot *b, struct gp_cell *c)
{
	enum gp_boot_answer answer = gp_boot_answer(b);
	gp_auto(gp_free_ptr) char *reason = answer == GP_BOOT_SAYS_YES ? NULL : gp_boot_reason(b);

	c->boot = gp_strdup(gp_boot_answer_name(answer));
	tell_modules(b, c);
	for (size_t i = 0; i < b->nfinding; i++) {
		const struct gp_boot_finding *f = &b->finding[i];

		gp_list_printf(&c->reasons, "the kernel, %s: %s", f->module, f->text);
		/* Of a log that ends with a build that worked nobody wants the end. */
		if (f->trace) {
			free(c->log_tail);
			c->log_tail = gp_strdup(f->trace);
		}
	}
	gp_list_add_all(&c->reasons, &b->notes);
	if (reason)
		gp_cell_fail(c, answer == GP_BOOT_SAYS_NO ? GP_CELL_BOOT : GP_CELL_ENVIRONMENT, reason);
}

/* Those of the cell; *n of them are open, also after a failure. */
static int open_modules(const struct gp_cell *c, const char *dir, struct gp_modfile *f, size_t *n, struct gp_err *err)
{
	for (*n = 0; *n < c->modules.n; (*n)++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, c->modules.v[*n]);

		if (gp_modfile_open(path, &f[*n], err) < 0)
			return -1;
	}
	return 0;
}

void gp_bootcell_ask(const struct gp_bootcell_opts *o, const char *dir, const struct gp_boot_opts *b,
		     struct gp_cell *cell)
{
	gp_auto(gp_free_ptr) struct gp_modfile *f = gp_alloc((cell->modules.n + 1) * sizeof(*f));
	gp_auto(gp_boot_release) struct gp_boot said = { 0 };
	struct gp_boot_opts all = *b;
	double began = gp_clock_s();
	struct gp_err err = { 0 };
	size_t n = 0;

	all.kernels = o->kernels;
	all.accel = o->accel;
	all.release = cell->release;
	all.file = f;
	all.n = cell->modules.n;
	if (open_modules(cell, dir, f, &n, &err) < 0 || gp_boot_run(&all, &said, &err) < 0)
		gp_cell_fail_err(cell, GP_CELL_ENVIRONMENT, &err);
	else
		tell(&said, cell);
	for (size_t i = 0; i < n; i++)
		gp_modfile_release(&f[i]);
	cell->boot_s = gp_clock_s() - began;
}
