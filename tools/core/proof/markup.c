/* SPDX-License-Identifier: MIT */
#include "core/proof/markup.h"

#include <string.h>

#include "base/utf8.h"

static bool is_forbidden(uint32_t c)
{
	if (c == '\t' || c == '\n')
		return false;
	return gp_utf8_hides(c) || (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c < 0xfdf0);
}

/* One character off *s, cleaned; at most 4 bytes. */
static struct gp_str next(struct gp_str *s)
{
	struct gp_str c = { s->p, gp_utf8_len(s->p, s->len) };
	size_t used = c.len ? c.len : 1;

	if (*s->p == '\r') {
		used += s->len > 1 && s->p[1] == '\n';
		c = GP_STR("\n");
	} else if (!c.len || is_forbidden(gp_utf8_point(c.p, c.len))) {
		c = GP_STR(GP_UTF8_BAD);
	}
	s->p += used;
	s->len -= used;
	return c;
}

void gp_markup_clean(struct gp_buf *out, struct gp_str s)
{
	while (s.len) {
		struct gp_str c = next(&s);

		gp_buf_add(out, c.p, c.len);
	}
}

/* The names that XML and HTML both know: XML 1.0, section 4.6; &#39; because
 * HTML had no &apos; before version 5. */
static const char *entity(char c)
{
	switch (c) {
	case '<': return "&lt;";
	case '>': return "&gt;";
	case '&': return "&amp;";
	case '"': return "&quot;";
	case '\'': return "&#39;";
	default: return NULL;
	}
}

void gp_markup_text(struct gp_buf *out, const char *text)
{
	struct gp_str s = gp_str_of(text ? text : "");

	while (s.len) {
		struct gp_str c = next(&s);
		const char *name = entity(*c.p);

		if (name)
			gp_buf_puts(out, name);
		else
			gp_buf_add(out, c.p, c.len);
	}
}

void gp_markup_attr(struct gp_buf *out, const char *name, const char *value)
{
	struct gp_str s;

	if (!value)
		return;
	s = gp_str_of(value);
	gp_buf_printf(out, " %s=\"", name);
	while (s.len) {
		struct gp_str c = next(&s);
		const char *named = entity(*c.p);

		/* A parser makes blanks of line ends in a value: XML 1.0, section 3.3.3. */
		if (named)
			gp_buf_puts(out, named);
		else if (*c.p == '\n' || *c.p == '\t')
			gp_buf_printf(out, "&#%d;", *c.p);
		else
			gp_buf_add(out, c.p, c.len);
	}
	gp_buf_putc(out, '"');
}
