/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include "base/utf8.h"

struct json_object *gp_json_str(struct gp_str s)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	gp_utf8_add(&out, s);
	return json_object_new_string_len(out.data ? out.data : "", (int)out.len);
}

struct json_object *gp_json_text(const char *s)
{
	return s ? gp_json_str(gp_str_of(s)) : NULL;
}

struct json_object *gp_json_list(const struct gp_list *l)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < l->n; i++)
		json_object_array_add(a, gp_json_text(l->v[i]));
	return a;
}

struct json_object *gp_json_report(const char *verb, int status, const char *reason, const char *error,
				   struct json_object *body)
{
	struct json_object *o = json_object_new_object();
	gp_auto(gp_free_ptr) char *type = gp_asprintf("gridpatch.%s", verb);

	gp_json_put(o, "type", gp_json_text(type));
	gp_json_put(o, "schema", json_object_new_int(GP_JSON_SCHEMA));
	gp_json_put(o, "ok", json_object_new_boolean(!reason));
	gp_json_put(o, "exit", json_object_new_int(status));
	if (reason) {
		gp_json_put(o, "reason", gp_json_text(reason));
		gp_json_put(o, "error", gp_json_text(error));
	}
	if (body) {
		json_object_object_foreach(body, key, v) gp_json_put(o, key, json_object_get(v));
		json_object_put(body);
	}
	return o;
}

void gp_json_format(struct json_object *o, int style, struct gp_buf *out)
{
	struct gp_str s = gp_str_of(json_object_to_json_string_ext(o, style | JSON_C_TO_STRING_NOSLASHESCAPE));

	/* Outside of strings there is only ASCII, and the line ends of the style. */
	while (s.len) {
		size_t n = gp_utf8_len(s.p, s.len);
		uint32_t c = n ? gp_utf8_point(s.p, n) : 0;

		if (c >= 0x7f && c <= 0xffff && gp_utf8_hides(c))
			gp_buf_printf(out, "\\u%04x", c);
		else
			gp_buf_add(out, s.p, n ? n : 1);
		s.p += n ? n : 1;
		s.len -= n ? n : 1;
	}
}

void gp_json_put(struct json_object *o, const char *key, struct json_object *v)
{
	if (json_object_object_add(o, key, v) != 0)
		gp_oom();
}
