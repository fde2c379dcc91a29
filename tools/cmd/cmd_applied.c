/* SPDX-License-Identifier: MIT */
#include "cmd/report/report.h"
#include "base/json.h"
#include "ops/quilt/quilt.h"
#include "ops/tree/tree.h"

static int applied(const struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct gp_quilt_tree w;
	int rc = gp_quilt_tree_look(&w, a->dir ? a->dir : ".", err);

	if (gp_tree_sound(&w.tree, err) < 0)
		rc = -1;
	if (rc == 0) {
		for (size_t i = 0; i < w.quilt.applied.n; i++)
			gp_say(a, "%s\n", w.quilt.applied.v[i]);
		r->root = gp_json_object(GP_J("applied", &w.quilt.applied));
		if (!w.quilt.applied.n)
			rc = gp_fail(err, GP_E_NO, "no patches applied");
	}
	gp_quilt_tree_close(&w);
	return rc;
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	if (a->positional.n)
		return gp_fail(err, GP_E_USAGE, "'%s' is one word too many; see 'gridpatch applied --help'",
			       a->positional.v[0]);
	return applied(a, r, err);
}

const struct gp_cmd gp_cmd_applied = {
	.name = "applied",
	.args = "",
	.summary = "list the patches that quilt's records name",
	.about = "Lists the patches that .pc says are applied to the tree that the directory of -d\n"
		 "(or -C; default: this one) lies in, the first one first, as `quilt applied`\n"
		 "does. Without any the answer is no: exit 1; so it is after an interrupted run,\n"
		 "which is not rolled back: this verb changes nothing.",
	.example = "gridpatch applied",
	.options = "directory",
	.run = run,
};
