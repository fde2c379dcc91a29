/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_CHECKUP_REPORT_H
#define GP_CMD_REPORT_CHECKUP_REPORT_H

#include "ops/host/checkup.h"
#include "cmd/front/opt.h"

/* How a health is said to people: "OK" stands out. */
const char *gp_say_health(enum gp_health h);

/* A line for each answer, one for where it was seen, and one for what mends it. */
void gp_say_checks(const struct gp_args *a, const struct gp_checkup *c);
/* The same as an array. */
struct json_object *gp_json_checks(const struct gp_checkup *c);

#endif
