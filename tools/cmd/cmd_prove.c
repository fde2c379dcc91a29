/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "base/fsio.h"
#include "base/json.h"
#include "base/outfile.h"
#include "base/text.h"
#include "ops/host/machine.h"
#include "ops/job/inputs.h"
#include "ops/running/prove.h"
#include "ops/running/running.h"
#include "ops/select/catalog.h"
#include "cmd/front/opt.h"
#include "cmd/front/version.h"
#include "cmd/report/report.h"

/* Line by line: what is masked would lose its line ends. */
static void show(const struct gp_args *a, struct gp_str text)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line))
		gp_say(a, "%.*s\n", (int)line.len, line.p);
}

/* Shown first, whatever becomes of the file: who gives it away has seen what is in it. */
static int show_and_write(const struct gp_args *a, struct json_object *proof, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	gp_json_format(proof, JSON_C_TO_STRING_PRETTY, &text);
	gp_buf_putc(&text, '\n');
	show(a, gp_buf_str(&text));
	if (!a->patch.out)
		return 0;
	gp_main_flush();
	if (ferror(gp_report_stream(a)))
		return gp_fail(err, GP_E_SYSTEM, "it could not be shown, and was not written to '%s'", a->patch.out);
	if (gp_check_cancel(gp_main_cancel(), err) < 0 ||
	    gp_file_write(a->patch.out, text.data, text.len, 0644, a->patch.force, err) < 0)
		return -1;
	gp_say(a, "# written to '%s'; nothing was sent anywhere\n", a->patch.out);
	return 0;
}

static int prove(struct gp_args *a, struct gp_running *running, struct gp_report *r, struct gp_err *err)
{
	gp_auto(gp_hostproof_release) struct gp_hostproof proof = { 0 };

	gp_running_look(running);
	if (gp_running_prove(running, "gridpatch-" GP_PROGRAM_VERSION, &proof, err) < 0)
		return -1;
	r->root = gp_json_object(GP_J("proof", gp_hostproof_json(&proof)), GP_J("output", a->patch.out));
	return show_and_write(a, json_object_object_get(r->root, "proof"), err);
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct gp_machine machine = { 0 };
	struct gp_catalog catalog = { 0 };
	struct gp_running running = { .checkup = { .machine = &machine, .catalog = &catalog } };
	int rc = -1;

	if (a->positional.n)
		return gp_fail(err, GP_E_USAGE, "'%s' is one word too many; see 'gridpatch prove --help'",
			       a->positional.v[0]);
	if (a->patch.out && strcmp(a->patch.out, "-") == 0)
		return gp_fail(err, GP_E_USAGE, "without --output it is on standard output");
	if (a->patch.out && a->quiet)
		return gp_fail(err, GP_E_USAGE, "--quiet does not go with --output: what is written is shown first");
	if (gp_machine_open(&machine, a->sysroot, err) == 0 &&
	    gp_data_load(&a->patch.data, GP_DATA_ALL, &catalog, err) == 0)
		rc = prove(a, &running, r, err);
	gp_running_release(&running);
	gp_catalog_release(&catalog);
	gp_machine_close(&machine);
	return rc;
}

const struct gp_cmd gp_cmd_prove = {
	.name = "prove",
	.args = "",
	.summary = "what an installed driver shows, to give to others",
	.about = "After an installation: prints a small JSON document that says which driver and\n"
		 "patch sets run on which kernel and card, what is loaded, how many types or\n"
		 "virtual functions there are, and whether the services run. No serial number,\n"
		 "host name, UUID, address or path is in it. With --output it is shown first, and\n"
		 "then written; nothing is ever sent. 'gridpatch lint-set --from-proof FILE' makes\n"
		 "evidence for the data of it. Exit status 1 if the driver is not loaded, 4 if\n"
		 "that cannot be told.",
	.example = "gridpatch prove -o proof.json",
	.options = "sysroot output force data",
	.run = run,
};
