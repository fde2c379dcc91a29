/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "base/json.h"
#include "ops/driver/fetch.h"
#include "cmd/report/report.h"

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list written = { 0 }, warnings = { 0 };
	struct gp_fetch f = { a->to, a->from, a->newer_table };
	gp_auto(gp_free_ptr) char *lack = NULL;
	int rc;

	if (a->positional.n)
		return gp_fail(err, GP_E_USAGE, "fetch-hooks takes no arguments; see 'gridpatch fetch-hooks --help'");
	rc = gp_fetch_hooks(&f, &written, &lack, err);
	for (size_t i = 0; i < written.n; i++)
		gp_say(a, "wrote      %s\n", written.v[i]);
	gp_main_flush(); /* what follows goes to standard error */
	if (lack)
		gp_list_take(&warnings, gp_asprintf("%s; drivers 460.107, and 470.141 to 535.161, need it", lack));
	gp_report_warnings(&warnings);
	r->root = gp_json_object(GP_J("written", &written), GP_J("warnings", &warnings));
	return rc;
}

const struct gp_cmd gp_cmd_fetch_hooks = {
	.name = "fetch-hooks",
	.args = "",
	.summary = "get your copy of vgpu_unlock's hooks",
	.about = "Gets vgpu_unlock_hooks.c and kern.ld of DualCoder/vgpu_unlock (MIT) at a fixed\n"
		 "commit with git, or from a directory or tarball that you have, and checks their\n"
		 "SHA-256 sums. They go to --to DIR, else to /opt/vgpu_unlock for root, else to\n"
		 "$XDG_DATA_HOME/gridpatch/vgpu_unlock. vGPU-Unlock-patcher's\n"
		 "vgpu_unlock_hooks-510.patch goes beside them, if it can be had: drivers 460.107,\n"
		 "470.141 and later, and 510 to 535.161 need it, and then it is used by itself.\n"
		 "--newer-table fails without it.",
	.example = "gridpatch fetch-hooks --from vgpu_unlock-master.zip",
	.options = "to from newer-table",
	.run = run,
};
