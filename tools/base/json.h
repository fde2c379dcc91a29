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

/*
 * A verb's report: type, schema, ok and exit, of a failure its reason in a word and its
 * error, then what body has (NULL: nothing), which is put. The schema is raised when a
 * member changes its meaning or goes; tools/data/common.schema.json says what they are.
 *
 * In: reason, NULL: all is well, and error is not looked at.
 */
#define GP_JSON_SCHEMA 2
struct json_object *gp_json_report(const char *verb, int status, const char *reason, const char *error,
				   struct json_object *body);

/*
 * Append o as text. Characters that gp_utf8_hides() names stand as \uXXXX: the
 * value stays what it is, and a terminal or a reader does not get them.
 *
 * In: style, JSON_C_TO_STRING_PLAIN or _PRETTY.
 */
void gp_json_format(struct json_object *o, int style, struct gp_buf *out);

#endif
