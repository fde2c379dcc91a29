/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/json.h"
#include "core/rules/branch.h"
#include "core/rules/rule.h"
#include "ops/select/select.h"
#include "cmd/report/report.h"

/* "a, b" into out. */
static void join(const struct gp_list *l, const char *sep, struct gp_buf *out)
{
	for (size_t i = 0; i < l->n; i++)
		gp_buf_printf(out, "%s%s", i ? sep : "", l->v[i]);
}

static bool is_blocked(const struct gp_support_cell *cell)
{
	return cell->choice->verdict == GP_VERDICT_BLOCKED;
}

/* --- text --- */

static void say_head(const struct gp_args *a, const struct gp_branch *b)
{
	gp_auto(gp_buf_release) struct gp_buf versions = { 0 };

	for (size_t i = 0; i < b->n; i++)
		gp_buf_printf(&versions, " %s", b->versions[i].text);
	gp_say(a, "branch     %u%s%s:%s\n", b->number, b->product ? ", " : "", b->product ? b->product : "",
	       versions.data);
}

static void add_detail(struct gp_buf *out, const char *what, const struct gp_list *l, const char *sep)
{
	if (!l->n)
		return;
	gp_buf_printf(out, "; %s: ", what);
	join(l, sep, out);
}

/* "; loads: yes, reported" */
static void add_claim(struct gp_buf *out, enum gp_claim_of of, const struct gp_claim claims[GP_CLAIM_COUNT])
{
	const struct gp_claim *c = &claims[of];

	gp_buf_printf(out, "; %s: %s%s%s", gp_claim_name(of), gp_claim_answer_name(c->answer), c->kind ? ", " : "",
		      c->kind ? gp_evidence_kind_name(c->kind) : "");
}

/* What stands behind the word, each part with "; " in front. */
static void details(const struct gp_support_cell *cell, struct gp_buf *out)
{
	const struct gp_choice *c = cell->choice;
	struct gp_claim claims[GP_CLAIM_COUNT];

	gp_choice_claims(c, claims);
	if (is_blocked(cell))
		return;
	add_detail(out, "sets", &cell->sets, " ");
	if (gp_support_builds(cell) && !cell->sets.n)
		gp_buf_puts(out, "; unpatched");
	add_detail(out, "by its headers perhaps", &cell->perhaps, " ");
	add_detail(out, "only on", &cell->parts, ", ");
	if (cell->may_block)
		gp_buf_puts(out, "; the driver's sources may block it");
	if (gp_support_builds(cell) || c->load != GP_LOAD_UNKNOWN)
		add_claim(out, GP_CLAIM_LOADS, claims);
	add_detail(out, "loads not on", &cell->no_load, ", ");
	gp_buf_printf(out, "; hooks: %s", c->hooks ? gp_hooks_name(c->hooks) : "not said");
	add_claim(out, GP_CLAIM_UNLOCKS, claims);
}

/* "460.32.04 - 460.73.02" */
static char *span_name(const struct gp_support_branch *b, size_t first, size_t n)
{
	return gp_asprintf("%s%s%s", b->drivers[first].version->text, n > 1 ? " - " : "",
			   n > 1 ? b->drivers[first + n - 1].version->text : "");
}

static void say_sources(const struct gp_args *a, const struct gp_choice *c)
{
	struct gp_claim claims[GP_CLAIM_COUNT];

	for (size_t i = 0; i < c->reasons.n; i++)
		gp_say(a, "    reason   %s\n", c->reasons.v[i]);
	gp_choice_claims(c, claims);
	gp_say_claims(a, "    ", claims);
}

static void say_row(const struct gp_args *a, const struct gp_support *t, const struct gp_support_branch *b,
		    size_t kernel, size_t first, size_t n)
{
	const struct gp_support_cell *cell = &b->drivers[first].cells[kernel];
	bool untested = cell->known > GP_KNOWN_UNSURE && cell->choice->verdict == GP_VERDICT_UNTESTED;
	gp_auto(gp_buf_release) struct gp_buf more = { 0 };
	gp_auto(gp_free_ptr) char *span = span_name(b, first, n);
	gp_auto(gp_free_ptr) char *word = gp_asprintf("%s%s", gp_support_word(cell), untested ? ", untested" : "");

	details(cell, &more);
	if (more.len)
		gp_say(a, "  %-4u %-6s %-24s %-19s %s\n", b->branch->number, t->kernels.v[kernel], span, word,
		       more.data + 2);
	else
		gp_say(a, "  %-4u %-6s %-24s %s\n", b->branch->number, t->kernels.v[kernel], span, word);
	if (a->verbose || a->why)
		say_sources(a, cell->choice);
	if (a->why)
		gp_say_support_why(a, cell->choice);
}

void gp_report_support(const struct gp_args *a, const struct gp_support *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct gp_support_branch *b = &t->v[i];

		say_head(a, b->branch);
		for (size_t k = 0; k < t->kernels.n; k++)
			for (size_t first = 0, n; first < b->n; first += n) {
				n = gp_support_span(b, k, first);
				say_row(a, t, b, k, first, n);
			}
	}
	gp_say(a,
	       "built: by gridpatch's authors; reported: in public; expected: from sources or by conclusion;\n"
	       "unsure: sources speak against it, and nobody has tried\n"
	       "that a card unlocks is never more than reported: NVIDIA does not support it\n"
	       "no evidence, unknown: in the data of %s, which do not know what came later\n"
	       "why: gridpatch select --explain --driver VERSION -k RELEASE\n",
	       t->date);
}

void gp_report_branch(const struct gp_args *a, const struct gp_support *t)
{
	const struct gp_support_branch *b = &t->v[0];

	for (size_t k = 0; k < t->kernels.n; k++)
		for (size_t first = 0, n; first < b->n; first += n) {
			const struct gp_support_cell *cell = &b->drivers[first].cells[k];
			gp_auto(gp_free_ptr) char *span = NULL;

			n = gp_support_span(b, k, first);
			span = span_name(b, first, n);
			gp_say(a, "branch     %s on %s: %s", span, t->kernels.v[k], gp_support_word(cell));
			gp_say(a, is_blocked(cell) ? "\n" : "; modules load: %s\n", gp_load_name(cell->choice->load));
		}
}

/* --- JSON --- */

static void unite(struct json_object *to, const struct gp_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		size_t n = json_object_array_length(to), k = 0;

		while (k < n && strcmp(json_object_get_string(json_object_array_get_idx(to, k)), l->v[i]) != 0)
			k++;
		if (k == n)
			json_object_array_add(to, gp_json_text(l->v[i]));
	}
}

/* What the drivers of a span have in common. */
static struct json_object *json_cell(const struct gp_support_cell *cell)
{
	struct json_object *o = gp_json_choice(cell->choice);

	if (is_blocked(cell))
		gp_json_fill(o, GP_J("hooks_needed", NULL));
	gp_json_fill(o, GP_J("known", cell->known ? gp_json_text(gp_known_name(cell->known)) : NULL),
		     GP_J("may_be_blocked", cell->may_block), GP_J("sets", &cell->sets),
		     GP_J("sets_perhaps", &cell->perhaps), GP_J("only_on", &cell->parts),
		     GP_J("load_no_on", &cell->no_load));
	return o;
}

/* How many drivers of b, from index first on, share all that o, of the first one, says. */
static size_t json_span_len(const struct gp_support_branch *b, size_t kernel, size_t first, struct json_object *o)
{
	size_t n = 1;
	bool same = true;

	for (; same && first + n < b->n; n += same) {
		struct json_object *next = json_cell(&b->drivers[first + n].cells[kernel]);

		same = json_object_equal(o, next);
		json_object_put(next);
	}
	return n;
}

static struct json_object *json_drivers(const struct gp_branch *b, size_t first, size_t n)
{
	struct json_object *versions = GP_JSON_EACH(i, n, b->versions[first + i].text);

	return gp_json_object(GP_J("branch", b->number), GP_J("versions", versions));
}

static struct json_object *json_span(const struct gp_support_branch *b, size_t kernel, size_t first, size_t *n)
{
	struct json_object *o = json_cell(&b->drivers[first].cells[kernel]), *reasons = json_object_new_array();
	struct json_object *instead = json_object_new_array(), *evidence = json_object_new_array();

	*n = json_span_len(b, kernel, first, o);
	for (size_t i = first; i < first + *n; i++) {
		const struct gp_choice *c = b->drivers[i].cells[kernel].choice;

		unite(reasons, &c->reasons);
		unite(instead, &c->instead);
		unite(evidence, &c->evidence);
	}
	return gp_json_fill(o, GP_J("drivers", json_drivers(b->branch, first, *n)), GP_J("reasons", reasons),
			    GP_J("instead", instead), GP_J("evidence", evidence));
}

static struct json_object *json_branch(const struct gp_branch *b)
{
	return gp_json_fill(json_drivers(b, 0, b->n), GP_J("product", b->product), GP_J("evidence", b->evidence));
}

struct json_object *gp_json_support(const struct gp_support *t)
{
	struct json_object *cells = json_object_new_array();

	for (size_t i = 0; i < t->n; i++) {
		const struct gp_support_branch *b = &t->v[i];

		for (size_t k = 0; k < t->kernels.n; k++)
			for (size_t first = 0, n; first < b->n; first += n)
				json_object_array_add(cells, json_span(b, k, first, &n));
	}
	return gp_json_object(GP_J("kernels", &t->kernels),
			      GP_J("branches", GP_JSON_EACH(i, t->n, json_branch(t->v[i].branch))),
			      GP_J("cells", cells));
}
