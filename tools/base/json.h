/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_JSON_H
#define GP_BASE_JSON_H

#include <json-c/json.h>

#include "base/buf.h"

/* json-c's values from ours. Text may be of any encoding, and becomes valid UTF-8. */
struct json_object *gp_json_str(struct gp_str s);
struct json_object *gp_json_text(const char *s); /* NULL: null */
struct json_object *gp_json_list(const struct gp_list *l);
void gp_json_put(struct json_object *o, const char *key, struct json_object *v); /* o owns v from now on */

#endif
