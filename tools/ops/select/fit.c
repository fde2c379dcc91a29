/* SPDX-License-Identifier: MIT */
#include "ops/select/select_impl.h"

#include "ops/patch/whole.h"
#include "ops/tree/overtree.h"

/* Do the sets fit the sources? Asked in memory, as they are applied: one upon the other. */

/* Those that fit, in their order, over the sources. */
struct trial {
	const struct gp_tree *sources;
	struct gp_tree tree;
	struct gp_applied_list applied;
};

static void trial_close(struct trial *t)
{
	gp_tree_release(&t->tree);
	gp_applied_list_release(&t->applied);
}

static int put_in(struct trial *t, const struct gp_patchset *set, struct gp_err *err)
{
	return gp_patchset_apply(&t->tree, set, &t->applied, NULL, err);
}

/* Anew with the first n sets: the next one failed, and some of it may be in. */
static int begin(struct trial *t, const struct gp_selection *s, size_t n, struct gp_err *err)
{
	trial_close(t);
	t->applied = (struct gp_applied_list){ 0 };
	gp_overtree_init(&t->tree, t->sources);
	for (size_t i = 0; i < n; i++) {
		const struct gp_patchset *set = s->neutral.v[i].set;

		if (!gp_list_has(&s->misfits, set->name) && put_in(t, set, err) < 0)
			return -1;
	}
	return 0;
}

static void block(struct gp_choice *c, const struct gp_patchset *set, const struct gp_err *why)
{
	struct gp_list first = { 0 };

	if (!gp_chosen_has(&c->sets, set))
		return;
	gp_list_add(&c->misfits, set->name);
	c->verdict = GP_VERDICT_BLOCKED;
	gp_list_printf(&first, "It needs the set '%s', which does not fit these sources: %s.", set->name, why->cause);
	gp_list_add_all(&first, &c->reasons);
	gp_list_release(&c->reasons);
	c->reasons = first;
}

static int try_neutral(struct trial *t, struct gp_selection *s, struct gp_err *err)
{
	for (size_t i = 0; i < s->neutral.n; i++) {
		const struct gp_patchset *set = s->neutral.v[i].set;
		struct gp_err why = { 0 };

		if (put_in(t, set, &why) == 0)
			continue;
		if (why.code != GP_E_NO) {
			if (err)
				*err = why;
			return -1;
		}
		gp_list_add(&s->misfits, set->name);
		for (size_t k = 0; k < s->nkernels; k++)
			block(&s->kernels[k], set, &why);
		for (size_t k = 0; k < s->nlines; k++)
			block(&s->lines[k], set, &why);
		if (begin(t, s, i, err) < 0)
			return -1;
	}
	return 0;
}

/* Those that only this kernel has, behind the others. */
static int try_specific(const struct trial *neutral, const struct gp_selection *s, struct gp_choice *c,
			struct gp_err *err)
{
	gp_auto(trial_close) struct trial t = { .sources = &neutral->tree };
	bool open = false;

	for (size_t i = 0; i < c->sets.n; i++) {
		const struct gp_patchset *set = c->sets.v[i].set;
		struct gp_err why = { 0 };

		if (gp_chosen_has(&s->neutral, set))
			continue;
		if (!open)
			gp_overtree_init(&t.tree, t.sources);
		open = true;
		if (put_in(&t, set, &why) == 0)
			continue;
		if (why.code == GP_E_NO) {
			block(c, set, &why);
			return 0;
		}
		if (err)
			*err = why;
		return -1;
	}
	return 0;
}

int gp_selection_fit(struct gp_selection *s, const struct gp_tree *sources, struct gp_err *err)
{
	gp_auto(trial_close) struct trial t = { .sources = sources };

	if (begin(&t, s, 0, err) < 0 || try_neutral(&t, s, err) < 0)
		return -1;
	for (size_t k = 0; k < s->nkernels; k++)
		if (try_specific(&t, s, &s->kernels[k], err) < 0)
			return -1;
	gp_selection_find_next(s);
	return 0;
}
