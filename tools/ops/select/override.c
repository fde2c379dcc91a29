/* SPDX-License-Identifier: MIT */
#include "ops/select/select_impl.h"

#include <string.h>

#include "base/similar.h"
#include "base/tri.h"

/* --set and --no-set: what goes in by the user's word, and what that makes of the
 * verdicts. */

/* Out: false when it is there. */
static bool choose_with(const struct gp_catalog *c, struct gp_chosen_list *l, const struct gp_patchset *set)
{
	bool changed = !gp_chosen_has(l, set);

	gp_choose(l, set, NULL);
	gp_sort_chosen(c, l);
	return changed;
}

bool gp_selection_with(const struct gp_catalog *c, struct gp_selection *s, const struct gp_patchset *set)
{
	bool changed = false;

	if (set->neutral || set->hooks)
		return choose_with(c, set->hooks ? &s->hook_sets : &s->neutral, set);
	for (size_t i = 0; i < s->nkernels; i++)
		changed |= choose_with(c, &s->kernels[i].sets, set);
	return changed;
}

static bool unchoose(struct gp_chosen_list *l, const struct gp_patchset *set)
{
	size_t keep = 0, n = l->n;

	for (size_t i = 0; i < n; i++)
		if (l->v[i].set != set)
			l->v[keep++] = l->v[i];
	l->n = keep;
	return keep < n;
}

/* A rule that waits for a patch level or for the driver's sources may ask for it
 * on a part of the kernels; what only a probe of the headers tells is not a claim. */
static bool may_need(const struct gp_judged *x, const struct gp_patchset *set)
{
	return x->j.holds == GP_TRI_UNKNOWN && !x->j.elsewhere && (x->rule->has_release || !x->j.needs_headers) &&
	       gp_list_has(&x->rule->patches, set->name);
}

static bool needs(const struct gp_choice *c, const struct gp_patchset *set)
{
	if (set->hooks)
		return false;
	for (size_t i = 0; i < c->nrules; i++)
		if (may_need(&c->rules[i], set))
			return true;
	return gp_chosen_has(&c->sets, set);
}

static bool lose(struct gp_choice *c, const struct gp_patchset *set)
{
	if (needs(c, set) && !gp_list_has(&c->left_out, set->name))
		gp_list_add(&c->left_out, set->name);
	unchoose(&c->maybe, set);
	return unchoose(&c->sets, set);
}

/* The headers of a kernel know more than its line: where it needs the set, the line as a
 * whole does not do without. */
static void lose_line(struct gp_selection *s, const struct gp_choice *kernel, const struct gp_patchset *set)
{
	for (size_t i = 0; gp_list_has(&kernel->left_out, set->name) && i < s->nlines; i++)
		if (s->lines[i].line == kernel->line && !gp_list_has(&s->lines[i].left_out, set->name))
			gp_list_add(&s->lines[i].left_out, set->name);
}

bool gp_selection_without(struct gp_selection *s, const struct gp_patchset *set)
{
	bool changed = unchoose(&s->neutral, set);

	changed |= unchoose(&s->hook_sets, set);
	for (size_t i = 0; i < s->nlines; i++)
		lose(&s->lines[i], set);
	for (size_t i = 0; i < s->nkernels; i++) {
		changed |= lose(&s->kernels[i], set);
		lose_line(s, &s->kernels[i], set);
	}
	gp_selection_find_next(s);
	return changed;
}

/* What was known of it was known with the sets. Said first: it is the user's doing. */
static void doubt(struct gp_choice *c)
{
	gp_auto(gp_buf_release) struct gp_buf names = { 0 };
	struct gp_list first = { 0 };

	if (!c->left_out.n)
		return;
	for (size_t i = 0; i < c->left_out.n; i++)
		gp_buf_printf(&names, "%s%s", i ? ", " : "", c->left_out.v[i]);
	gp_list_printf(&first, "What is known of it needs sets that are left out: %s.", names.data);
	gp_list_add_all(&first, &c->reasons);
	gp_list_release(&c->reasons);
	c->reasons = first;
	if (c->verdict == GP_VERDICT_SUPPORTED)
		c->verdict = GP_VERDICT_UNTESTED;
}

int gp_catalog_no_set(const struct gp_catalog *c, const char *where, const char *name, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf names = { 0 };
	gp_auto(gp_list_release) struct gp_list known = { 0 };
	gp_auto(gp_free_ptr) char *hint = NULL;

	gp_buf_puts(&names, "");
	for (size_t i = 0; i < c->nsets; i++) {
		gp_list_add(&known, c->sets[i].name);
		gp_buf_printf(&names, " %s", c->sets[i].name);
	}
	hint = gp_similar_hint(gp_str_of(name), &known);
	return gp_fail(err, GP_E_USAGE, "%sthere is no patch set '%s'%s; there are:%s", where, name, hint, names.data);
}

int gp_catalog_has_sets(const struct gp_catalog *c, const struct gp_list *with, const struct gp_list *without,
			struct gp_err *err)
{
	const struct gp_list *const given[] = { with, without };

	for (size_t i = 0; i < GP_COUNT(given); i++)
		for (size_t k = 0; k < given[i]->n; k++)
			if (!gp_catalog_set(c, given[i]->v[k]) && !(i && strcmp(given[i]->v[k], GP_ALL_SETS) == 0))
				return gp_catalog_no_set(c, i ? "--no-set: " : "--set: ", given[i]->v[k], err);
	return 0;
}

/* What set does in its own way goes out, and nobody misses it. */
static void replace(const struct gp_catalog *c, struct gp_selection *s, const struct gp_patchset *set,
		    struct gp_list *said)
{
	const struct gp_patchset *old = set->replaces ? gp_catalog_set(c, set->replaces) : NULL;
	bool out = old && unchoose(&s->neutral, old);

	for (size_t i = 0; old && i < s->nlines; i++)
		unchoose(&s->lines[i].sets, old);
	for (size_t i = 0; old && i < s->nkernels; i++)
		out |= unchoose(&s->kernels[i].sets, old);
	if (out)
		gp_list_printf(said, "set %s replaced by %s", old->name, set->name);
}

/* The set that this one requires, where any rule has chosen it for the driver or, without
 * its sources, cannot tell; else NULL. */
static const struct gp_patchset *required(const struct gp_catalog *c, const struct gp_selection *s,
					  const struct gp_patchset *set)
{
	const struct gp_patchset *other = set->requires ? gp_catalog_set(c, set->requires) : NULL;
	bool is = other && gp_chosen_has(&s->neutral, other);

	for (size_t i = 0; other && !is && i < s->nlines; i++)
		is = needs(&s->lines[i], other);
	for (size_t i = 0; other && !is && i < s->nkernels; i++)
		is = needs(&s->kernels[i], other);
	return is ? other : NULL;
}

int gp_selection_check_required(const struct gp_catalog *c, const struct gp_selection *s, const struct gp_list *with,
				const struct gp_list *without, struct gp_err *err)
{
	bool all = gp_list_has(without, GP_ALL_SETS);

	for (size_t i = 0; i < with->n; i++) {
		const struct gp_patchset *other = required(c, s, gp_catalog_set(c, with->v[i]));

		if (other && (gp_list_has(without, other->name) || (all && !gp_list_has(with, other->name))))
			return gp_fail(err, GP_E_USAGE, "--no-set: set '%s' requires '%s' with this driver: --set %s",
				       with->v[i], other->name, other->name);
	}
	return 0;
}

/* Taken in or there already: whoever asks for it by name is told what it is. */
static void take_in(const struct gp_catalog *c, struct gp_selection *s, const struct gp_patchset *set,
		    struct gp_list *said)
{
	const struct gp_patchset *other = required(c, s, set);

	if (other && gp_selection_with(c, s, other))
		gp_list_printf(said, "set %s taken in: %s requires it", other->name, set->name);
	if (gp_selection_with(c, s, set))
		gp_list_printf(said, "set %s taken in", set->name);
	if (set->caution)
		gp_list_printf(said, "set %s: %s", set->name, set->caution);
	replace(c, s, set, said);
}

void gp_selection_override(const struct gp_catalog *c, struct gp_selection *s, const struct gp_list *with,
			   const struct gp_list *without, struct gp_list *said)
{
	bool all = gp_list_has(without, GP_ALL_SETS);

	for (size_t i = 0; i < with->n; i++)
		take_in(c, s, gp_catalog_set(c, with->v[i]), said);
	for (size_t i = 0; i < c->nsets; i++) {
		const struct gp_patchset *set = &c->sets[i];
		bool out = gp_list_has(without, set->name) || (all && !gp_list_has(with, set->name));

		if (out && gp_selection_without(s, set))
			gp_list_printf(said, "set %s left out", set->name);
	}
	for (size_t i = 0; i < s->nkernels; i++)
		doubt(&s->kernels[i]);
}
