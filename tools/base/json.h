/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_JSON_H
#define GP_BASE_JSON_H

#include <json-c/json.h>

#include "base/buf.h"

/* json-c's values from ours. Text may be of any encoding, and becomes valid UTF-8. */
struct json_object *gp_json_str(struct gp_str s);
struct json_object *gp_json_text(const char *s);           /* NULL: null */
struct json_object *gp_json_list(const struct gp_list *l); /* the same */
struct json_object *gp_json_own(struct json_object *v);    /* v */

/*
 * Append JSON text in ASCII alone: what is none becomes its escapes, bytes that are no
 * UTF-8 those of U+FFFD. json-c 0.18 refuses every other one when it is to be strict.
 *
 * In:  limit, of bytes in out; it ends behind the character that reaches it.
 * Out: how many bytes of s that were.
 */
size_t gp_json_ascii(struct gp_str s, size_t limit, struct gp_buf *out);

/* x as JSON, by its type; an object, or NULL, stands for itself. */
#ifdef __cppcheck__ /* which does not get through these two */
#define GP_JSON(x) json_of(x)
#define GP_JSON_EACH(i, n, x) json_object_new_array()
#else
#define GP_JSON(x) \
	_Generic((x), \
		struct json_object *: gp_json_own, \
		void *: gp_json_own, \
		struct gp_str: gp_json_str, \
		char *: gp_json_text, \
		const char *: gp_json_text, \
		struct gp_list *: gp_json_list, \
		const struct gp_list *: gp_json_list, \
		bool: json_object_new_boolean, \
		int: json_object_new_int64, \
		long: json_object_new_int64, \
		unsigned: json_object_new_uint64, \
		unsigned long: json_object_new_uint64)(x)

/* An array of the value that is got for each i below n. */
#define GP_JSON_EACH(i, n, x) \
	({ \
		struct json_object *array_of_##i = json_object_new_array(); \
		for (size_t i = 0; i < (n); i++) \
			json_object_array_add(array_of_##i, GP_JSON(x)); \
		array_of_##i; \
	})
#endif

/* A member for the two below: its name, and its value of any of these types. */
#define GP_J(name, x) (const char *)(name), GP_JSON(x)

/* o with members more, and a new object of members; what they hold is theirs from now on. */
#define gp_json_fill(o, ...) gp_json_add(o, __VA_ARGS__, (char *)NULL)
#define gp_json_object(...) gp_json_add(json_object_new_object(), __VA_ARGS__, (char *)NULL)
struct json_object *gp_json_add(struct json_object *o, ...) __attribute__((sentinel));

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
