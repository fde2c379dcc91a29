/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/fsio.h"
#include "base/json.h"
#include "cmd/proof/boot_run.h"
#include "cmd/proof/build_args.h"
#include "cmd/proof/fetch_run.h"
#include "cmd/report/input.h"
#include "cmd/report/report.h"
#include "core/proof/cells_json.h"

/* The first word is the driver; the others are headers. */
static int positional(struct gp_args *a, struct gp_err *err)
{
	if (!a->positional.n)
		return gp_fail(err, GP_E_USAGE, "no installer given; see 'gridpatch build --help'");
	for (size_t i = 1; i < a->positional.n; i++) {
		if (!gp_is_dir(a->positional.v[i]))
			return gp_fail(err, GP_E_USAGE, "'%s' is not a directory with kernel headers",
				       a->positional.v[i]);
		gp_list_add(&a->patch.headers, a->positional.v[i]);
	}
	return 0;
}

/* The first cell that failed is the answer; its error came above. */
static int answer(const struct gp_cells *l, bool quiet, struct gp_err *err)
{
	const struct gp_cell *first = NULL;
	size_t failed = 0;

	for (size_t i = 0; i < l->n; i++) {
		if (l->v[i].cls == GP_CELL_OK)
			continue;
		failed++;
		first = first ? first : &l->v[i];
	}
	if (!first)
		return 0;
	if (l->n == 1 && !quiet)
		return gp_fail(err, gp_cell_code(first->cls), "driver %s does not pass on kernel %s [%s]",
			       first->driver, first->release, gp_cell_class_name(first->cls));
	if (l->n == 1)
		return gp_fail(err, gp_cell_code(first->cls), "driver %s on kernel %s [%s]: %s%s%s", first->driver,
			       first->release, gp_cell_class_name(first->cls), first->file ? first->file : "",
			       first->file ? ": " : "", first->error);
	return gp_fail(err, gp_cell_code(first->cls), "%zu of %zu builds failed", failed, l->n);
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_cells_release) struct gp_cells cells = { 0 };
	const char *name;
	gp_auto(gp_fetch_ready_release) struct gp_fetch_ready fetched = { 0 };
	int rc;

	if (positional(a, err) < 0 || gp_boot_args_check(a, err) < 0)
		return -1;
	name = a->positional.v[0];
	if (gp_take_input(a, GP_INPUT_DRIVER, &name, err) < 0)
		return -1;
	rc = gp_fetch_begin(a, &fetched, err);
	if (rc == 0)
		rc = gp_build_one(a, name, &cells, err);
	for (size_t i = 0; i < cells.skipped.n; i++)
		gp_say(a, "skipped    %s\n", cells.skipped.v[i]);
	if (rc == 0)
		rc = answer(&cells, a->quiet || a->json, err);
	r->root = gp_json_fill(gp_cells_json(&cells), GP_J("input", gp_json_input(a, name)));
	gp_fetch_tell(&fetched, r->root);
	r->reason = gp_cells_reason(&cells, GP_GROUP_SKIPPED);
	return rc;
}

const struct gp_cmd gp_cmd_build = {
	.name = "build",
	.args = "RUN|TREE [HEADERS-DIR…]",
	.summary = "build a driver's modules for kernels, to see that they do",
	.about = "Patches the kernel sources of the installer RUN, or those in TREE (an extracted\n"
		 "one, or /usr/src/nvidia-VERSION), in a scratch directory, runs NVIDIA's own make\n"
		 "against each of the kernel headers, and checks the modules. Nothing is\n"
		 "installed, and the input is not changed. This runs the package's Makefile and\n"
		 "what that calls: use it on packages that you would install. $TMPDIR (or\n"
		 "/var/tmp) needs about 1 GB per kernel. With --boot the kernel is started in a\n"
		 "virtual machine, and asked whether it takes them.\n"
		 "\n"
		 "Exit status 1 when the modules of one of the kernels do not build; the first\n"
		 "error is shown with what the data know about it.",
	.example = "gridpatch build RUN -k installed",
	.options =
		GP_PATCHING_OPTIONS " modules jobs cc timeout output force sign-key sign-cert boot "
				    "kernel-package kernel-image kernel-modules accel fetch-headers no-cache progress",
	.run = run,
};
