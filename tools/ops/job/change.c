/* SPDX-License-Identifier: MIT */
#include "ops/job/change.h"

#include <stdlib.h>

#include "ops/driver/unlock.h"
#include "ops/job/records.h"
#include "ops/job/sources.h"
#include "ops/tree/tree.h"

void gp_changes_begin(struct gp_changes *c, struct gp_inputs *in, struct gp_decision *d)
{
	c->tree = &in->driver.tree;
	gp_applied_list_take(&c->hooks_applied, &d->hooks_applied);
}

/* Does the i-th of the user's series go into the sources? */
static int into_sources(const struct gp_inputs *in, const struct gp_decision *d, size_t i, struct gp_list *warnings,
			struct gp_err *err)
{
	const char *match = in->opts->matches.v[i];
	int rc = !*match;

	if (rc || gp_late_possible(in))
		return rc;
	for (size_t k = 0; k < d->selection.nkernels && rc == 0; k++)
		if (!gp_decision_skips(in, d, k))
			rc = gp_late_matches(match, &d->selection.kernels[k].release, err);
	if (rc == 0)
		gp_list_printf(warnings, "--patches '%s' is left out: '%s' does not match this kernel",
			       in->opts->patches.v[i], match);
	return rc;
}

int gp_change_sources(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_err *err)
{
	const struct gp_sources to = { c->tree, &c->applied, &c->why };

	gp_assert(c->tree == &in->driver.tree);
	if (gp_sources_sets(in, d, &to, err) < 0)
		return -1;
	for (size_t i = 0; i < in->nuser; i++) {
		int is = into_sources(in, d, i, &c->warnings, err);

		if (is < 0 || (is && gp_sources_series(in, d, i, &to, err) < 0))
			return -1;
	}
	gp_applied_list_take(&c->applied, &c->hooks_applied);
	gp_tree_settle(c->tree);
	if (d->hooks_action != GP_HOOKS_INTEGRATED)
		return 0;
	return gp_unlock_integrate(c->tree, &d->hooks, err);
}

int gp_change_all(const struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_err *err)
{
	gp_assert(!in->in_place);
	if (gp_change_sources(in, d, c, err) < 0 || gp_late_plan(in, d, c, err) < 0 ||
	    gp_clones_make(in, c->tree, &c->clones, &c->warnings, err) < 0)
		return -1;
	if (gp_usercopy_any(&in->user_half) && gp_userspace_integrate(c->tree, &in->user_half, &c->user_half, err) < 0)
		return -1;
	return gp_records_write(in, d, c, err);
}

void gp_changes_release(struct gp_changes *c)
{
	gp_applied_list_release(&c->applied);
	gp_applied_list_release(&c->hooks_applied);
	gp_late_list_release(&c->late);
	gp_clones_release(&c->clones);
	free(c->targetdir);
	free(c->exclusive);
	gp_buf_release(&c->history);
	gp_buf_release(&c->why);
	gp_list_release(&c->warnings);
}
