/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_USERHALF_REPORT_H
#define GP_CMD_REPORT_USERHALF_REPORT_H

#include "ops/driver/driver.h"
#include "ops/driver/userspace.h"
#include "ops/job/patchjob.h"
#include "cmd/front/opt.h"

/* What a run did with the userspace half of vgpu_unlock, or what a host still needs. */
void gp_say_user_half(const struct gp_args *a, const struct gp_patch_job *j);
struct json_object *gp_json_user_half(const struct gp_patch_job *j);

/* How a host gets that half without this package's help: the drop-in, line by line. */
void gp_say_drop_in(const struct gp_args *a, const struct gp_driver *d);

/* What a package has of it, for `altered`: appended to the line that `between` begins.
 * Out: what begins the next part of that line. */
const char *gp_say_userspace(const struct gp_args *a, const struct gp_userspace *u, const char *between);

#endif
