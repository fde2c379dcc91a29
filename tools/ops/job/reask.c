/* SPDX-License-Identifier: MIT */
#include "ops/job/reask.h"

#include <stdlib.h>
#include <string.h>

#include "core/rules/rule.h"
#include "ops/job/decide.h"
#include "ops/patch/patchset.h"

void gp_reask_release(struct gp_reask *r)
{
	for (size_t i = 0; i < r->n; i++) {
		gp_list_release(&r->v[i].kernels);
		gp_list_release(&r->v[i].lines);
	}
	free(r->v);
	free(r->was);
	free(r->opened);
	free(r->shut);
	*r = (struct gp_reask){ 0 };
}

/* --- sets that are needed now --- */

static bool kept_out(const struct gp_patch_opts *o, const struct gp_patchset *set)
{
	return gp_list_has(&o->no_sets, set->name) || gp_list_has(&o->no_sets, GP_ALL_SETS);
}

static void find_new(const struct gp_inputs *in, struct gp_decision *d, const struct gp_chosen_list *was,
		     const struct gp_chosen_list *is, struct gp_list *without)
{
	for (size_t i = 0; i < is->n; i++) {
		const struct gp_patchset *set = is->v[i].set;
		const struct gp_rule *r = is->v[i].rule;

		if (gp_chosen_has(was, set) || gp_chosen_has(&d->selection.neutral, set) || kept_out(in->opts, set) ||
		    gp_list_has(without, set->name))
			continue;
		gp_list_add(without, set->name);
		gp_list_printf(&d->warnings,
			       "the sources with your patches need set '%s', too (line %u of "
			       "'%s'): sets go in before them, so it is left out; put what it does into your patches",
			       set->name, r ? r->lineno : 0, r ? r->file : "");
	}
}

/* The answer for the patched sources, with what --set and --no-set say of it. */
static void override(const struct gp_inputs *in, struct gp_decision *d, struct gp_selection *s)
{
	gp_auto(gp_list_release) struct gp_list without = { 0 }, said = { 0 };

	gp_list_add_all(&without, &in->opts->no_sets);
	find_new(in, d, &d->selection.neutral, &s->neutral, &without);
	for (size_t k = 0; k < s->nkernels && s->nkernels == d->selection.nkernels; k++)
		find_new(in, d, &d->selection.kernels[k].sets, &s->kernels[k].sets, &without);
	gp_selection_override(&in->catalog, s, &in->opts->sets, &without, &said);
}

/* --- asking --- */

static int ask(const struct gp_inputs *in, struct gp_decision *d, struct gp_view *v, const struct gp_query_kernel *k,
	       size_t n, struct gp_selection *out, struct gp_err *err)
{
	struct gp_query q = { .driver = in->driver.version,
			      .host = in->driver.host,
			      .modules = in->driver.manifest.modules,
			      .kind = in->driver.kind,
			      .kernels = k,
			      .nkernels = n,
			      .driver_file = gp_view_file,
			      .arg = v };

	if (gp_catalog_select(&in->catalog, &q, out, err) < 0)
		return -1;
	override(in, d, out);
	return 0;
}

static bool any_match(const struct gp_patch_opts *o)
{
	for (size_t i = 0; i < o->matches.n; i++)
		if (*o->matches.v[i])
			return true;
	return false;
}

/* Patches with an expression are for some kernels only: each has sources of its own. */
static int ask_each(const struct gp_inputs *in, struct gp_decision *d, struct gp_selection *now, struct gp_err *err)
{
	for (size_t k = 0; k < now->nkernels; k++) {
		gp_auto(gp_view_close) struct gp_view v = { 0 };
		gp_auto(gp_selection_release) struct gp_selection one = { 0 };

		if (gp_view_open(&v, in, d, &now->kernels[k].release, err) < 0)
			return -1;
		if (ask(in, d, &v, &in->targets.v[k], 1, &one, err) < 0)
			return -1;
		GP_SWAP(now->kernels[k], one.kernels[0]);
	}
	return 0;
}

/* --- what is different --- */

static const struct gp_judged *same_rule(const struct gp_choice *c, const struct gp_rule *r)
{
	for (size_t i = 0; i < c->nrules; i++)
		if (c->rules[i].rule == r)
			return &c->rules[i];
	return NULL;
}

static struct gp_reasked *record(struct gp_reask *r, const struct gp_rule *rule, const struct gp_judgement *was,
				 const struct gp_judgement *is)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].rule == rule)
			return &r->v[i];
	GP_GROW(r->v, r->n, r->cap);
	r->v[r->n] = (struct gp_reasked){ .rule = rule, .was = *was, .is = *is };
	return &r->v[r->n++];
}

static void compare(struct gp_reask *r, const struct gp_choice *was, const struct gp_choice *is, bool line)
{
	for (size_t i = 0; i < was->nrules; i++) {
		const struct gp_judged *a = &was->rules[i], *b = same_rule(is, a->rule);
		struct gp_reasked *x;

		if (!b || a->j.holds == b->j.holds)
			continue;
		x = record(r, a->rule, &a->j, &b->j);
		gp_list_add(line ? &x->lines : &x->kernels, was->release.text);
	}
}

/* What blocks no more; no rule's evidence is about patches of the user's. */
static void cap_verdict(const struct gp_choice *was, struct gp_choice *is)
{
	if (was->verdict != GP_VERDICT_BLOCKED || is->verdict == GP_VERDICT_BLOCKED)
		return;
	if (is->verdict == GP_VERDICT_SUPPORTED)
		is->verdict = GP_VERDICT_UNTESTED;
	gp_list_printf(&is->reasons, "without your patches it is blocked: %s",
		       was->reasons.n ? was->reasons.v[0] : "no reason given");
}

/* Take over the answers, but not the sets. */
static void take_over(struct gp_decision *d, struct gp_selection *now)
{
	struct gp_selection was = d->selection;

	d->reask.was = gp_alloc((was.nkernels + 1) * sizeof(*d->reask.was));
	for (size_t k = 0; k < was.nkernels; k++) {
		d->reask.was[k] = was.kernels[k].verdict;
		compare(&d->reask, &was.kernels[k], &now->kernels[k], false);
		cap_verdict(&was.kernels[k], &now->kernels[k]);
		GP_SWAP(was.kernels[k].sets, now->kernels[k].sets);
		GP_SWAP(was.kernels[k].maybe, now->kernels[k].maybe);
	}
	for (size_t i = 0; i < was.nlines; i++) {
		compare(&d->reask, &was.lines[i], &now->lines[i], true);
		cap_verdict(&was.lines[i], &now->lines[i]);
	}
	GP_SWAP(was.neutral, now->neutral);
	GP_SWAP(was.hook_sets, now->hook_sets);
	now->hooks = was.hooks;
	d->selection = *now;
	*now = was;
}

static bool any_blocked(const struct gp_selection *s)
{
	for (size_t k = 0; k < s->nkernels; k++)
		if (s->kernels[k].verdict == GP_VERDICT_BLOCKED)
			return true;
	return false;
}

void gp_reask(const struct gp_inputs *in, struct gp_decision *d, struct gp_view *view)
{
	gp_auto(gp_selection_release) struct gp_selection now = { 0 };
	struct gp_err why = { 0 };

	*view = (struct gp_view){ .driver = &in->driver };
	if (!in->nuser)
		return;
	if (gp_view_open(view, in, d, NULL, &why) == 0) {
		if (ask(in, d, view, in->targets.v, in->targets.n, &now, &why) == 0 &&
		    (!any_match(in->opts) || ask_each(in, d, &now, &why) == 0)) {
			take_over(d, &now);
			return;
		}
		gp_view_close(view);
	}
	if (any_blocked(&d->selection)) {
		char text[640];

		gp_err_format(&why, text, sizeof(text));
		gp_list_printf(&d->warnings, "whether your patches mend what blocks cannot be said: %s", text);
	}
}
