/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/text.h"
#include "base/json.h"
#include "core/rules/branch.h"
#include "core/rules/claim.h"
#include "core/rules/distro.h"
#include "core/rules/release.h"
#include "core/rules/rule.h"
#include "ops/job/inputs.h"
#include "ops/patch/patchset.h"
#include "ops/select/select.h"
#include "ops/select/target.h"
#include "cmd/report/report.h"

static const char *answer(const struct gp_judgement *j)
{
	return j->taken ? "taken" : j->holds == GP_TRI_UNKNOWN ? "unknown" : "not taken";
}

/* "kernel-versions/5.12"; the whole path with -v, and when that name may be in
 * more than one data directory. */
static const char *rule_file(const struct gp_args *a, const struct gp_selection *s, const char *file)
{
	return a->verbose || s->catalog->ndirs >= 2 ? file : gp_data_name(file);
}

static void say_rules(const struct gp_args *a, const struct gp_selection *s, const struct gp_choice *c)
{
	for (size_t i = 0; i < c->nrules; i++) {
		const struct gp_judged *r = &c->rules[i];

		if (r->j.taken || a->verbose)
			gp_say(a, "  rule     %s:%u %s by %s: %s\n", rule_file(a, s, r->rule->file), r->rule->lineno,
			       answer(&r->j), gp_decider_name(r->j.by), r->j.why);
	}
}

/* --- --explain --- */

static int place_width(const struct gp_args *a, const struct gp_selection *s, const struct gp_choice *c)
{
	int width = 0;

	for (size_t i = 0; i < c->nrules; i++) {
		const struct gp_rule *r = c->rules[i].rule;
		int n = snprintf(NULL, 0, "%s:%u", rule_file(a, s, r->file), r->lineno);

		width = n > width ? n : width;
	}
	return width;
}

static void say_field(const struct gp_args *a, const char *name, const char *value)
{
	if (value && *value)
		gp_say(a, "    %-9s%s\n", name, value);
}

static void say_rule_sets(const struct gp_args *a, const struct gp_rule *r)
{
	gp_auto(gp_buf_release) struct gp_buf sets = { 0 };

	for (size_t i = 0; i < r->patches.n; i++)
		gp_buf_printf(&sets, "%s%s", i ? " " : "", r->patches.v[i]);
	say_field(a, "sets", sets.data);
}

static void explain_rule(const struct gp_args *a, const struct gp_selection *s, const struct gp_judged *x, int width)
{
	const struct gp_rule *r = x->rule;
	gp_auto(gp_free_ptr) char *place = gp_asprintf("%s:%u", rule_file(a, s, r->file), r->lineno);

	gp_say(a, "  rule     %-*s  %-11s  by %-7s  %s\n", width, place,
	       x->j.holds == GP_TRI_UNKNOWN ? "cannot tell" : answer(&x->j), gp_decider_name(x->j.by), x->j.why);
	say_rule_sets(a, r);
	say_field(a, "load", gp_load_name(r->load));
	say_field(a, "hooks", gp_hooks_name(r->hooks));
	say_field(a, "status", gp_status_name(r->status));
	say_field(a, "reason", r->reason);
	say_field(a, "instead", r->instead);
	say_field(a, "evidence", r->evidence);
	say_field(a, "evidence", r->load_evidence);
	say_field(a, "evidence", r->hooks_evidence);
}

/* The files of the line, and every rule that is about the driver. */
static void explain(const struct gp_args *a, const struct gp_selection *s, const struct gp_choice *c)
{
	int width = place_width(a, s, c);

	for (size_t i = 0; c->line && i < c->line->files.n; i++)
		gp_say(a, "  line     %s\n", rule_file(a, s, c->line->files.v[i]));
	if (c->line)
		say_field(a, "status", gp_status_name(c->line->status));
	for (size_t i = 0; i < c->nrules; i++)
		explain_rule(a, s, &c->rules[i], width);
	gp_say(a, "  others   %zu rules are about other drivers or kinds\n", c->nothers);
}

void gp_say_claims(const struct gp_args *a, const char *indent, const struct gp_claim claims[GP_CLAIM_COUNT])
{
	for (size_t i = 0; i < GP_CLAIM_COUNT; i++) {
		const struct gp_claim *c = &claims[i];
		const char *note = gp_claim_note(c, (enum gp_claim_of)i);

		gp_say(a, "%s%-8s %s", indent, gp_claim_name((enum gp_claim_of)i), gp_claim_answer_name(c->answer));
		if (c->kind)
			gp_say(a, ", %s", gp_evidence_kind_name(c->kind));
		gp_say(a, "%s%s%s%s%s\n", note ? " (" : "", note ? note : "", note ? ")" : "", c->source ? ": " : "",
		       c->source ? c->source : "");
	}
}

static void say_why(const struct gp_args *a, const struct gp_choice *c)
{
	for (size_t i = 0; i < c->reasons.n; i++)
		gp_say(a, "  reason   %s\n", c->reasons.v[i]);
	for (size_t i = 0; i < c->load_reasons.n; i++)
		gp_say(a, "  loading  %s\n", c->load_reasons.v[i]);
	for (size_t i = 0; i < c->instead.n; i++)
		gp_say(a, "  instead  %s\n", c->instead.v[i]);
	if (a->verbose && !a->explain)
		for (size_t i = 0; i < c->evidence.n; i++)
			gp_say(a, "  evidence %s\n", c->evidence.v[i]);
}

enum gp_tone gp_verdict_tone(enum gp_verdict v)
{
	return v == GP_VERDICT_SUPPORTED                          ? GP_TONE_GOOD :
	       v == GP_VERDICT_BLOCKED || v == GP_VERDICT_UNKNOWN ? GP_TONE_BAD :
								    GP_TONE_DOUBT;
}

/* Of a kernel that somebody typed: which one may be meant; free() it. */
static char *typed_hint(const struct gp_args *a, const struct gp_choice *c)
{
	bool typed = !c->has_headers && !a->platform && gp_list_has(&a->patch.kernels, c->release.text);

	return typed ? gp_target_hint(c->release.text) : gp_strdup("");
}

static void say_choice(const struct gp_args *a, const struct gp_selection *s, const struct gp_choice *c)
{
	gp_auto(gp_free_ptr) char *hint = typed_hint(a, c);
	struct gp_claim claims[GP_CLAIM_COUNT];

	gp_say(a, "kernel     %s: line %s, ", c->release.text, c->line ? c->line->name : "not known");
	gp_say_word(a, gp_verdict_tone(c->verdict), gp_verdict_name(c->verdict));
	gp_say(a, "; %s%s\n",
	       c->has_headers ? "judged by its headers" : "judged by version only, its headers are not at hand", hint);
	if (a->explain)
		explain(a, s, c);
	else
		say_rules(a, s, c);
	gp_choice_claims(c, claims);
	gp_say_claims(a, "  ", claims);
	say_why(a, c);
	gp_say(a, "  sets    ");
	for (size_t i = 0; i < c->sets.n; i++)
		gp_say(a, " %s", c->sets.v[i].set->name);
	gp_say(a, "%s; modules load: %s; hooks: %s\n", c->sets.n ? "" : " none", gp_load_name(c->load),
	       c->hooks ? gp_hooks_name(c->hooks) : "not said");
	if (c->elsewhere)
		gp_say(a,
		       "  note     a kernel of %s has the number of the plain %s and interfaces of others: "
		       "what is known of %s says nothing about it%s\n",
		       gp_distro_title(c->release.distro), c->line->name, c->line->name,
		       c->has_headers ? "; build it first" : "");
	if (c->verdict == GP_VERDICT_UNKNOWN || c->verdict == GP_VERDICT_NO_EVIDENCE)
		gp_say(a, "  note     the data are of %s; what came later they do not know\n",
		       gp_catalog_date(s->catalog));
	if (c->needs_headers)
		gp_say(a, "  note     some rules can only be decided with the headers: give --headers DIR\n");
	if (c->needs_driver)
		gp_say(a, "  note     some rules can only be decided with the driver's sources\n");
}

/* What stands against it, or is to be known of it; NULL: nothing. */
static const char *matters(const struct gp_choice *c)
{
	if (c->verdict != GP_VERDICT_SUPPORTED && c->reasons.n)
		return c->reasons.v[0];
	if (c->load == GP_LOAD_NO && c->load_reasons.n)
		return c->load_reasons.v[0];
	if (c->needs_headers)
		return "Some rules can only be decided with the headers: give --headers DIR.";
	return NULL;
}

void gp_report_verdicts(const struct gp_args *a, const struct gp_selection *s)
{
	for (size_t i = 0; i < s->nkernels; i++) {
		const struct gp_choice *c = &s->kernels[i];
		gp_auto(gp_free_ptr) char *hint = typed_hint(a, c);
		struct gp_claim claims[GP_CLAIM_COUNT];

		gp_choice_claims(c, claims);
		gp_say(a, "kernel     %s: ", c->release.text);
		gp_say_word(a, gp_verdict_tone(c->verdict), gp_verdict_name(c->verdict));
		gp_say(a, "%s", c->has_headers ? "" : " (by version, its headers are not at hand)");
		for (size_t k = 0; k < GP_CLAIM_COUNT; k++)
			gp_say(a, "%s %s %s", k ? "," : ";", gp_claim_name((enum gp_claim_of)k),
			       gp_claim_answer_name(claims[k].answer));
		gp_say(a, "%s\n", hint);
		/* Why it is refused is the error's to say, and what else there is. */
		if (matters(c) && c->verdict != GP_VERDICT_BLOCKED && c->verdict != GP_VERDICT_UNKNOWN)
			gp_say(a, "           %s\n", matters(c));
	}
}

void gp_say_covers(const struct gp_args *a, const struct gp_selection *s)
{
	gp_auto(gp_buf_release) struct gp_buf covers = { 0 };

	gp_selection_covers(s, &covers);
	gp_say(a, "covers     %s; next unknown: ", covers.len ? covers.data : "nothing");
	if (s->next_unknown)
		gp_say(a, "%s\n", s->next_unknown->name);
	else if (s->newer_blocked)
		gp_say(a, "none, all that is newer is blocked\n");
	else
		gp_say(a, "newer than %s\n", s->nlines ? s->lines[s->nlines - 1].line->name : "all");
}

void gp_report_selection(const struct gp_args *a, const struct gp_selection *s)
{
	for (size_t i = 0; i < s->nkernels; i++)
		say_choice(a, s, &s->kernels[i]);
	gp_say(a, "default    ");
	for (size_t i = 0; i < s->neutral.n; i++)
		gp_say(a, "%s%s", i ? " " : "", s->neutral.v[i].set->name);
	gp_say(a, "%s\n", s->neutral.n ? " (neutral: for every kernel)" : "no neutral sets for this driver");
	for (size_t i = 0; i < s->hook_sets.n; i++)
		gp_say(a, "%s%s", i ? " " : "for hooks  ", s->hook_sets.v[i].set->name);
	if (s->hook_sets.n)
		gp_say(a, " (for your copy of them)\n");
	for (size_t i = 0; i < s->misfits.n; i++)
		gp_say(a, "misfit     set '%s' does not fit these sources: --no-set %s leaves it out\n",
		       s->misfits.v[i], s->misfits.v[i]);
}

/* --- JSON --- */

static const char *or_null(const char *name)
{
	return *name ? name : NULL;
}

static bool a_rule_says(const struct gp_choice *c, enum gp_status status)
{
	for (size_t i = 0; i < c->nrules; i++)
		if (c->rules[i].j.taken && c->rules[i].rule->status == status)
			return true;
	return false;
}

/* The verdict's reason in a word, beside which the sentences stand; NULL: it needs none. */
static const char *reason(const struct gp_choice *c)
{
	switch (c->verdict) {
	case GP_VERDICT_SUPPORTED: break;
	case GP_VERDICT_UNTESTED:
		if (c->left_out.n)
			return "sets-left-out";
		if (!c->line)
			return "between-lines";
		return !a_rule_says(c, GP_STATUS_UNTESTED) && c->line->status == GP_STATUS_UNTESTED ? "line" : "rule";
	case GP_VERDICT_NO_EVIDENCE: return c->elsewhere ? "other-kernel" : "no-rule";
	case GP_VERDICT_UNKNOWN:
		return c->nearest && gp_version_cmp(&c->release.ver, &c->nearest->release.ver) < 0 ? "older" : "newer";
	case GP_VERDICT_BLOCKED:
		if (c->misfits.n)
			return "set-misfit";
		return a_rule_says(c, GP_STATUS_BLOCKED) ? "rule" : "line";
	}
	return NULL;
}

const char *gp_selection_reason(const struct gp_selection *s, const struct gp_version *driver, unsigned allow)
{
	for (size_t i = 0; i < s->nkernels; i++) {
		enum gp_verdict v = s->kernels[i].verdict;

		if ((v == GP_VERDICT_BLOCKED && !(allow & GP_ALLOW_BLOCKED)) ||
		    (v == GP_VERDICT_UNKNOWN && !(allow & GP_ALLOW_UNKNOWN)))
			return gp_verdict_name(v);
	}
	if (s->catalog && !(allow & GP_ALLOW_UNKNOWN) &&
	    !gp_branch_known(&s->catalog->branches, gp_version_branch(driver)))
		return gp_verdict_name(GP_VERDICT_UNKNOWN);
	return NULL;
}

static struct json_object *json_kernel(const struct gp_choice *c)
{
	return gp_json_object(
		GP_J("release", c->release.text), GP_J("line", c->line ? c->line->name : NULL),
		GP_J("nearest", c->nearest ? c->nearest->name : NULL),
		GP_J("distro", gp_distro_name(c->release.distro)),
		GP_J("plain", json_object_new_boolean(gp_distro_trait(c->release.distro) == GP_DISTRO_PLAIN)));
}

struct json_object *gp_json_choice(const struct gp_choice *c)
{
	struct gp_claim claims[GP_CLAIM_COUNT];

	gp_choice_claims(c, claims);
	return gp_json_object(GP_J("kernel", json_kernel(c)), GP_J("verdict", gp_verdict_name(c->verdict)),
			      GP_J("reason", reason(c)), GP_J("claims", gp_json_claims(claims)),
			      GP_J("hooks_needed", or_null(gp_hooks_name(c->hooks))));
}

/* Which exports its probes went by; NULL: they asked for none, or got no answer. */
static struct json_object *json_exports(const struct gp_judgement *j)
{
	const struct gp_exports_found *from = &j->from;

	if (!from->file && !j->by_symvers)
		return NULL;
	if (!from->file)
		return gp_json_object(GP_J("from", "headers"), GP_J("first", NULL), GP_J("last", NULL),
				      GP_J("file", NULL), GP_J("line", NULL), GP_J("source", NULL));
	return gp_json_object(GP_J("from", "table"), GP_J("first", from->span->lo.text),
			      GP_J("last", from->span->hi.text), GP_J("file", from->file->path),
			      GP_J("line", from->alike->lineno), GP_J("source", from->alike->source));
}

static struct json_object *json_rule(const struct gp_judged *x)
{
	const struct gp_rule *r = x->rule;

	return gp_json_object(GP_J("file", r->file), GP_J("line", r->lineno), GP_J("taken", x->j.taken),
			      GP_J("holds", gp_tri_name(x->j.holds)), GP_J("judged_by", gp_decider_name(x->j.by)),
			      GP_J("why", x->j.why), GP_J("exports", json_exports(&x->j)),
			      GP_J("status", or_null(gp_status_name(r->status))),
			      GP_J("claims", gp_json_claims(r->claims)), GP_J("sets", &r->patches),
			      GP_J("hooks_needed", or_null(gp_hooks_name(r->hooks))), GP_J("text", r->reason),
			      GP_J("instead", r->instead), GP_J("evidence", r->evidence),
			      GP_J("load_evidence", r->load_evidence), GP_J("hooks_evidence", r->hooks_evidence));
}

/* All that is known of it. */
static struct json_object *json_cell(const struct gp_choice *c)
{
	return gp_json_fill(
		gp_json_choice(c), GP_J("judged_by", c->has_headers ? "headers" : "version"),
		GP_J("sets", GP_JSON_EACH(i, c->sets.n, c->sets.v[i].set->name)), GP_J("sets_left_out", &c->left_out),
		GP_J("reasons", &c->reasons), GP_J("load_reasons", &c->load_reasons), GP_J("instead", &c->instead),
		GP_J("evidence", &c->evidence), GP_J("needs_headers", c->needs_headers),
		GP_J("needs_driver", c->needs_driver),
		GP_J("rules", GP_JSON_EACH(i, c->nrules, json_rule(&c->rules[i]))), GP_J("other_rules", c->nothers));
}

struct json_object *gp_json_set(const struct gp_patchset *s)
{
	char sum[GP_SHA256_HEX];

	gp_patchset_sum(s, sum);
	return gp_json_object(GP_J("set", s->name), GP_J("sha256", sum));
}

static struct json_object *json_sets(const struct gp_chosen_list *l)
{
	return GP_JSON_EACH(i, l->n, gp_json_set(l->v[i].set));
}

struct json_object *gp_json_selection(const struct gp_selection *s)
{
	gp_auto(gp_buf_release) struct gp_buf covers = { 0 };

	gp_selection_covers(s, &covers);
	return gp_json_object(GP_J("cells", GP_JSON_EACH(i, s->nkernels, json_cell(&s->kernels[i]))),
			      GP_J("neutral_sets", json_sets(&s->neutral)), GP_J("hook_sets", json_sets(&s->hook_sets)),
			      GP_J("misfits", &s->misfits), GP_J("covers", covers.len ? covers.data : ""),
			      GP_J("next_unknown", s->next_unknown ? s->next_unknown->name : NULL),
			      GP_J("newer_blocked", s->newer_blocked),
			      GP_J("data_date", s->catalog ? s->catalog->any.date : NULL));
}
