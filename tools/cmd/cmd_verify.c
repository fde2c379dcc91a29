/* SPDX-License-Identifier: MIT */
#include "cmd/progress.h"
#include "cmd/report.h"
#include "ops/run/inspect.h"

static const enum gp_opt_id opts[] = { OPT_PROGRESS, OPT_JSON, OPT_QUIET, OPT_VERBOSE, OPT_END };

static int verify(struct gp_args *a, struct gp_driver *d, struct gp_list *problems, struct gp_err *err)
{
	int rc = gp_driver_open(d, a->positional.v[0], &(struct gp_driver_opts){
				.cancel = gp_main_cancel(), .progress = gp_progress_begin(a) }, err);

	gp_progress_end();
	if (rc < 0)
		return -1;
	gp_inspect(d, problems);
	gp_report_driver(a, d);
	for (size_t i = 0; i < problems->n; i++)
		gp_say(a, "problem    %s\n", problems->v[i]);
	if (problems->n)
		return gp_fail(err, GP_E_NO, "'%s': %zu problem%s", d->rf.path, problems->n,
			       problems->n == 1 ? "" : "s");
	gp_say(a, "verified   sums, manifest and hooks (%s) are right\n",
	       d->altered.hooks == GP_UNLOCK_COMPLETE ? "complete" : "absent");
	return 0;
}

static int run(struct gp_args *a, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list problems = { 0 };
	struct gp_driver d;
	struct gp_err second = { 0 };
	int rc;

	if (a->positional.n != 1)
		return gp_fail(err, GP_E_USAGE, "give one installer; see 'gridpatch verify --help'");
	rc = verify(a, &d, &problems, err);
	if (a->json) {
		struct json_object *o = json_object_new_object();

		if (d.version.n)
			gp_json_put(o, "driver", gp_json_driver(&d));
		gp_json_put(o, "problems", gp_json_list(&problems));
		if (gp_json_emit(a, o, err, rc < 0 ? &second : err) < 0)
			rc = -1;
	}
	gp_driver_release(&d);
	return rc;
}

const struct gp_cmd gp_cmd_verify = {
	"verify", "check", "RUN", "check an installer",
	"Checks both sums of RUN, that every manifest entry is in it, that every source\n"
	"file in it is listed, and that hooks are complete or absent. Exit status 1 for\n"
	"findings, 3 for a damaged file.",
	opts, run,
};
