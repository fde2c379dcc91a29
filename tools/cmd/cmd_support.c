/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "core/rules/branch.h"
#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "ops/job/inputs.h"
#include "ops/select/catalog.h"
#include "ops/select/headers.h"

#include "cmd/report/gpu_report.h"
#include "cmd/report/report.h"
#include "cmd/report/terminal.h"
#include "cmd/support_page.h"

/* The question and its answer. */
struct work {
	struct gp_catalog catalog;
	const struct gp_platform *platform; /* NULL */
	const struct gp_platform **of;      /* whose each kernel is, with --platform all; NULL */
	struct gp_gpu_list gpus;
	struct gp_version version;
	struct gp_release *kernels;
	struct gp_support_opts ask;
	struct gp_support table;
};

static int read_driver(const struct gp_args *a, struct work *w, struct gp_err *err)
{
	struct gp_wanted wanted;

	if (!a->driver)
		return 0;
	if (gp_wanted_parse(a->driver, &w->catalog.branches, w->ask.kind, &wanted, err) < 0)
		return -1;
	if (wanted.branch) {
		w->ask.branch = wanted.branch->number;
		return 0;
	}
	w->version = wanted.version;
	w->ask.version = &w->version;
	return gp_branch_check(&w->catalog.branches, gp_version_branch(&w->version), err);
}

static int list_kernels(const struct gp_args *a, struct gp_list *names, struct gp_err *err)
{
	for (size_t i = 0; i < a->patch.kernels.n; i++) {
		const char *name = a->patch.kernels.v[i];

		if (strcmp(name, "installed") != 0)
			gp_list_add(names, name);
		else if (gp_installed_kernels(NULL, names, err) < 0)
			return -1;
	}
	return 0;
}

static int read_kernels(const struct gp_args *a, struct work *w, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (!a->patch.kernels.n)
		return 0;
	if (list_kernels(a, &names, err) < 0)
		return -1;
	w->kernels = gp_alloc((names.n + 1) * sizeof(*w->kernels));
	w->ask.kernels = w->kernels;
	w->ask.nkernels = names.n;
	for (size_t i = 0; i < names.n; i++) {
		if (gp_release_parse(names.v[i], &w->kernels[i], err) == 0)
			continue;
		if (err)
			err->code = GP_E_USAGE;
		return -1;
	}
	return 0;
}

/* Of what goes to standard output there can be one. */
static int check_outputs(const struct gp_args *a, struct gp_err *err)
{
	bool page = a->html && strcmp(a->html, "-") == 0, json = a->json && !a->json_file;

	if (a->markdown && a->html)
		return gp_fail(err, GP_E_USAGE, "give --markdown or --html, not both");
	if (json && (a->markdown || page))
		return gp_fail(err, GP_E_USAGE, "%s and --json both write to standard output",
			       page ? "--html" : "--markdown");
	return 0;
}

/* Who reads on a terminal sees all of it at once, and asks for details. */
static bool wants_grid(const struct gp_args *a)
{
	return !a->driver && !a->patch.kernels.n && !a->why && !a->verbose && gp_terminal_read(STDOUT_FILENO);
}

/* --platform all: what everybody has. */
static int take_all(const struct gp_args *a, struct work *w, struct gp_err *err)
{
	if (a->patch.kernels.n)
		return gp_fail(err, GP_E_USAGE, "give --kernel or --platform, not both");
	w->kernels = gp_support_platform_kernels(&w->catalog, &w->of, &w->ask.nkernels);
	w->ask.kernels = w->kernels;
	return w->of ? 0 : gp_fail(err, GP_E_NO, "the data know no platforms");
}

static bool wants_all(const struct gp_args *a)
{
	return a->platform && strcmp(a->platform, "all") == 0;
}

static int prepare(struct gp_args *a, struct work *w, struct gp_err *err)
{
	if (gp_data_load(&a->patch.data, GP_DATA_ALL, &w->catalog, err) < 0 ||
	    (wants_all(a) ? take_all(a, w, err) :
			    gp_take_platform(a, gp_catalog_platforms(&w->catalog), &w->platform, err)) < 0 ||
	    (a->gpu && gp_gpus_find(a->gpu, gp_catalog_cards(&w->catalog), NULL, &w->gpus, err) < 0))
		return -1;
	return read_kernels(a, w, err);
}

static int write_page(const struct gp_args *a, const struct work *w, struct gp_err *err)
{
	const struct gp_support_asked q = { .catalog = &w->catalog,
					    .opts = &w->ask,
					    .table = &w->table,
					    .platform = w->platform,
					    .card = w->gpus.n ? w->gpus.v[0].card : NULL };

	return gp_support_write_page(a, &q, err);
}

static int answer(struct gp_args *a, struct work *w, struct gp_err *err)
{
	if (a->positional.n)
		return gp_fail(err, GP_E_USAGE, "support takes no file; see 'gridpatch select' for an installer");
	if (check_outputs(a, err) < 0)
		return -1;
	w->ask.instead = a->json;
	w->ask.kind = gp_args_kind(a);
	if (prepare(a, w, err) < 0 || read_driver(a, w, err) < 0 ||
	    gp_support_make(&w->catalog, &w->ask, &w->table, err) < 0)
		return -1;
	if (a->html)
		return write_page(a, w, err);
	if (a->markdown) {
		if (w->of)
			gp_report_support_platforms(a, &w->table, w->of);
		else
			gp_report_support_markdown(a, &w->table);
		gp_report_cards_markdown(a, gp_catalog_cards(&w->catalog));
		return 0;
	}
	gp_say_platform(a, w->platform);
	if (wants_grid(a))
		gp_report_support_grid(a, &w->table, w->of);
	else
		gp_report_support(a, &w->table);
	gp_say_gpu_branches(a, &w->gpus, &w->table);
	return 0;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct work w = { 0 };
	int rc = answer(a, &w, err);

	if (a->json) {
		r->root = gp_json_support(&w.table);
		gp_json_fill(r->root, GP_J("kind", gp_kind_name(w.ask.kind)), GP_J("data_date", w.catalog.any.date));
		if (w.platform)
			gp_json_fill(r->root, GP_J("platform", gp_json_platform(w.platform)));
		if (w.gpus.n)
			gp_json_fill(r->root, GP_J("gpus", gp_json_gpu_branches(&w.gpus, &w.table)));
	}
	gp_gpus_release(&w.gpus);
	gp_support_release(&w.table);
	gp_catalog_release(&w.catalog);
	free(w.kernels);
	free(w.of);
	return rc;
}

const struct gp_cmd gp_cmd_support = {
	.name = "support",
	.args = "",
	.summary = "say what is known of all drivers on all kernels",
	.about = "Shows for every kernel line and every known driver whether it builds there and\n"
		 "how that is known, with which patch sets, whether the modules load, and which\n"
		 "hooks it needs. Judged by version; 'select' looks at headers and sources, too.",
	.example = "gridpatch support --driver 535",
	.options = "kernel platform driver gpu kind data markdown html why",
	.run = run,
};
