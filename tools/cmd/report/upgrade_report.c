/* SPDX-License-Identifier: MIT */
#include "cmd/report/upgrade_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "cmd/report/checkup_report.h"
#include "cmd/report/report.h"

const char *gp_upgrade_word(enum gp_health answer)
{
	return answer == GP_HEALTH_MISSING ? "no" : answer == GP_HEALTH_UNKNOWN ? "unknown" : "fine";
}

void gp_say_upgrade(const struct gp_args *a, const struct gp_upgrade *u)
{
	gp_say(a, "kernel     %s, %s\n", u->release, u->arrived ? "installed" : "not installed");
	if (u->dkms.module)
		gp_say(a, "driver     %s/%s of DKMS, in %s\n", u->dkms.module, u->dkms.version, u->dkms.source);
	gp_say_checks(a, &u->c);
	if (u->keep)
		gp_say(a, "keep       %s, which has the driver%s%s\n", u->keep, u->pin ? ": " : "",
		       u->pin ? u->pin : "");
	if (u->back)
		gp_say(a, "way back   %s\n", u->back);
}

struct json_object *gp_json_upgrade(const struct gp_upgrade *u)
{
	const struct gp_driver *d = u->c.driver;
	struct json_object *dkms = NULL, *keep = NULL;

	if (d)
		dkms = gp_json_object(GP_J("module", u->dkms.module), GP_J("version", u->dkms.version),
				      GP_J("source", u->dkms.source));
	if (u->keep)
		keep = gp_json_object(GP_J("kernel", u->keep), GP_J("pin", u->pin), GP_J("back", u->back));
	return gp_json_object(GP_J("sysroot", u->c.machine->root), GP_J("inside", u->c.machine->inside),
			      GP_J("platform", u->c.platform ? u->c.platform->name : NULL), GP_J("kernel", u->release),
			      GP_J("installed", u->arrived),
			      GP_J("driver", d ? gp_json_version(&d->version, d->kind) : NULL), GP_J("dkms", dkms),
			      GP_J("answer", gp_upgrade_word(gp_upgrade_answer(u))), GP_J("keep", keep),
			      GP_J("checks", gp_json_checks(&u->c)));
}

/* --- for those who did not ask --- */

/* A line, whatever is in it. */
static void GP_PRINTF(2, 3) add_line(struct gp_buf *out, const char *fmt, ...)
{
	gp_auto(gp_free_ptr) char *line = NULL;
	va_list ap;

	va_start(ap, fmt);
	line = gp_vasprintf(fmt, ap);
	va_end(ap);
	gp_text_mask(line, strlen(line));
	gp_buf_printf(out, "%s\n", line);
}

static bool is_news(const struct gp_check *k, enum gp_health answer)
{
	/* Somebody asked for a boot, and it was none. */
	if (k->health == GP_HEALTH_ATTENTION && strcmp(k->id, "boot") == 0)
		return true;
	return answer != GP_HEALTH_OK && k->health != GP_HEALTH_OK;
}

static void add_head(const struct gp_upgrade *u, enum gp_health answer, struct gp_buf *out)
{
	if (answer == GP_HEALTH_MISSING)
		add_line(out, "NVIDIA's driver will not work with the kernel %s, after the next reboot", u->release);
	else if (answer == GP_HEALTH_UNKNOWN)
		add_line(out, "whether NVIDIA's driver will work with the kernel %s cannot be told yet", u->release);
	else
		add_line(out, "NVIDIA's driver and the kernel %s", u->release);
}

void gp_upgrade_notice(const struct gp_upgrade *u, struct gp_buf *out)
{
	enum gp_health answer = gp_upgrade_answer(u);
	size_t told = 0;

	for (size_t i = 0; i < u->c.n; i++) {
		const struct gp_check *k = &u->c.v[i];

		if (!is_news(k, answer))
			continue;
		if (!told++)
			add_head(u, answer, out);
		add_line(out, "  %s: %s", gp_health_name(k->health), k->text);
		if (k->mend)
			add_line(out, "    -> %s", k->mend);
	}
	if (!told || answer == GP_HEALTH_OK)
		return;
	if (u->keep && u->pin)
		add_line(out, "  keep %s, which has the driver: %s", u->keep, u->pin);
	if (u->back)
		add_line(out, "  way back: %s", u->back);
	add_line(out, "  ask again: gridpatch upgrade-check %s", u->release);
}
