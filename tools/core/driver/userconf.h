/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_USERCONF_H
#define GP_CORE_DRIVER_USERCONF_H

#include <json-c/json.h>

#include "base/buf.h"

/* The files of vgpu_unlock-rs below /etc/vgpu_unlock. */
enum gp_userconf { GP_USERCONF_CONFIG, GP_USERCONF_PROFILE };
#define GP_USERCONF_COUNT 2

const char *gp_userconf_name(enum gp_userconf which); /* "config.toml", "profile_override.toml" */

/*
 * Has such a file values that vgpu_unlock-rs can take? A config.toml that it cannot take
 * ends the daemons, and a profile_override.toml keeps virtual machines from starting.
 *
 * In:     doc: the file's tables, arrays, strings, integers and booleans; what JSON has no
 *         word for is null. Untrusted.
 * Out:    warnings: a line per key that it does not know and passes over, appended.
 * Errors: GP_E_FORMAT with the key: a value of another type, or out of its range.
 * Source: vgpu_unlock-rs 71ec870, src/config.rs, src/lib.rs (VgpuProfileOverride),
 *         src/human_number.rs, src/string_number.rs; toml's integers have 64 bits.
 */
int gp_userconf_check(enum gp_userconf which, struct json_object *doc, struct gp_list *warnings, struct gp_err *err);

#endif
