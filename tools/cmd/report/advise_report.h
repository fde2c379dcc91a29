/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_ADVISE_REPORT_H
#define GP_CMD_REPORT_ADVISE_REPORT_H

#include "cmd/front/opt.h"
#include "core/merge/mergepartner.h"
#include "core/rules/kind.h"
#include "core/rules/platform.h"
#include "ops/select/advise.h"
#include "ops/select/catalog.h"
#include "ops/select/gpu.h"
#include "ops/select/select.h"

/* What advise was asked. */
struct gp_advise_asked {
	const struct gp_catalog *catalog;
	enum gp_kind kind;
	bool for_driver;    /* which kernels for it; else which drivers for each kernel */
	const char *driver; /* as it was called; NULL */
	const struct gp_query_kernel *kernels;
	const struct gp_platform *const *platforms; /* whose kernel each is; NULL among them, or NULL */
	size_t nkernels;
};

/* For one card, and one kernel or all of them. */
struct gp_advise_answer {
	const struct gp_gpu *gpu; /* NULL: whatever card */
	size_t kernel;            /* the first of those that its pairs count from */
	size_t nkernels;
	struct gp_advice_list pairs;
};

/* How many of them fit. */
size_t gp_advise_fits(const struct gp_advise_answer *x);

/* What speaks against a pair, in a sentence. Out: free() it; NULL: nothing, or nobody says. */
char *gp_advise_reason(const struct gp_advise_answer *x, const struct gp_advice *p);

/*
 * The desktop drivers that a host may be merged with on its kernel.
 *
 * Out: gp_merge_desktops_release() it; *why: free() it, why the merged driver does not
 *      build there with one that is not in it; NULL: all are.
 */
void gp_advise_desktops(const struct gp_advise_asked *q, const struct gp_advise_answer *x, const struct gp_advice *p,
			struct gp_merge_desktops *l, char **why);

void gp_report_advice(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x);
struct json_object *gp_json_advice(const struct gp_advise_asked *q, const struct gp_advise_answer *x);

#endif
