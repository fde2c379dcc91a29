/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_ADVISE_H
#define GP_OPS_SELECT_ADVISE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/rules/branch.h"
#include "core/rules/card.h"
#include "core/rules/claim.h"
#include "core/rules/kind.h"
#include "ops/select/catalog.h"
#include "ops/select/select.h"

/*
 * Which driver for this kernel and card, and which kernel for this driver: every pair is
 * judged as gp_catalog_select() judges it, and they are put in order.
 */

enum gp_advice_fit {
	GP_ADVICE_FITS,    /* it builds, is not known not to load, and the card has vGPUs with it */
	GP_ADVICE_PERHAPS, /* nobody knows if it builds; nothing speaks against it */
	GP_ADVICE_NO
};

const char *gp_advice_fit_name(enum gp_advice_fit f); /* "fits", "perhaps", "no" */

/* What speaks against a pair, the first of these that does. */
enum gp_advice_why {
	GP_AGAINST_NOTHING,
	GP_AGAINST_CARD,        /* the card has no vGPUs with it: gp_advice.card */
	GP_AGAINST_BLOCKED,     /* it does not build */
	GP_AGAINST_KERNEL,      /* no line that is known */
	GP_AGAINST_LOAD,        /* it does not load */
	GP_AGAINST_NO_EVIDENCE, /* nobody knows if it builds */
};

const char *gp_advice_why_name(enum gp_advice_why w); /* "nothing", "card", "blocked", … */

/* A driver on a kernel. */
struct gp_advice {
	const struct gp_branch *branch; /* of the driver, if it is listed; NULL */
	const struct gp_version *driver;
	size_t kernel; /* which one of the question */
	struct gp_choice choice;
	struct gp_claim claims[GP_CLAIM_COUNT];
	struct gp_card_verdict card; /* when a card was asked about */
	bool needs_hooks;            /* that card has vGPUs with them only */
	enum gp_advice_fit fit;
	enum gp_advice_why why;
};

struct gp_advice_list {
	struct gp_advice *v;
	size_t n, cap;
};

void gp_advice_list_release(struct gp_advice_list *l);

struct gp_advise_query {
	enum gp_kind kind;
	const struct gp_branch *branch;   /* only its drivers; NULL */
	const struct gp_version *version; /* only this one, listed or not; NULL */
	const struct gp_card *card;       /* NULL: whatever card */
	const struct gp_query_kernel *kernels;
	size_t nkernels;
};

/*
 * Judge each driver of the `drivers` file that is meant on each kernel, the best pair
 * first:
 *
 *  - what fits, what perhaps does, what does not;
 *  - a card that has vGPUs by itself before one that needs the hooks;
 *  - for one that needs them what is known to unlock it;
 *  - then whether it is known to load, to unlock (where the hooks are needed), and to
 *    build, each by how well that is known (enum gp_evidence_kind);
 *  - then the newer driver, then the newer kernel.
 *
 * Out:    gp_advice_list_release() frees it; it points into c and q. Empty on failure.
 * Errors: as gp_catalog_select().
 */
int gp_advise(const struct gp_catalog *c, const struct gp_advise_query *q, struct gp_advice_list *out,
	      struct gp_err *err);

/*
 * Does this host, merged with this desktop driver, build on the kernel, as far as the
 * rules say? They may block a merged driver where the host alone builds.
 *
 * Out: false: no; *why: free() it, the reason.
 */
bool gp_advise_merges(const struct gp_catalog *c, const struct gp_query_kernel *k, const struct gp_version *host,
		      const struct gp_version *desktop, char **why);

/* A sentence: what speaks against it. Out: borrowed; "" when nothing does, there is none,
 * or it is the card, of which gp_gpu_why() tells. */
const char *gp_advice_reason(const struct gp_advice *a);

#endif
