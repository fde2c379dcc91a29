/* SPDX-License-Identifier: MIT */
#include "ops/patch/whole.h"

#include "ops/tree/overtree.h"

/* It changed each of its files, and found none as it would have made it. */
static bool did_all(const struct gp_applied *a)
{
	for (size_t i = 0; i < a->n; i++)
		if (a->file[i].hunks.result == GP_HUNKS_ALREADY)
			return false;
	return a->n > 0;
}

static bool come_out(struct gp_tree *over, const struct gp_patch *patch, size_t n)
{
	gp_auto(gp_applied_list_release) struct gp_applied_list done = { 0 };

	for (size_t i = n; i-- > 0;) {
		struct gp_patch back = patch[i];

		back.reverse = !back.reverse;
		back.watch = NULL;
		if (gp_apply_patch(over, &back, 0, &done, NULL, NULL) < 0 || !did_all(&done.v[done.n - 1]))
			return false;
	}
	return true;
}

/* Is each file of it in both trees, with the same bytes, or in neither? */
static bool same_files(const struct gp_tree *a, const struct gp_tree *b, const struct gp_applied *of)
{
	for (size_t i = 0; i < of->n; i++) {
		const char *path = of->file[i].path;
		struct gp_str x = { "", 0 }, y = { "", 0 };

		if (gp_tree_has(a, path) != gp_tree_has(b, path))
			return false;
		if (gp_tree_has(a, path) &&
		    (gp_tree_read(a, path, &x, NULL) < 0 || gp_tree_read(b, path, &y, NULL) < 0 || !gp_str_same(x, y)))
			return false;
	}
	return true;
}

/* Put in again they must make what was there: what each of them says of its files is then
 * what it said when it was put in. */
static bool go_in_again(const struct gp_tree *t, struct gp_tree *over, const struct gp_patch *patch, size_t n,
			struct gp_applied_list *done)
{
	for (size_t i = 0; i < n; i++) {
		struct gp_patch p = patch[i];

		p.watch = NULL;
		if (gp_apply_patch(over, &p, 0, done, NULL, NULL) < 0 || !did_all(&done->v[done->n - 1]))
			return false;
	}
	for (size_t i = 0; i < done->n; i++)
		if (!same_files(t, over, &done->v[i]))
			return false;
	return true;
}

bool gp_series_is_there(struct gp_tree *t, const struct gp_patch *patch, size_t n, struct gp_applied_list *list)
{
	gp_auto(gp_tree_release) struct gp_tree over = { 0 };
	gp_auto(gp_applied_list_release) struct gp_applied_list done = { 0 };

	if (n < 2)
		return false;
	gp_overtree_init(&over, t);
	if (!come_out(&over, patch, n) || !go_in_again(t, &over, patch, n, &done))
		return false;
	for (size_t i = 0; i < done.n; i++) {
		done.v[i].already = true;
		for (size_t k = 0; k < done.v[i].n; k++)
			done.v[i].file[k].hunks.result = GP_HUNKS_ALREADY;
	}
	gp_applied_list_take(list, &done);
	return true;
}

bool gp_patchset_is_there(struct gp_tree *t, const struct gp_patchset *set, struct gp_applied_list *list)
{
	gp_auto(gp_free_ptr) struct gp_patch *all = gp_alloc(set->series.n * sizeof(*all));

	for (size_t i = 0; i < set->series.n; i++)
		all[i] = gp_patchset_patch(set, i);
	return gp_series_is_there(t, all, set->series.n, list);
}

int gp_patchset_apply(struct gp_tree *t, const struct gp_patchset *set, struct gp_applied_list *list,
		      struct gp_buf *why, struct gp_err *err)
{
	if (gp_patchset_is_there(t, set, list))
		return 0;
	for (size_t i = 0; i < set->series.n; i++) {
		struct gp_patch p = gp_patchset_patch(set, i);

		if (gp_apply_patch(t, &p, 0, list, why, err) < 0)
			return -1;
	}
	return 0;
}
