/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "cmd/report/advise_report.h"
#include "cmd/report/gpu_report.h"
#include "cmd/report/report.h"
#include "core/rules/branch.h"
#include "core/rules/kind.h"
#include "core/rules/platform.h"
#include "core/rules/release.h"
#include "ops/job/inputs.h"
#include "ops/select/advise.h"
#include "ops/select/catalog.h"
#include "ops/select/gpu.h"
#include "ops/select/target.h"

/* The question and its answers. */
struct work {
	struct gp_catalog catalog;
	struct gp_targets targets;
	struct gp_query_kernel *of_platforms; /* their kernels */
	const struct gp_platform **platforms; /* whose each is */
	const struct gp_platform *platform;   /* that was asked about; NULL */
	struct gp_gpu_list gpus;
	struct gp_version version;
	struct gp_advise_query query;
	struct gp_advise_asked asked;
	struct gp_advise_answer *v;
	size_t n;
};

static int read_driver(const struct gp_args *a, struct work *w, struct gp_err *err)
{
	struct gp_wanted wanted;

	w->asked.driver = a->driver;
	if (!a->driver)
		return 0;
	if (gp_wanted_parse(a->driver, &w->catalog.branches, w->query.kind, &wanted, err) < 0)
		return -1;
	w->query.branch = wanted.branch;
	if (wanted.branch)
		return 0;
	w->version = wanted.version;
	w->query.version = &w->version;
	return gp_branch_check(&w->catalog.branches, gp_version_branch(&w->version), err);
}

/* --- the kernels --- */

static void add_platform(struct work *w, const struct gp_platform *p)
{
	size_t n = w->asked.nkernels + p->n;

	w->of_platforms = gp_realloc(w->of_platforms, n, sizeof(*w->of_platforms));
	w->platforms = gp_realloc(w->platforms, n, sizeof(*w->platforms));
	for (size_t i = 0; i < p->n; i++) {
		w->of_platforms[w->asked.nkernels] = (struct gp_query_kernel){ .release = p->releases[i] };
		w->platforms[w->asked.nkernels++] = p;
	}
	w->asked.kernels = w->of_platforms;
	w->asked.platforms = w->platforms;
}

static int read_platform(const struct gp_args *a, struct work *w, struct gp_err *err)
{
	const struct gp_platform *p;

	if (a->patch.kernels.n || a->patch.headers.n)
		return gp_fail(err, GP_E_USAGE, "give --kernel or --platform, not both");
	if (gp_platform_find(gp_catalog_platforms(&w->catalog), a->platform, &p, err) < 0)
		return -1;
	add_platform(w, p);
	w->platform = p;
	return 0;
}

/* Which kernels there are for a driver: those that people have. */
static int all_platforms(struct work *w, struct gp_err *err)
{
	for (size_t i = 0; i < gp_catalog_platforms(&w->catalog)->n; i++)
		add_platform(w, &gp_catalog_platforms(&w->catalog)->v[i]);
	return w->asked.nkernels ? 0 : gp_fail(err, GP_E_USAGE, "the data know no platforms: give --kernel");
}

static int read_kernels(const struct gp_args *a, struct work *w, struct gp_err *err)
{
	if (a->platform)
		return read_platform(a, w, err);
	if (a->driver && !a->patch.kernels.n && !a->patch.headers.n)
		return all_platforms(w, err);
	if (gp_targets_find(&a->patch.kernels, &a->patch.headers, &w->targets, err) < 0)
		return -1;
	w->asked.kernels = w->targets.v;
	w->asked.nkernels = w->targets.n;
	return 0;
}

/* --- the cards --- */

/* Who does not say which card, and has none here, is advised for whatever card. */
static int read_cards(const struct gp_args *a, struct work *w, struct gp_err *err)
{
	bool vgpu = w->query.kind == GP_KIND_HOST || w->query.kind == GP_KIND_MERGED;
	struct gp_err why = { 0 };
	char text[512];

	if (!vgpu)
		return !a->gpu ? 0 :
				 gp_fail(err, GP_E_USAGE, "--gpu asks about vGPUs, which %s drivers do not make",
					 gp_kind_name(w->query.kind));
	if (a->gpu)
		return gp_gpus_find(a->gpu, gp_catalog_cards(&w->catalog), NULL, &w->gpus, err);
	if (gp_gpus_find(GP_GPU_AUTO, gp_catalog_cards(&w->catalog), NULL, &w->gpus, &why) == 0)
		return 0;
	gp_err_format(&why, text, sizeof(text));
	gp_say(a, "card       any: %s; --gpu asks about one\n", text);
	return 0;
}

/* --- the answers --- */

static int add_answer(struct work *w, const struct gp_gpu *gpu, size_t kernel, size_t nkernels, struct gp_err *err)
{
	struct gp_advise_query q = w->query;
	struct gp_advise_answer *x = &w->v[w->n];

	*x = (struct gp_advise_answer){ .gpu = gpu, .kernel = kernel, .nkernels = nkernels };
	q.card = gpu ? gpu->card : NULL;
	q.kernels = w->asked.kernels + kernel;
	q.nkernels = nkernels;
	/* Of a card that nobody knows there is nothing to say. */
	if ((!gpu || gpu->card) && gp_advise(&w->catalog, &q, &x->pairs, err) < 0)
		return -1;
	w->n++;
	return 0;
}

static int answer_card(struct work *w, const struct gp_gpu *gpu, struct gp_err *err)
{
	if (w->asked.for_driver)
		return add_answer(w, gpu, 0, w->asked.nkernels, err);
	for (size_t k = 0; k < w->asked.nkernels; k++)
		if (add_answer(w, gpu, k, 1, err) < 0)
			return -1;
	return 0;
}

static int answer_all(struct work *w, struct gp_err *err)
{
	size_t cards = w->gpus.n ? w->gpus.n : 1;

	w->v = gp_alloc((cards * w->asked.nkernels + 1) * sizeof(*w->v));
	for (size_t i = 0; i < cards; i++)
		if (answer_card(w, w->gpus.n ? &w->gpus.v[i] : NULL, err) < 0)
			return -1;
	return 0;
}

/* A question that has an answer is enough where several were asked: of a platform some
 * kernel, of a machine some card. */
static int verdict(const struct work *w, struct gp_err *err)
{
	for (size_t i = 0; i < w->n; i++)
		if (gp_advise_fits(&w->v[i]))
			return 0;
	return gp_fail(err, GP_E_NO, "%s, by the data of %s",
		       w->asked.for_driver ? "no kernel that is known here fits the driver" :
					     "no driver that is known here fits",
		       gp_catalog_date(&w->catalog));
}

static int answer(struct gp_args *a, struct work *w, struct gp_err *err)
{
	if (a->positional.n)
		return gp_fail(err, GP_E_USAGE, "advise takes no file; see 'gridpatch select' for an installer");
	w->query.kind = w->asked.kind = gp_args_kind(a);
	w->asked.for_driver = a->driver != NULL;
	w->asked.catalog = &w->catalog;
	if (gp_data_load(&a->patch.data, GP_DATA_ALL, &w->catalog, err) < 0 || read_driver(a, w, err) < 0 ||
	    read_kernels(a, w, err) < 0 || read_cards(a, w, err) < 0 || answer_all(w, err) < 0)
		return -1;
	for (size_t i = 0; i < w->targets.skipped.n; i++)
		gp_say(a, "skipped    %s\n", w->targets.skipped.v[i]);
	gp_say_platform(a, w->platform);
	for (size_t i = 0; i < w->n; i++)
		gp_report_advice(a, &w->asked, &w->v[i]);
	return verdict(w, err);
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct work w = { 0 };
	int rc = answer(a, &w, err);

	if (a->json)
		r->root = gp_json_object(GP_J("kind", gp_kind_name(w.query.kind)),
					 GP_J("driver", w.asked.driver ? w.asked.driver : NULL),
					 GP_J("data_date", w.catalog.any.date), GP_J("skipped", &w.targets.skipped),
					 GP_J("answers", GP_JSON_EACH(i, w.n, gp_json_advice(&w.asked, &w.v[i]))));
	if (a->json && w.platform)
		gp_json_fill(r->root, GP_J("platform", gp_json_platform(w.platform)));
	for (size_t i = 0; i < w.n; i++)
		gp_advice_list_release(&w.v[i].pairs);
	free(w.v);
	free(w.of_platforms);
	free(w.platforms);
	gp_gpus_release(&w.gpus);
	gp_targets_release(&w.targets);
	gp_catalog_release(&w.catalog);
	return rc;
}

const struct gp_cmd gp_cmd_advise = {
	.name = "advise",
	.args = "",
	.summary = "say which driver fits a kernel and a card",
	.about = "Says for a kernel (the running one) and a card (those of this machine) which\n"
		 "drivers fit, the best first, with what is known of each; and of the others in a\n"
		 "line why they do not. With --driver: which kernels that people have fit it. Each\n"
		 "pair is judged as 'select' judges it. Exit status 1 when nothing fits.",
	.example = "gridpatch advise --platform 'Proxmox 8' --gpu 'Tesla P4'",
	.options = "gpu kernel platform headers driver kind data",
	.run = run,
};
