/* SPDX-License-Identifier: MIT */
#include "ops/select/select.h"

#include "core/rules/claim.h"

/* What the rules of one kernel claim together. */

/* Does what the rule claims count? That it builds only where it is about the driver on
 * this line, that the hooks unlock it only when they are those that are needed. */
static bool counts(const struct gp_choice *c, const struct gp_judged *x, enum gp_claim_of of, enum gp_claim_answer a)
{
	if (!x->j.taken || x->rule->claims[of].answer != a)
		return false;
	if (of == GP_CLAIM_UNLOCKS)
		return x->rule->hooks == c->hooks;
	return of != GP_CLAIM_BUILDS || a == GP_CLAIM_NO || gp_judged_is_about(x);
}

/* How the answer is known at best, by the rules that hold. */
static void find_best(const struct gp_choice *c, enum gp_claim_of of, struct gp_claim *best)
{
	for (size_t i = 0; i < c->nrules; i++) {
		const struct gp_judged *x = &c->rules[i];
		const enum gp_evidence_kind kind = x->j.kinds[of];

		if (counts(c, x, of, best->answer) && kind > best->kind)
			*best = (struct gp_claim){ best->answer, kind, x->rule->claims[of].source };
	}
}

static enum gp_claim_answer builds(const struct gp_choice *c)
{
	if (c->verdict == GP_VERDICT_BLOCKED)
		return GP_CLAIM_NO;
	return c->verdict == GP_VERDICT_SUPPORTED || c->verdict == GP_VERDICT_UNTESTED ? GP_CLAIM_YES :
											 GP_CLAIM_UNKNOWN;
}

static enum gp_claim_answer loads(const struct gp_choice *c)
{
	return c->load == GP_LOAD_YES ? GP_CLAIM_YES : c->load == GP_LOAD_NO ? GP_CLAIM_NO : GP_CLAIM_UNKNOWN;
}

void gp_choice_claims(const struct gp_choice *c, struct gp_claim out[GP_CLAIM_COUNT])
{
	bool unlocks = c->hooks == GP_HOOKS_UPSTREAM || c->hooks == GP_HOOKS_NEWER_TABLE;
	const enum gp_claim_answer answers[] = { builds(c), loads(c), unlocks ? GP_CLAIM_YES : GP_CLAIM_UNKNOWN };

	for (size_t i = 0; i < GP_CLAIM_COUNT; i++) {
		out[i] = (struct gp_claim){ .answer = answers[i] };
		if (out[i].answer != GP_CLAIM_UNKNOWN)
			find_best(c, (enum gp_claim_of)i, &out[i]);
	}
	/* A gap between two lines is untested, and no rule says that it builds there. */
	if (out[GP_CLAIM_BUILDS].answer == GP_CLAIM_YES && !out[GP_CLAIM_BUILDS].kind)
		out[GP_CLAIM_BUILDS].answer = GP_CLAIM_UNKNOWN;
}
