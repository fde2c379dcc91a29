/* SPDX-License-Identifier: MIT */
#include "ops/running/running.h"

#include <stdlib.h>
#include <string.h>

void gp_running_release(struct gp_running *r)
{
	for (size_t i = 0; i < GP_RUN_MODULES; i++) {
		free(r->module[i].version);
		free(r->module[i].file);
	}
	for (size_t i = 0; i < r->ncard; i++)
		free(r->card[i].slot);
	free(r->card);
	for (size_t i = 0; i < GP_HOST_UNITS; i++)
		free(r->service[i].state);
	gp_hostlog_release(&r->log);
	gp_list_release(&r->sets);
	gp_checkup_release(&r->checkup);
	*r = (struct gp_running){ 0 };
}

const struct gp_run_module *gp_running_module(const struct gp_running *r, const char *name)
{
	for (size_t i = 0; i < GP_RUN_MODULES; i++)
		if (r->module[i].name && strcmp(r->module[i].name, name) == 0)
			return &r->module[i];
	return NULL;
}

void gp_running_look(struct gp_running *r)
{
	r->hooks = GP_TRI_UNKNOWN;
	gp_check_kernels(&r->checkup);
	gp_running_cards(r);
	gp_running_vgpus(r);
	gp_running_modules(r);
	gp_running_services(r);
	gp_running_config(r);
	gp_running_log(r);
	gp_running_sets(r);
}
