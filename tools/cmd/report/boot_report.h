/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_BOOT_REPORT_H
#define GP_CMD_REPORT_BOOT_REPORT_H

#include "core/module/modload.h"
#include "core/vm/boot.h"
#include "cmd/front/opt.h"

/* What a kernel said of modules when it was booted. looked: what a look at their files
 * had found beside that kernel's headers, with which it is compared; NULL: nothing. */
void gp_report_boot(const struct gp_args *a, const struct gp_boot *b, const struct gp_modfindings *looked);

/* The same as JSON; NULL for one that was not tried: its release is NULL. */
struct json_object *gp_json_boot(const struct gp_boot *b);

#endif
