/* SPDX-License-Identifier: MIT */
/* The services of a host driver. */
#include <string.h>

#include "base/text.h"
#include "base/tri.h"
#include "ops/host/checkup.h"
#include "ops/host/machine.h"

/* Source: init-scripts/systemd of GRID 460.73.01. */
static const char *const UNITS[] = { "nvidia-vgpud.service", "nvidia-vgpu-mgr.service" };

static bool is_installed(const struct gp_machine *m, const char *unit)
{
	static const char *const places[] = { "/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system" };

	for (size_t i = 0; i < GP_COUNT(places); i++) {
		gp_auto(gp_free_ptr) char *path = gp_asprintf("%s/%s", places[i], unit);

		if (gp_machine_has(m, path) == GP_TRI_YES)
			return true;
	}
	return false;
}

/* "active", "failed", … of `systemctl is-active`. nvidia-vgpud ends when it is done. */
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
	if (gp_str_eq(line, "active") || (gp_str_eq(line, "inactive") && strstr(unit, "vgpud")))
		gp_checkup_add(c, "services", GP_HEALTH_OK, NULL, "%s is %.*s", unit, (int)line.len, line.p);
	else if (gp_str_eq(line, "failed") || gp_str_eq(line, "inactive"))
		gp_checkup_add(c, "services", GP_HEALTH_ATTENTION, gp_asprintf("journalctl -b -u %s", unit),
			       "%s is %.*s", unit, (int)line.len, line.p);
	else
		gp_checkup_unknown(c, "services", unit, NULL);
}

void gp_check_services(struct gp_checkup *c)
{
	for (size_t i = 0; i < GP_COUNT(UNITS); i++)
		if (is_installed(c->machine, UNITS[i]))
			check_unit(c, UNITS[i]);
}
