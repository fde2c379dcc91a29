/* SPDX-License-Identifier: MIT */
#include "ops/job/sources.h"

#include <string.h>

#include "core/diff/series.h"
#include "ops/job/decide.h"
#include "ops/patch/apply.h"
#include "ops/patch/whole.h"
#include "ops/select/catalog.h"

/* Does this run need the set? Else it is only there for kernels to come. */
static bool needed(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_patchset *set)
{
	bool is = gp_list_has(&in->opts->sets, set->name);

	for (size_t k = 0; k < d->selection.nkernels; k++)
		is = is || gp_chosen_has(&d->selection.kernels[k].sets, set) ||
		     gp_chosen_has(&d->selection.kernels[k].maybe, set);
	return is;
}

/* A set that does not match, and that nobody needs, need not keep the user from the
 * kernel at hand: say the way out. Else say which kernel these sources are not for.
 * Always -1. */
static int misfit(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_patchset *set,
		  const struct gp_sources *to, const struct gp_err *err)
{
	if (!err || err->code != GP_E_NO)
		return -1;
	for (size_t k = 0; k < d->selection.nkernels; k++)
		if (gp_chosen_has(&d->selection.kernels[k].sets, set))
			gp_buf_printf(to->why, "kernel %s is blocked for these sources: it needs the set '%s'\n",
				      d->selection.kernels[k].release.text, set->name);
	if (!needed(in, d, set))
		gp_buf_printf(to->why,
			      "set '%s' is for other kernels than those of this run: --no-set %s leaves "
			      "it out\n",
			      set->name, set->name);
	return -1;
}

int gp_sources_sets(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_sources *to,
		    struct gp_err *err)
{
	const struct gp_selection *s = &d->selection;
	gp_auto(gp_list_release) struct gp_list done = { 0 };

	for (size_t i = 0; i < s->neutral.n; i++) {
		gp_list_add(&done, s->neutral.v[i].set->name);
		if (gp_patchset_apply(to->tree, s->neutral.v[i].set, to->applied, to->why, err) < 0)
			return misfit(in, d, s->neutral.v[i].set, to, err);
	}
	for (size_t k = 0; k < s->nkernels; k++) {
		for (size_t i = 0; !gp_decision_skips(in, d, k) && i < s->kernels[k].sets.n; i++) {
			const struct gp_patchset *set = s->kernels[k].sets.v[i].set;

			if (gp_list_has(&done, set->name) || !(set->neutral || d->has_only))
				continue;
			gp_list_add(&done, set->name);
			if (gp_patchset_apply(to->tree, set, to->applied, to->why, err) < 0)
				return -1;
		}
	}
	return 0;
}

static bool share_a_file(const struct gp_applied *a, const struct gp_applied *b)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (strcmp(a->file[i].path, b->file[k].path) == 0)
				return true;
	return false;
}

/* The user's patch does not match; it is the last one in the list. A set that changed
 * the same file before it, and that nobody needs, may be why. Always -1. */
static int in_the_way(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_sources *to)
{
	const struct gp_applied_list *l = to->applied;
	gp_auto(gp_list_release) struct gp_list said = { 0 };

	for (size_t i = 0; i + 1 < l->n; i++) {
		const struct gp_patchset *set = gp_catalog_set(&in->catalog, l->v[i].set);

		if (!set || l->v[i].already || needed(in, d, set) || gp_list_has(&said, set->name) ||
		    !share_a_file(&l->v[i], &l->v[l->n - 1]))
			continue;
		gp_list_add(&said, set->name);
		gp_buf_printf(to->why,
			      "set '%s' changed the same file, for other kernels than those of this run: "
			      "--no-set %s leaves it out\n",
			      set->name, set->name);
	}
	return -1;
}

int gp_sources_series(const struct gp_inputs *in, const struct gp_decision *d, size_t i, const struct gp_sources *to,
		      struct gp_err *err)
{
	gp_assert(i < in->nuser);
	const struct gp_patchset *u = &in->user[i];
	gp_auto(gp_free_ptr) struct gp_patch *all = gp_alloc(u->series.n * sizeof(*all));

	for (size_t k = 0; k < u->series.n; k++) {
		all[k] = gp_patchset_patch(u, k);
		all[k].set = u->dir;
		all[k].may_lie_in_kernel = true;
	}
	if (gp_series_is_there(to->tree, all, u->series.n, to->applied))
		return 0;
	for (size_t k = 0; k < u->series.n; k++) {
		unsigned fuzz = gp_series_fuzz(&u->series.v[k], -1);

		if (gp_apply_patch(to->tree, &all[k], fuzz, to->applied, to->why, err) < 0)
			return in_the_way(in, d, to);
	}
	return 0;
}
