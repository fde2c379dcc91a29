/* SPDX-License-Identifier: MIT */
#include "base/json.h"
#include "ops/driver/driver.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"
#include "ops/job/inputs.h"
#include "ops/select/catalog.h"
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

	for (size_t i = 0; i < c->n; i++) {
		const struct gp_check *k = &c->v[i];

		gp_say(a, "%-10s %s\n", k->health == GP_HEALTH_OK ? "OK" : gp_health_name(k->health), k->text);
		if (k->mend)
			gp_say(a, "           -> %s\n", k->mend);
	}
	gp_say(a, "in all     %zu OK, %zu attention, %zu missing, %zu unknown\n", n.of[GP_HEALTH_OK],
	       n.of[GP_HEALTH_ATTENTION], n.of[GP_HEALTH_MISSING], n.of[GP_HEALTH_UNKNOWN]);
}

static struct json_object *json_check(const struct gp_check *k)
{
	return gp_json_object(GP_J("check", k->id), GP_J("health", gp_health_name(k->health)), GP_J("text", k->text),
			      GP_J("mend", k->mend));
}

static struct json_object *json(const struct gp_checkup *c)
{
	return gp_json_object(GP_J("sysroot", c->machine->root), GP_J("inside", c->machine->inside),
			      GP_J("platform", c->platform ? c->platform->name : NULL),
			      GP_J("driver", c->driver ? gp_json_version(&c->driver->version, c->driver->kind) : NULL),
			      GP_J("running", c->running), GP_J("kernels", &c->kernels),
			      GP_J("checks", GP_JSON_EACH(i, c->n, json_check(&c->v[i]))));
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

/* All of one run. */
struct looking {
	struct gp_machine machine;
	struct gp_catalog catalog;
	struct gp_driver driver; /* of RUN */
	struct gp_checkup checkup;
};

static void looking_release(struct looking *l)
{
	gp_checkup_release(&l->checkup);
	gp_driver_release(&l->driver);
	gp_catalog_release(&l->catalog);
	gp_machine_close(&l->machine);
}

static int open_all(struct gp_args *a, struct looking *l, struct gp_err *err)
{
	const char *name = a->positional.n ? a->positional.v[0] : NULL;

	if (a->positional.n > 1)
		return gp_fail(err, GP_E_USAGE, "give one installer at most; see 'gridpatch doctor --help'");
	if (gp_machine_open(&l->machine, a->sysroot, err) < 0 || gp_data_load(&a->patch.data, GP_DATA_ALL, &l->catalog, err) < 0)
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

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(looking_release) struct looking l = { 0 };

	if (open_all(a, &l, err) < 0)
		return -1;
	gp_checkup_run(&l.checkup);
	say(a, &l.checkup);
	r->root = json(&l.checkup);
	return verdict(&l.checkup, err);
}

const struct gp_cmd gp_cmd_doctor = {
	.name = "doctor",
	.args = "[RUN]",
	.summary = "what stands between this machine and vGPU",
	.about = "Looks at this machine, changes nothing, and says of each thing that vGPU needs\n"
		 "whether it is OK, needs attention, is missing, or could not be looked at, with\n"
		 "the command that mends it; with RUN, an installer, also whether that driver is\n"
		 "one for the kernels and cards here. --sysroot looks at a recorded machine\n"
		 "instead. Exit status 1 if something is missing, 4 if nothing could be looked at.",
	.options = "sysroot member data progress",
	.run = run,
};
