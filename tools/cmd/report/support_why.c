/* SPDX-License-Identifier: MIT */
#include "base/tri.h"
#include "ops/select/select.h"
#include "cmd/report/report.h"

/* What stands behind a row of the table, beside the reasons and claims. */

static void say_texts(const struct gp_args *a, const char *what, const struct gp_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		gp_say(a, "    %-9s%s\n", what, l->v[i]);
}

/* Of the rules that hold, and of those that may on a part of the line. */
static void say_rule(const struct gp_args *a, const struct gp_judged *x)
{
	if (x->j.holds == GP_TRI_NO)
		return;
	gp_say(a, "    rule     %s:%u%s%s\n", a->verbose ? x->rule->file : gp_data_name(x->rule->file), x->rule->lineno,
	       x->j.taken ? "" : " perhaps: ", x->j.taken ? "" : x->j.why);
}

void gp_say_support_why(const struct gp_args *a, const struct gp_choice *c)
{
	say_texts(a, "loading", &c->load_reasons);
	for (size_t i = 0; i < c->nrules; i++)
		say_rule(a, &c->rules[i]);
	say_texts(a, "evidence", &c->evidence);
}
