/* SPDX-License-Identifier: MIT */
#include "cmd/progress.h"
#include "cmd/report.h"

static const enum gp_opt_id opts[] = { OPT_PROGRESS, OPT_JSON, OPT_QUIET, OPT_VERBOSE, OPT_END };

static int run(struct gp_args *a, struct gp_err *err)
{
	struct gp_driver d;
	int rc;

	if (a->positional.n != 1)
		return gp_fail(err, GP_E_USAGE, "give one installer; see 'gridpatch info --help'");
	rc = gp_driver_open(&d, a->positional.v[0], &(struct gp_driver_opts){
			    .cancel = gp_main_cancel(), .progress = gp_progress_begin(a) }, err);
	gp_progress_end();
	if (rc == 0)
		gp_report_driver(a, &d);
	if (a->json) {
		struct json_object *o = rc == 0 ? gp_json_driver(&d) : json_object_new_object();
		struct gp_err second = { 0 };

		if (gp_json_emit(a, o, err, rc < 0 ? &second : err) < 0)
			rc = -1;
	}
	gp_driver_release(&d);
	return rc;
}

const struct gp_cmd gp_cmd_info = {
	"info", NULL, "RUN", "say what an installer is",
	"Says driver version, branch, kind, modules, compression and size of the\n"
	"installer RUN, and whether somebody has altered it: hooks, DKMS patches, a\n"
	"changed licence tag. Both sums are checked.",
	opts, run,
};
