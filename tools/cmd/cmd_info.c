/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/log.h"
#include "base/json.h"
#include "core/payload/stubrisk.h"
#include "ops/driver/driver.h"
#include "ops/run/runfile.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"
#include "cmd/report/userhalf_report.h"

static void warn_of_stub(const struct gp_runfile *rf)
{
	gp_auto(gp_stub_risks_release) struct gp_stub_risks risks = { 0 };

	gp_stub_risks_find(gp_runfile_stub(rf), &risks);
	gp_main_flush(); /* what follows goes to standard error */
	for (size_t i = 0; i < risks.n; i++) {
		gp_auto(gp_free_ptr) char *text = gp_stub_risk_text(&risks.v[i]);

		gp_warn("%s", text);
	}
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct gp_driver d;
	int rc;

	if (a->positional.n != 1)
		return gp_fail(err, GP_E_USAGE, "give one installer; see 'gridpatch info --help'");
	rc = gp_driver_open(&d, a->positional.v[0],
			    &(struct gp_driver_opts){ .cancel = gp_main_cancel(), .progress = gp_progress_begin(a) },
			    err);
	gp_progress_end();
	if (rc == 0) {
		r->root = gp_json_object(GP_J("driver", gp_json_driver(&d)));
		gp_report_driver(a, &d);
		if (a->explain)
			gp_say_drop_in(a, &d);
		warn_of_stub(&d.rf);
	}
	gp_driver_release(&d);
	return rc;
}

const struct gp_cmd gp_cmd_info = {
	.name = "info",
	.args = "RUN",
	.summary = "say what an installer is",
	.about = "Says driver version, branch, kind, modules, compression and size of the\n"
		 "installer RUN, and whether somebody has altered it: hooks, DKMS patches, a\n"
		 "changed licence tag, the userspace half of vgpu_unlock. Both sums are checked.\n"
		 "What of the stub's texts sh would run or expand is warned of.",
	.options = "explain progress",
	.run = run,
};
