/* SPDX-License-Identifier: MIT */
/* The services of a host driver. */
#include <string.h>

#include "base/text.h"
#include "base/tri.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"

/* Source: init-scripts/systemd of GRID 460.73.01. */
const char *const gp_host_units[GP_HOST_UNITS] = { "nvidia-vgpud.service", "nvidia-vgpu-mgr.service" };

bool gp_host_has_unit(const struct gp_machine *m, const char *unit)
{
	static const char *const places[] = { "/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system" };

	for (size_t i = 0; i < GP_COUNT(places); i++) {
		gp_auto(gp_free_ptr) char *path = gp_asprintf("%s/%s", places[i], unit);

		if (gp_machine_has(m, path) == GP_TRI_YES)
			return true;
	}
	return false;
}

/* "active", "failed", … nvidia-vgpud ends when it is done. */
void gp_check_unit_state(struct gp_checkup *c, const char *unit, struct gp_str state)
{
	if (gp_str_eq(state, "active") || (gp_str_eq(state, "inactive") && strstr(unit, "vgpud")))
		gp_checkup_add(c, "services", GP_HEALTH_OK, NULL, "%s is %.*s", unit, (int)state.len, state.p);
	else if (gp_str_eq(state, "failed") || gp_str_eq(state, "inactive"))
		gp_checkup_add(c, "services", GP_HEALTH_ATTENTION, gp_asprintf("journalctl -b -u %s", unit),
			       "%s is %.*s", unit, (int)state.len, state.p);
	else
		gp_checkup_unknown(c, "services", unit, NULL);
}

/* By `systemctl is-active`. */
static void check_unit(struct gp_checkup *c, const char *unit)
{
	const char *const argv[] = { "systemctl", "is-active", unit, NULL };
	gp_auto(gp_said_release) struct gp_said said = { 0 };
	gp_auto(gp_list_release) struct gp_list why = { 0 };
	gp_auto(gp_free_ptr) char *record = gp_asprintf("systemctl-%s", unit);
	struct gp_str rest, line = { "", 0 };

	if (gp_machine_ask(c->machine, record, argv, &said, &why) != GP_TRI_YES) {
		gp_checkup_unknown(c, "services", unit, &why);
		return;
	}
	rest = gp_buf_str(&said.text);
	gp_text_line_next(&rest, &line);
	gp_check_unit_state(c, unit, line);
}

void gp_check_services(struct gp_checkup *c)
{
	for (size_t i = 0; i < GP_HOST_UNITS; i++)
		if (gp_host_has_unit(c->machine, gp_host_units[i]))
			check_unit(c, gp_host_units[i]);
}
