/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_UPGRADE_REPORT_H
#define GP_CMD_REPORT_UPGRADE_REPORT_H

#include "ops/upgrade/upgrade.h"
#include "cmd/front/opt.h"

/* "fine", "no", "unknown": the answer as JSON has it. */
const char *gp_upgrade_word(enum gp_health answer);

/* Whoever asked hears all of it. */
void gp_say_upgrade(const struct gp_args *a, const struct gp_upgrade *u);
struct json_object *gp_json_upgrade(const struct gp_upgrade *u);

/* What is not well, for those who did not ask: lines, masked. Empty where all is well. */
void gp_upgrade_notice(const struct gp_upgrade *u, struct gp_buf *out);

#endif
