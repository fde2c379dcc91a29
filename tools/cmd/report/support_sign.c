/* SPDX-License-Identifier: MIT */
#include "cmd/report/support_sign.h"

#include "core/rules/rule.h"
#include "ops/select/select.h"

const struct gp_sign_look gp_signs[GP_SIGNS] = {
	[GP_SIGN_LOADS] = { "+", 32, "ok", "builds, seen to load" },
	[GP_SIGN_BUILDS] = { "o", 36, "half", "builds, loading unknown" },
	[GP_SIGN_EXPECTED] = { "~", 33, "env", "expected to build" },
	[GP_SIGN_UNSURE] = { "?", 33, "env", "sources are against it" },
	[GP_SIGN_LOADS_NOT] = { "!", 35, "due", "builds, does not load" },
	[GP_SIGN_BLOCKED] = { "x", 31, "bad", "does not build" },
	[GP_SIGN_NOTHING] = { ".", 2, "not", "nothing known" },
};

/* Somebody has seen it: what is concluded is expected, and no more. */
static bool is_seen_to_load(const struct gp_choice *c)
{
	struct gp_claim claims[GP_CLAIM_COUNT];

	gp_choice_claims(c, claims);
	return claims[GP_CLAIM_LOADS].answer == GP_CLAIM_YES && claims[GP_CLAIM_LOADS].kind >= GP_EVIDENCE_REPORTED;
}

enum gp_sign gp_sign_of(const struct gp_support_cell *cell)
{
	const struct gp_choice *c = cell->choice;

	if (c->verdict == GP_VERDICT_BLOCKED)
		return GP_SIGN_BLOCKED;
	if (!gp_support_builds(cell))
		return GP_SIGN_NOTHING;
	if (c->load == GP_LOAD_NO)
		return GP_SIGN_LOADS_NOT;
	if (cell->known == GP_KNOWN_UNSURE)
		return GP_SIGN_UNSURE;
	if (is_seen_to_load(c))
		return GP_SIGN_LOADS;
	return cell->known == GP_KNOWN_EXPECTED ? GP_SIGN_EXPECTED : GP_SIGN_BUILDS;
}

enum gp_sign gp_sign_of_branch(const struct gp_support_branch *b, size_t kernel)
{
	return gp_sign_of(&b->drivers[b->n - 1].cells[kernel]);
}

bool gp_sign_is_mixed(const struct gp_support_branch *b, size_t kernel)
{
	const struct gp_support_cell *cell = &b->drivers[b->n - 1].cells[kernel];

	if (gp_support_builds(cell) && (cell->may_block || cell->parts.n || cell->no_load.n))
		return true;
	for (size_t i = 0; i + 1 < b->n; i++)
		if (gp_sign_of(&b->drivers[i].cells[kernel]) != gp_sign_of(cell))
			return true;
	return false;
}
