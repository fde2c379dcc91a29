/* SPDX-License-Identifier: MIT */
#include "cmd/report/checkup_report.h"

#include <string.h>

#include "base/json.h"
#include "cmd/report/report.h"

const char *gp_say_health(enum gp_health h)
{
	return h == GP_HEALTH_OK ? "OK" : gp_health_name(h);
}

static enum gp_tone tone(enum gp_health h)
{
	return h == GP_HEALTH_OK ? GP_TONE_GOOD : h == GP_HEALTH_MISSING ? GP_TONE_BAD : GP_TONE_DOUBT;
}

void gp_say_checks(const struct gp_args *a, const struct gp_checkup *c)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct gp_check *k = &c->v[i];

		gp_say_word(a, tone(k->health), gp_say_health(k->health));
		gp_say(a, "%*s %s\n", (int)(10 - strlen(gp_say_health(k->health))), "", k->text);
		if (k->seen)
			gp_say(a, "           | %s\n", k->seen);
		if (k->mend)
			gp_say(a, "           -> %s\n", k->mend);
	}
}

static struct json_object *json_check(const struct gp_check *k)
{
	return gp_json_object(GP_J("check", k->id), GP_J("health", gp_health_name(k->health)), GP_J("text", k->text),
			      GP_J("mend", k->mend), GP_J("seen", k->seen));
}

struct json_object *gp_json_checks(const struct gp_checkup *c)
{
	return GP_JSON_EACH(i, c->n, json_check(&c->v[i]));
}
