/* SPDX-License-Identifier: MIT */
/* What of all that may be told to others. */
#include "ops/running/prove.h"

#include <stdlib.h>

#include "base/clock.h"
#include "core/rules/release.h"
#include "ops/host/checkup.h"

static void put_modules(const struct gp_running *r, struct gp_hostproof *out)
{
	for (size_t i = 0; i < GP_RUN_MODULES; i++) {
		const struct gp_run_module *m = &r->module[i];

		if (!m->needed && m->loaded != GP_TRI_YES)
			continue;
		GP_GROW(out->module, out->nmodule, out->module_cap);
		out->module[out->nmodule++] = (struct gp_hostproof_module){
			.name = gp_strdup(m->name),
			.loaded = m->loaded,
			.same = m->same,
		};
	}
}

static void put_cards(const struct gp_running *r, struct gp_hostproof *out)
{
	for (size_t i = 0; i < r->ncard; i++) {
		const struct gp_run_card *c = &r->card[i];

		GP_GROW(out->card, out->ncard, out->card_cap);
		out->card[out->ncard++] = (struct gp_hostproof_card){
			.device = c->device,
			.types = c->types,
			.functions = c->functions,
		};
	}
}

static void put_services(const struct gp_running *r, struct gp_hostproof *out)
{
	for (size_t i = 0; i < GP_HOST_UNITS; i++) {
		const struct gp_run_service *s = &r->service[i];

		GP_GROW(out->service, out->nservice, out->service_cap);
		out->service[out->nservice++] = (struct gp_hostproof_service){
			.name = gp_strdup(s->unit),
			.state = s->state ? gp_strdup(s->state) : NULL,
			.preloads = s->preloads,
		};
	}
}

/* The system by the data's name of it. */
static char *platform_of(const struct gp_running *r)
{
	gp_auto(gp_checkup_release) struct gp_checkup c = { .machine = r->checkup.machine,
							    .catalog = r->checkup.catalog };

	free(gp_checkup_find_platform(&c, NULL));
	return c.platform ? gp_strdup(c.platform->name) : NULL;
}

int gp_running_prove(const struct gp_running *r, const char *program, struct gp_hostproof *out, struct gp_err *err)
{
	const struct gp_run_module *nvidia = gp_running_module(r, "nvidia");
	gp_auto(gp_free_ptr) char *now = gp_clock_utc();
	int64_t epoch;
	int set = gp_clock_epoch(&epoch, err);
	struct gp_version v;

	*out = (struct gp_hostproof){ 0 };
	if (set < 0)
		return -1;
	if (nvidia->loaded == GP_TRI_UNKNOWN || !r->checkup.running)
		return gp_fail(err, GP_E_SYSTEM, "whether the driver is loaded cannot be told here%s%s",
			       r->checkup.machine->inside ? ": this is " : "",
			       r->checkup.machine->inside ? r->checkup.machine->inside : "");
	if (nvidia->loaded != GP_TRI_YES)
		return gp_fail(err, GP_E_NO,
			       "nvidia is not loaded: nothing can be proved; see 'gridpatch doctor --installed'");
	out->date = set ? gp_clock_day(epoch) : gp_strndup(now, 10);
	out->program = gp_strdup(program);
	out->platform = platform_of(r);
	out->kernel = gp_strdup(r->checkup.running);
	if (nvidia->version && gp_version_parse(gp_str_of(nvidia->version), &v, NULL) == 0)
		out->driver = gp_strdup(v.text);
	out->hooks = r->hooks;
	out->sets_known = r->sets_known;
	gp_list_add_all(&out->sets, &r->sets);
	put_modules(r, out);
	put_cards(r, out);
	put_services(r, out);
	return 0;
}
