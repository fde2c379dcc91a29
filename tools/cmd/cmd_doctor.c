/* SPDX-License-Identifier: MIT */
#include "base/json.h"
#include "base/root.h"
#include "ops/driver/driver.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"
#include "ops/job/inputs.h"
#include "ops/running/running.h"
#include "ops/select/catalog.h"
#include "cmd/doctor_record.h"
#include "cmd/report/checkup_report.h"
#include "cmd/report/input.h"
#include "cmd/report/report.h"

/* How many answers of each health. */
struct counts {
	size_t of[GP_HEALTH_UNKNOWN + 1];
};

static struct counts count(const struct gp_checkup *c)
{
	struct counts n = { 0 };

	for (size_t i = 0; i < c->n; i++)
		n.of[c->v[i].health]++;
	return n;
}

static void say(const struct gp_args *a, const struct gp_checkup *c)
{
	const struct counts n = count(c);

	gp_say_checks(a, c);
	gp_say(a, "in all     %zu OK, %zu attention, %zu missing, %zu unknown\n", n.of[GP_HEALTH_OK],
	       n.of[GP_HEALTH_ATTENTION], n.of[GP_HEALTH_MISSING], n.of[GP_HEALTH_UNKNOWN]);
}

/* record: of --record, or NULL. */
static struct json_object *json(const struct gp_checkup *c, struct json_object *record)
{
	return gp_json_object(GP_J("sysroot", c->machine->root), GP_J("inside", c->machine->inside),
			      GP_J("platform", c->platform ? c->platform->name : NULL),
			      GP_J("driver", c->driver ? gp_json_version(&c->driver->version, c->driver->kind) : NULL),
			      GP_J("running", c->running), GP_J("kernels", &c->kernels), GP_J("log", (char *)NULL),
			      GP_J("checks", gp_json_checks(c)), GP_J("record", record));
}

static int verdict(const struct gp_checkup *c, struct gp_err *err)
{
	const struct counts n = count(c);
	size_t missing = n.of[GP_HEALTH_MISSING];

	if (missing)
		return gp_fail(err, GP_E_NO, "%zu thing%s missing", missing, missing == 1 ? " is" : "s are");
	if (n.of[GP_HEALTH_UNKNOWN] == c->n)
		return gp_fail(err, GP_E_SYSTEM, "nothing of this machine could be looked at");
	return 0;
}

/* --- after the installation --- */

/* What proves that it works leaves nothing to be looked at. */
static int verdict_after(const struct gp_checkup *c, const char *what, struct gp_err *err)
{
	const struct counts n = count(c);
	size_t found = n.of[GP_HEALTH_MISSING] + n.of[GP_HEALTH_ATTENTION];

	if (found)
		return gp_fail(err, GP_E_NO, "%zu thing%s found", found, found == 1 ? "" : "s");
	if (n.of[GP_HEALTH_UNKNOWN] == c->n)
		return gp_fail(err, GP_E_SYSTEM, "nothing of %s could be looked at", what);
	return 0;
}

static int look_at_installed(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct gp_machine machine = { 0 };
	struct gp_catalog catalog = { 0 };
	struct gp_running running = { .checkup = { .machine = &machine, .catalog = &catalog } };
	int rc = gp_machine_open(&machine, a->sysroot, err) < 0 ||
				 gp_data_load(&a->patch.data, GP_DATA_ALL, &catalog, err) < 0 ?
			 -1 :
			 0;

	if (rc == 0) {
		gp_running_look(&running);
		say(a, &running.checkup);
		r->root = json(&running.checkup, NULL);
		rc = verdict_after(&running.checkup, "this machine", err);
	}
	gp_running_release(&running);
	gp_catalog_release(&catalog);
	gp_machine_close(&machine);
	return rc;
}

/* --- a log --- */

static struct json_object *json_log(const char *path, const struct gp_hostlog *l)
{
	return gp_json_object(GP_J("file", path), GP_J("lines", (unsigned long)l->lines), GP_J("cut", l->cut));
}

static void tell_log(const char *path, const struct gp_hostlog *l, struct gp_checkup *c)
{
	gp_running_explain(c, l, false);
	if (!c->n && l->lines)
		gp_checkup_add(c, "log", GP_HEALTH_OK, NULL, "%s: nothing in %llu line%s that the data know", path,
			       (unsigned long long)l->lines, l->lines == 1 ? "" : "s");
	if (l->cut)
		gp_checkup_add(c, "log", GP_HEALTH_UNKNOWN, NULL, "%s: what comes after a GiB was not looked at", path);
}

static int explain_log(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct gp_machine nowhere = { 0 };
	gp_auto(gp_catalog_release) struct gp_catalog catalog = { 0 };
	gp_auto(gp_hostlog_release) struct gp_hostlog log = { 0 };
	gp_auto(gp_checkup_release) struct gp_checkup c = { .machine = &nowhere, .catalog = &catalog };

	if (gp_data_load(&a->patch.data, 0, &catalog, err) < 0 ||
	    gp_running_log_file(a->log, &catalog.messages, gp_main_cancel(), &log, err) < 0)
		return -1;
	tell_log(a->log, &log, &c);
	say(a, &c);
	r->root = json(&c, NULL);
	gp_json_fill(r->root, GP_J("log", json_log(a->log, &log)));
	return verdict_after(&c, "the log", err);
}

/* --- before it --- */

/* All of one run. */
struct looking {
	struct gp_machine machine;
	struct gp_catalog catalog;
	struct gp_driver driver; /* of RUN */
	struct gp_checkup checkup;
	struct gp_sights seen; /* for a record */
};

static void looking_release(struct looking *l)
{
	gp_checkup_release(&l->checkup);
	gp_driver_release(&l->driver);
	gp_catalog_release(&l->catalog);
	gp_machine_close(&l->machine);
	gp_sights_release(&l->seen);
}

static int open_all(struct gp_args *a, struct looking *l, struct gp_err *err)
{
	const char *name = a->positional.n ? a->positional.v[0] : NULL;

	if (a->positional.n > 1)
		return gp_fail(err, GP_E_USAGE, "give one installer at most; see 'gridpatch doctor --help'");
	if (gp_doctor_record_check(a, err) < 0)
		return -1;
	if (gp_machine_open(&l->machine, a->sysroot, err) < 0 ||
	    gp_data_load(&a->patch.data, GP_DATA_ALL, &l->catalog, err) < 0)
		return -1;
	l->checkup.machine = &l->machine;
	l->checkup.catalog = &l->catalog;
	if (!name)
		return 0;
	if (gp_take_input(a, GP_INPUT_DRIVER, &name, err) < 0 || gp_open_driver(a, name, NULL, &l->driver, err) < 0)
		return -1;
	l->checkup.driver = &l->driver;
	return 0;
}

/* What is recorded is what was asked: everything that any look of ours asks. */
static int record(const struct gp_args *a, struct looking *l, struct gp_report *r, struct gp_err *err)
{
	struct gp_running running = { .checkup = { .machine = &l->machine, .catalog = &l->catalog } };
	struct json_object *made = NULL;
	int rc;

	gp_machine_watch(&l->machine, &l->seen);
	gp_checkup_run(&l->checkup);
	gp_checkup_ask_more(&l->checkup);
	gp_running_look(&running);
	gp_running_release(&running);
	rc = gp_doctor_record(a, &l->machine, &l->seen, &made, err);
	r->root = json(&l->checkup, made);
	return rc;
}

static int look_before(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(looking_release) struct looking l = { 0 };

	if (open_all(a, &l, err) < 0)
		return -1;
	if (a->record)
		return record(a, &l, r, err);
	gp_checkup_run(&l.checkup);
	say(a, &l.checkup);
	r->root = json(&l.checkup, NULL);
	return verdict(&l.checkup, err);
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	if ((a->installed || a->log) && a->positional.n)
		return gp_fail(err, GP_E_USAGE,
			       "--installed and --log look at no installer; see 'gridpatch doctor --help'");
	if (a->record && (a->installed || a->log))
		return gp_fail(err, GP_E_USAGE,
			       "--record asks all that there is: --installed and --log do not go with it");
	if (a->log && (a->installed || a->sysroot))
		return gp_fail(err, GP_E_USAGE,
			       "--log looks at no machine: --installed and --sysroot do not go with it");
	return a->log ? explain_log(a, r, err) : a->installed ? look_at_installed(a, r, err) : look_before(a, r, err);
}

const struct gp_cmd gp_cmd_doctor = {
	.name = "doctor",
	.args = "[RUN]",
	.summary = "what stands between this machine and vGPU",
	.about = "Looks at this machine, changes nothing, and says of each thing that vGPU needs\n"
		 "whether it is OK, needs attention, is missing, or could not be looked at, with\n"
		 "the command that mends it; with RUN, an installer, also whether that driver is\n"
		 "one for the kernels and cards here. --sysroot looks at a recorded machine\n"
		 "instead. Exit status 1 if something is missing, 4 if nothing could be looked at.\n"
		 "--record writes such a machine, so that somebody else can look at yours: without\n"
		 "names, serial numbers and addresses. All of it is shown, and asked for, first.\n"
		 "\n"
		 "--installed is for afterwards: are the modules loaded that lie on the disk, with\n"
		 "the hooks; are there vGPUs; do the services run as their files say; what stands\n"
		 "in the logs. --log explains somebody's log, and looks at no machine. With these,\n"
		 "exit status 1 if anything was found.",
	.example = "gridpatch doctor --installed",
	.options = "sysroot installed log member data record yes dry-run progress",
	.run = run,
};
