/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/report/report.h"

static const char *answer(const struct gp_judgement *j)
{
	return j->taken ? "taken" : j->holds == GP_TRI_UNKNOWN ? "unknown" : "not taken";
}

/* "kernel-versions/5.12"; the whole path with -v, and when that name may be in
 * more than one data directory. */
static const char *rule_file(const struct gp_args *a, const struct gp_selection *s, const char *file)
{
	const char *data = strstr(file, "kernel-versions/");

	return data && !a->verbose && s->catalog->ndirs < 2 ? data : file;
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
	say_field(a, "gpu", r->gpu);
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

static void say_why(const struct gp_args *a, const struct gp_choice *c)
{
	for (size_t i = 0; i < c->reasons.n; i++)
		gp_say(a, "  reason   %s\n", c->reasons.v[i]);
	for (size_t i = 0; i < c->load_reasons.n; i++)
		gp_say(a, "  loading  %s\n", c->load_reasons.v[i]);
	for (size_t i = 0; i < c->instead.n; i++)
		gp_say(a, "  instead  %s\n", c->instead.v[i]);
	for (size_t i = 0; i < c->gpus.n; i++)
		gp_say(a, "  gpu      %s\n", c->gpus.v[i]);
	if (a->verbose && !a->explain)
		for (size_t i = 0; i < c->evidence.n; i++)
			gp_say(a, "  evidence %s\n", c->evidence.v[i]);
}

static void say_choice(const struct gp_args *a, const struct gp_selection *s, const struct gp_choice *c)
{
	gp_say(a, "kernel     %s: line %s, %s; %s\n", c->release.text, c->line ? c->line->name : "not known",
	       gp_verdict_name(c->verdict),
	       c->has_headers ? "judged by its headers" : "judged by version only, its headers are not at hand");
	if (a->explain)
		explain(a, s, c);
	else
		say_rules(a, s, c);
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
	if (c->needs_headers)
		gp_say(a, "  note     some rules can only be decided with the headers: give --headers DIR\n");
	if (c->needs_driver)
		gp_say(a, "  note     some rules can only be decided with the driver's sources\n");
}

void gp_say_covers(const struct gp_args *a, const struct gp_selection *s)
{
	gp_auto(gp_buf_release) struct gp_buf covers = { 0 };

	gp_selection_covers(s, &covers);
	gp_say(a, "covers: %s; next unknown: ", covers.len ? covers.data : "nothing");
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
}

static const char *or_null(const char *name)
{
	return *name ? name : NULL;
}

static struct json_object *json_rule(const struct gp_judged *x)
{
	struct json_object *o = json_object_new_object();
	const struct gp_rule *r = x->rule;

	gp_json_put(o, "file", gp_json_text(r->file));
	gp_json_put(o, "line", json_object_new_int((int)r->lineno));
	gp_json_put(o, "taken", json_object_new_boolean(x->j.taken));
	gp_json_put(o, "holds", gp_json_text(gp_tri_name(x->j.holds)));
	gp_json_put(o, "decided_by", gp_json_text(gp_decider_name(x->j.by)));
	gp_json_put(o, "why", gp_json_text(x->j.why));
	gp_json_put(o, "sets", gp_json_list(&r->patches));
	gp_json_put(o, "load", gp_json_text(or_null(gp_load_name(r->load))));
	gp_json_put(o, "hooks", gp_json_text(or_null(gp_hooks_name(r->hooks))));
	gp_json_put(o, "status", gp_json_text(or_null(gp_status_name(r->status))));
	gp_json_put(o, "gpu", gp_json_text(r->gpu));
	gp_json_put(o, "reason", gp_json_text(r->reason));
	gp_json_put(o, "instead", gp_json_text(r->instead));
	gp_json_put(o, "evidence", gp_json_text(r->evidence));
	return o;
}

static struct json_object *json_choice(const struct gp_choice *c)
{
	struct json_object *o = json_object_new_object(), *rules = json_object_new_array();
	struct json_object *sets = json_object_new_array();

	for (size_t i = 0; i < c->nrules; i++)
		json_object_array_add(rules, json_rule(&c->rules[i]));
	for (size_t i = 0; i < c->sets.n; i++)
		json_object_array_add(sets, gp_json_text(c->sets.v[i].set->name));
	gp_json_put(o, "release", gp_json_text(c->release.text));
	gp_json_put(o, "line", gp_json_text(c->line ? c->line->name : NULL));
	gp_json_put(o, "nearest", gp_json_text(c->nearest ? c->nearest->name : NULL));
	gp_json_put(o, "distro", gp_json_text(gp_distro_name(c->release.distro)));
	gp_json_put(o, "verdict", gp_json_text(gp_verdict_name(c->verdict)));
	gp_json_put(o, "headers", json_object_new_boolean(c->has_headers));
	gp_json_put(o, "sets", sets);
	gp_json_put(o, "load", gp_json_text(gp_load_name(c->load)));
	gp_json_put(o, "hooks", c->hooks ? gp_json_text(gp_hooks_name(c->hooks)) : NULL);
	gp_json_put(o, "left_out", gp_json_list(&c->left_out));
	gp_json_put(o, "reasons", gp_json_list(&c->reasons));
	gp_json_put(o, "load_reasons", gp_json_list(&c->load_reasons));
	gp_json_put(o, "instead", gp_json_list(&c->instead));
	gp_json_put(o, "evidence", gp_json_list(&c->evidence));
	gp_json_put(o, "gpu", gp_json_list(&c->gpus));
	gp_json_put(o, "plain_kernel", json_object_new_boolean(gp_distro_trait(c->release.distro) == GP_DISTRO_PLAIN));
	gp_json_put(o, "needs_headers", json_object_new_boolean(c->needs_headers));
	gp_json_put(o, "needs_driver", json_object_new_boolean(c->needs_driver));
	gp_json_put(o, "rules", rules);
	gp_json_put(o, "other_rules", json_object_new_uint64(c->nothers));
	return o;
}

static struct json_object *json_sets(const struct gp_chosen_list *l)
{
	struct json_object *sets = json_object_new_array();

	for (size_t i = 0; i < l->n; i++) {
		struct json_object *set = json_object_new_object();

		gp_json_put(set, "name", gp_json_text(l->v[i].set->name));
		gp_json_put(set, "sha256", gp_json_text(l->v[i].set->sha256));
		json_object_array_add(sets, set);
	}
	return sets;
}

struct json_object *gp_json_selection(const struct gp_selection *s)
{
	struct json_object *o = json_object_new_object(), *kernels = json_object_new_array();
	gp_auto(gp_buf_release) struct gp_buf covers = { 0 };

	for (size_t i = 0; i < s->nkernels; i++)
		json_object_array_add(kernels, json_choice(&s->kernels[i]));
	gp_selection_covers(s, &covers);
	gp_json_put(o, "kernels", kernels);
	gp_json_put(o, "neutral", json_sets(&s->neutral));
	gp_json_put(o, "hook_sets", json_sets(&s->hook_sets));
	gp_json_put(o, "covers", gp_json_text(covers.len ? covers.data : ""));
	gp_json_put(o, "next_unknown", gp_json_text(s->next_unknown ? s->next_unknown->name : NULL));
	gp_json_put(o, "newer_blocked", json_object_new_boolean(s->newer_blocked));
	return o;
}
