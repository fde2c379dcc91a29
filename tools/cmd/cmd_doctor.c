/* SPDX-License-Identifier: MIT */
#include "base/json.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"
#include "ops/job/inputs.h"
#include "ops/select/catalog.h"
#include "cmd/report/report.h"

/* Signs that need no colour. */
static const char *sign(enum gp_health h)
{
	static const char *const signs[] = { "OK", "attention", "missing", "unknown" };

	return signs[h];
}

static void say(const struct gp_args *a, const struct gp_checkup *c)
{
	size_t count[GP_HEALTH_UNKNOWN + 1] = { 0 };

	for (size_t i = 0; i < c->n; i++) {
		const struct gp_check *k = &c->v[i];

		count[k->health]++;
		gp_say(a, "%-10s %s\n", sign(k->health), k->text);
		if (k->mend)
			gp_say(a, "           -> %s\n", k->mend);
	}
	gp_say(a, "in all     %zu OK, %zu attention, %zu missing, %zu unknown\n", count[GP_HEALTH_OK],
	       count[GP_HEALTH_ATTENTION], count[GP_HEALTH_MISSING], count[GP_HEALTH_UNKNOWN]);
}

static struct json_object *json_check(const struct gp_check *k)
{
	return gp_json_object(GP_J("check", k->id), GP_J("health", gp_health_name(k->health)), GP_J("text", k->text),
			      GP_J("mend", k->mend));
}

static struct json_object *json(const struct gp_checkup *c)
{
	return gp_json_object(GP_J("sysroot", c->machine->root), GP_J("inside", c->machine->inside),
			      GP_J("running", c->running), GP_J("kernels", &c->kernels),
			      GP_J("checks", GP_JSON_EACH(i, c->n, json_check(&c->v[i]))));
}

static int verdict(const struct gp_checkup *c, struct gp_err *err)
{
	size_t missing = 0;

	for (size_t i = 0; i < c->n; i++)
		missing += c->v[i].health == GP_HEALTH_MISSING;
	if (missing)
		return gp_fail(err, GP_E_NO, "%zu thing%s missing", missing, missing == 1 ? " is" : "s are");
	if (gp_checkup_verdict(c) == GP_HEALTH_UNKNOWN)
		return gp_fail(err, GP_E_SYSTEM, "nothing of this machine could be looked at");
	return 0;
}

static int look(struct gp_args *a, struct gp_machine *m, struct gp_catalog *catalog, struct gp_report *r,
		struct gp_err *err)
{
	gp_auto(gp_checkup_release) struct gp_checkup c = { .machine = m, .catalog = catalog };

	if (gp_machine_open(m, a->sysroot, err) < 0 || gp_data_load(&a->patch.data, catalog, err) < 0)
		return -1;
	gp_checkup_run(&c);
	say(a, &c);
	r->root = json(&c);
	return verdict(&c, err);
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	struct gp_machine m = { .fd = -1 };
	struct gp_catalog catalog = { 0 };
	int rc = look(a, &m, &catalog, r, err);

	gp_catalog_release(&catalog);
	gp_machine_close(&m);
	return rc;
}

const struct gp_cmd gp_cmd_doctor = {
	.name = "doctor",
	.args = "[RUN]",
	.summary = "what stands between this machine and vGPU",
	.about = "Looks at this machine, changes nothing, and says of each thing that vGPU needs\n"
		 "whether it is OK, needs attention, is missing, or could not be looked at, with\n"
		 "the command that mends it. --sysroot looks at a recorded machine instead. Exit\n"
		 "status 1 if something is missing, 4 if nothing could be looked at.",
	.options = "sysroot data",
	.run = run,
};
