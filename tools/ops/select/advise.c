/* SPDX-License-Identifier: MIT */
#include "ops/select/advise.h"

#include <stdlib.h>

#include "ops/select/headers.h"
#include "ops/select/select_impl.h"

static const char *const fit_names[] = { "fits", "perhaps", "no" };

const char *gp_advice_fit_name(enum gp_advice_fit f)
{
	return fit_names[f];
}

static const char *const why_names[] = { "nothing", "card", "blocked", "unknown", "load", "no-evidence" };

const char *gp_advice_why_name(enum gp_advice_why w)
{
	return why_names[w];
}

void gp_advice_list_release(struct gp_advice_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		gp_choice_release(&l->v[i].choice);
	free(l->v);
	*l = (struct gp_advice_list){ 0 };
}

/* --- what speaks against it --- */

static enum gp_advice_why find_why(const struct gp_advice *a, bool has_card)
{
	if (has_card && !gp_card_served(a->card.fit))
		return GP_AGAINST_CARD;
	if (a->choice.verdict == GP_VERDICT_BLOCKED)
		return GP_AGAINST_BLOCKED;
	if (a->choice.verdict == GP_VERDICT_UNKNOWN)
		return GP_AGAINST_KERNEL;
	if (a->choice.load == GP_LOAD_NO)
		return GP_AGAINST_LOAD;
	return a->claims[GP_CLAIM_BUILDS].answer == GP_CLAIM_YES ? GP_AGAINST_NOTHING : GP_AGAINST_NO_EVIDENCE;
}

static enum gp_advice_fit find_fit(enum gp_advice_why w)
{
	return w == GP_AGAINST_NOTHING     ? GP_ADVICE_FITS :
	       w == GP_AGAINST_NO_EVIDENCE ? GP_ADVICE_PERHAPS :
					     GP_ADVICE_NO;
}

static const char *first(const struct gp_list *l)
{
	return l->n ? l->v[0] : "";
}

const char *gp_advice_reason(const struct gp_advice *a)
{
	switch (a->why) {
	case GP_AGAINST_BLOCKED: return first(&a->choice.reasons);
	case GP_AGAINST_KERNEL: return "the kernel belongs to no known line";
	case GP_AGAINST_LOAD: return first(&a->choice.load_reasons);
	case GP_AGAINST_NO_EVIDENCE: return "nobody is known to have built it there";
	case GP_AGAINST_CARD:
	case GP_AGAINST_NOTHING: break;
	}
	return "";
}

/* --- the order --- */

/* How good a claim is, 0: none. */
static int strength(const struct gp_advice *a, enum gp_claim_of of)
{
	return a->claims[of].answer == GP_CLAIM_YES ? 1 + (int)a->claims[of].kind : 0;
}

static bool is_locked(const struct gp_advice *a)
{
	return a->needs_hooks && a->claims[GP_CLAIM_UNLOCKS].answer != GP_CLAIM_YES;
}

/* Below 0: a is better. A card that has vGPUs by itself needs no unlocking; one that
 * needs it has none with a driver that merely loads. */
static int by_claims(const struct gp_advice *a, const struct gp_advice *b)
{
	int c = (int)is_locked(a) - (int)is_locked(b);

	if (c == 0)
		c = strength(b, GP_CLAIM_LOADS) - strength(a, GP_CLAIM_LOADS);
	if (c == 0 && a->card.fit != GP_CARD_NATIVE)
		c = strength(b, GP_CLAIM_UNLOCKS) - strength(a, GP_CLAIM_UNLOCKS);
	return c ? c : strength(b, GP_CLAIM_BUILDS) - strength(a, GP_CLAIM_BUILDS);
}

static int by_rank(const void *x, const void *y)
{
	const struct gp_advice *a = x, *b = y;
	int c = (int)a->fit - (int)b->fit;

	if (c == 0)
		c = (int)a->card.fit - (int)b->card.fit;
	if (c == 0)
		c = by_claims(a, b);
	if (c == 0)
		c = gp_version_cmp(b->driver, a->driver);
	if (c == 0)
		c = gp_release_cmp(&b->choice.release, &a->choice.release);
	/* qsort(3) keeps no order: the same is to come out everywhere. */
	return c ? c : a->kernel < b->kernel ? -1 : a->kernel > b->kernel;
}

/* --- every pair --- */

struct work {
	const struct gp_catalog *c;
	const struct gp_advise_query *q;
	struct gp_advice_list *out;
	struct gp_err failed;
};

static void judge(struct work *w, struct gp_asker *asker, struct gp_advice a)
{
	const struct gp_query_kernel *k = &w->q->kernels[a.kernel];
	const struct gp_release *release = k->headers ? &k->headers->release : &k->release;

	asker->headers = k->headers;
	gp_choice_make(w->c, asker, release, &a.choice);
	gp_choice_claims(&a.choice, a.claims);
	/* Without a card all drivers are alike; the hooks may be needed. */
	a.card = (struct gp_card_verdict){ .fit = GP_CARD_HOOKS };
	if (w->q->card)
		a.card = gp_card_judge(w->q->card, a.driver, release);
	a.needs_hooks = w->q->card && a.card.fit == GP_CARD_HOOKS;
	a.why = find_why(&a, w->q->card != NULL);
	a.fit = find_fit(a.why);
	GP_GROW(w->out->v, w->out->n, w->out->cap);
	w->out->v[w->out->n++] = a;
}

static void judge_driver(struct work *w, const struct gp_branch *branch, const struct gp_version *driver)
{
	struct gp_query q = { .driver = *driver, .kind = w->q->kind };
	gp_auto(gp_list_release) struct gp_list modules = { 0 };
	struct gp_asker asker = { .q = &q, .failed = &w->failed, .exports = gp_catalog_exports(w->c) };

	asker.modules = gp_query_modules(&q, &modules) ? &modules : NULL;
	for (size_t k = 0; k < w->q->nkernels; k++)
		judge(w, &asker, (struct gp_advice){ .branch = branch, .driver = driver, .kernel = k });
}

static void judge_branch(struct work *w, const struct gp_branch *b)
{
	if (!(b->kinds & (1u << w->q->kind)) || (w->q->branch && w->q->branch != b))
		return;
	for (size_t i = 0; i < b->n; i++)
		judge_driver(w, b, &b->versions[i]);
}

int gp_advise(const struct gp_catalog *c, const struct gp_advise_query *q, struct gp_advice_list *out,
	      struct gp_err *err)
{
	const struct gp_branch_list *l = &c->branches;
	struct work w = { .c = c, .q = q, .out = out };

	*out = (struct gp_advice_list){ 0 };
	if (q->version)
		judge_driver(&w, gp_branch_find(l, gp_version_branch(q->version), q->kind), q->version);
	for (size_t i = 0; i < l->n && !q->version; i++)
		judge_branch(&w, &l->v[i]);
	for (size_t k = 0; k < q->nkernels && !w.failed.code; k++)
		if (q->kernels[k].headers)
			gp_headers_sound(q->kernels[k].headers, &w.failed);
	if (w.failed.code) {
		gp_advice_list_release(out);
		if (err)
			*err = w.failed;
		return -1;
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_rank);
	return 0;
}

bool gp_advise_merges(const struct gp_catalog *c, const struct gp_query_kernel *k, const struct gp_version *host,
		      const struct gp_version *desktop, char **why)
{
	struct gp_query q = { .driver = *desktop, .host = *host, .kind = GP_KIND_MERGED };
	gp_auto(gp_choice_release) struct gp_choice choice = { 0 };
	struct gp_err failed = { 0 }; /* then nothing is said against it */
	struct gp_asker asker = { .q = &q, .headers = k->headers, .failed = &failed, .exports = gp_catalog_exports(c) };

	gp_choice_make(c, &asker, k->headers ? &k->headers->release : &k->release, &choice);
	if (failed.code || choice.verdict != GP_VERDICT_BLOCKED)
		return true;
	*why = gp_strdup(first(&choice.reasons));
	return false;
}
