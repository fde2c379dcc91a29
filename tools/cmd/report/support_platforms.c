/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "cmd/report/report.h"
#include "cmd/report/support_sign.h"
#include "core/rules/platform.h"

/* The table for the README: who has a platform finds his kernels, and reads one word. */

static const char *const WORDS[GP_SIGNS] = {
	[GP_SIGN_LOADS] = "**loads**", [GP_SIGN_BUILDS] = "builds",       [GP_SIGN_EXPECTED] = "expected",
	[GP_SIGN_UNSURE] = "unsure",   [GP_SIGN_LOADS_NOT] = "loads not", [GP_SIGN_BLOCKED] = "blocked",
	[GP_SIGN_NOTHING] = "–",
};

/* Does anything build of it? */
static bool has_column(const struct gp_support *t, size_t i)
{
	for (size_t k = 0; k < t->kernels.n; k++) {
		enum gp_sign s = gp_sign_of_branch(&t->v[i], k);

		if ((s != GP_SIGN_BLOCKED && s != GP_SIGN_NOTHING) || gp_sign_is_mixed(&t->v[i], k))
			return true;
	}
	return false;
}

static void say_head(const struct gp_args *a, const struct gp_support *t)
{
	gp_say(a, "| platform | kernel |");
	for (size_t i = 0; i < t->n; i++)
		if (has_column(t, i))
			gp_say(a, " %u%s%s |", t->v[i].branch->number, t->v[i].branch->product ? "<br>" : "",
			       t->v[i].branch->product ? t->v[i].branch->product : "");
	gp_say(a, "\n|---|---|");
	for (size_t i = 0; i < t->n; i++)
		if (has_column(t, i))
			gp_say(a, "---|");
	gp_say(a, "\n");
}

static void say_row(const struct gp_args *a, const struct gp_support *t, size_t kernel, const struct gp_platform *on)
{
	gp_say(a, "| %s | %s |", on ? on->title : "", t->kernels.v[kernel]);
	for (size_t i = 0; i < t->n; i++)
		if (has_column(t, i))
			gp_say(a, " %s%s |", WORDS[gp_sign_of_branch(&t->v[i], kernel)],
			       gp_sign_is_mixed(&t->v[i], kernel) ? " ¹" : "");
	gp_say(a, "\n");
}

void gp_report_support_platforms(const struct gp_args *a, const struct gp_support *t,
				 const struct gp_platform *const *of)
{
	const char *sep = "Nothing is known to build of branch ";

	say_head(a, t);
	for (size_t k = 0; k < t->kernels.n; k++)
		say_row(a, t, k, k && of[k] == of[k - 1] ? NULL : of[k]);
	gp_say(a,
	       "\n"
	       "The newest release of a branch decides. **loads**: it builds, and is reported to load.\n"
	       "*builds*: by us, or reported; nobody knows if it loads. *expected*: from sources, or\n"
	       "concluded. *unsure*: sources are against it, nobody has tried. *loads not*: it builds.\n"
	       "–: nothing is known in the data of %s. ¹ not on all releases of the branch, or of\n"
	       "that kernel line.\n",
	       t->date);
	for (size_t i = 0; i < t->n; i++) {
		if (has_column(t, i))
			continue;
		gp_say(a, "%s%u", sep, t->v[i].branch->number);
		sep = ", ";
	}
	if (*sep == ',')
		gp_say(a, ".\n");
}
