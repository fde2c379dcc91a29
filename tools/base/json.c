/* SPDX-License-Identifier: MIT */
#include "base/json.h"

#include <stdarg.h>

#include "base/utf8.h"

size_t gp_json_ascii(struct gp_str s, size_t limit, struct gp_buf *out)
{
	size_t at = 0;

	while (at < s.len && out->len < limit) {
		size_t n = gp_utf8_len(s.p + at, s.len - at);
		uint32_t c = n ? gp_utf8_point(s.p + at, n) : 0xfffd;

		if (n == 1)
			gp_buf_add(out, s.p + at, 1);
		else if (c > 0xffff)
			gp_buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + (c & 0x3ff));
		else
			gp_buf_printf(out, "\\u%04x", c);
		at += n ? n : 1;
	}
	return at;
}

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
	return l ? GP_JSON_EACH(i, l->n, l->v[i]) : NULL;
}

struct json_object *gp_json_own(struct json_object *v)
{
	return v;
}

struct json_object *gp_json_add(struct json_object *o, ...)
{
	const char *name;
	va_list ap;

	va_start(ap, o);
	while ((name = va_arg(ap, const char *)))
		if (json_object_object_add(o, name, va_arg(ap, struct json_object *)) != 0)
			gp_oom();
	va_end(ap);
	return o;
}

struct json_object *gp_json_report(const char *verb, int status, const char *reason, const char *error,
				   struct json_object *body)
{
	gp_auto(gp_free_ptr) char *type = gp_asprintf("gridpatch.%s", verb);
	struct json_object *o = gp_json_object(GP_J("type", type), GP_J("schema", GP_JSON_SCHEMA),
					       GP_J("ok", json_object_new_boolean(!reason)), GP_J("exit", status));

	if (reason)
		gp_json_fill(o, GP_J("reason", reason), GP_J("error", error));
	if (body) {
		struct json_object_iterator at = json_object_iter_begin(body), end = json_object_iter_end(body);

		for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
			gp_json_fill(o, GP_J(json_object_iter_peek_name(&at),
					     json_object_get(json_object_iter_peek_value(&at))));
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
