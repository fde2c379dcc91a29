/* SPDX-License-Identifier: MIT */
#include "ops/host/checkup.h"

#include <stdlib.h>
#include <string.h>

#include "base/tri.h"

const char *gp_health_name(enum gp_health h)
{
	static const char *const names[] = { "ok", "attention", "missing", "unknown" };

	return names[h];
}

void gp_checkup_release(struct gp_checkup *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].text);
		free(c->v[i].mend);
		free(c->v[i].seen);
	}
	free(c->v);
	free(c->running);
	gp_list_release(&c->kernels);
	*c = (struct gp_checkup){ 0 };
}

void gp_checkup_add(struct gp_checkup *c, const char *id, enum gp_health health, char *mend, const char *fmt, ...)
{
	struct gp_check *k;
	va_list ap;

	GP_GROW(c->v, c->n, c->cap);
	k = &c->v[c->n++];
	*k = (struct gp_check){ .id = id, .health = health, .mend = mend };
	va_start(ap, fmt);
	k->text = gp_vasprintf(fmt, ap);
	va_end(ap);
}

void gp_checkup_seen(struct gp_checkup *c, char *seen)
{
	gp_assert(c->n && !c->v[c->n - 1].seen);
	c->v[c->n - 1].seen = seen;
}

void gp_checkup_unknown(struct gp_checkup *c, const char *id, const char *what, const struct gp_list *why)
{
	const char *inside = c->machine->inside;

	if (why && why->n)
		gp_checkup_add(c, id, GP_HEALTH_UNKNOWN, NULL, "%s: %s", what, why->v[0]);
	else if (inside)
		gp_checkup_add(c, id, GP_HEALTH_UNKNOWN, NULL, "%s: this is %s, ask outside of it", what, inside);
	else
		gp_checkup_add(c, id, GP_HEALTH_UNKNOWN, NULL, "%s: it cannot be told", what);
}

char *gp_checkup_install(const struct gp_checkup *c, const char *package)
{
	static const struct {
		const char *program, *command;
	} managers[] = { { "apt-get", "apt install" },
			 { "dnf", "dnf install" },
			 { "zypper", "zypper install" },
			 { "pacman", "pacman -S" } };

	for (size_t i = 0; i < GP_COUNT(managers); i++)
		if (gp_machine_can_run(c->machine, managers[i].program) == GP_TRI_YES)
			return gp_asprintf("%s %s", managers[i].command, package);
	return gp_asprintf("install %s", package);
}

enum gp_health gp_checkup_missing(const struct gp_checkup *c)
{
	return c->machine->inside ? GP_HEALTH_UNKNOWN : GP_HEALTH_MISSING;
}

void gp_checkup_run(struct gp_checkup *c)
{
	gp_check_kernels(c);
	gp_check_platform(c);
	gp_check_gpus(c);
	gp_check_processor(c);
	gp_check_each_kernel(c);
	gp_check_secureboot(c);
	gp_check_installed(c);
	gp_check_packages(c);
	gp_check_services(c);
	gp_check_space(c);
}

#define BUS "/sys/bus/pci/devices"

void gp_checkup_ask_more(const struct gp_checkup *c)
{
	static const char *const dmesg[] = { "dmesg", NULL };
	gp_auto(gp_said_release) struct gp_said said = { 0 };
	gp_auto(gp_list_release) struct gp_list slots = { 0 };

	gp_machine_ask(c->machine, "dmesg", dmesg, &said, NULL);
	gp_machine_names(c->machine, BUS, &slots, NULL);
	for (size_t i = 0; i < slots.n; i++) {
		gp_auto(gp_free_ptr) char *vendor = gp_asprintf(BUS "/%s/vendor", slots.v[i]),
					  *config = gp_asprintf(BUS "/%s/config", slots.v[i]),
					  *maker = gp_machine_line(c->machine, vendor);
		gp_auto(gp_buf_release) struct gp_buf bytes = { 0 };

		if (maker && strcmp(maker, "0x10de") == 0)
			gp_machine_read(c->machine, config, &bytes, NULL);
	}
}
