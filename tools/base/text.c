/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <string.h>

#include "base/utf8.h"

void gp_text_mask(char *s, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = gp_utf8_len(s + i, len - i), width = n ? n : 1;

		/* A byte that is not UTF-8 may be a C1 control to a terminal that
		 * does not decode: 0x9b is CSI. */
		if (!n || gp_utf8_hides(gp_utf8_point(s + i, n)))
			memset(s + i, '?', width);
		i += width;
	}
}

bool gp_text_line_next(struct gp_str *rest, struct gp_str *line)
{
	const char *nl;

	if (!rest->len)
		return false;
	nl = memchr(rest->p, '\n', rest->len);
	*line = (struct gp_str){ rest->p, nl ? (size_t)(nl - rest->p) : rest->len };
	rest->p += line->len + (nl ? 1 : 0);
	rest->len -= line->len + (nl ? 1 : 0);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool gp_word_next(struct gp_str *rest, struct gp_str *word)
{
	size_t i = 0, n;

	while (i < rest->len && is_blank(rest->p[i]))
		i++;
	for (n = i; n < rest->len && !is_blank(rest->p[n]);)
		n++;
	*word = (struct gp_str){ rest->p + i, n - i };
	rest->p += n;
	rest->len -= n;
	return word->len > 0;
}

bool gp_text_setting(struct gp_str text, const char *name, struct gp_str *value)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line)) {
		if (!gp_str_take(&line, name) || !gp_str_take(&line, "="))
			continue;
		line = gp_str_trim(line);
		if (line.len >= 2 && (line.p[0] == '"' || line.p[0] == '\'') && line.p[line.len - 1] == line.p[0])
			line = (struct gp_str){ line.p + 1, line.len - 2 };
		*value = line;
		return true;
	}
	return false;
}

bool gp_str_has_word(struct gp_str text, struct gp_str word)
{
	struct gp_str w;

	while (gp_word_next(&text, &w))
		if (gp_str_same(w, word))
			return true;
	return false;
}

bool gp_text_word_next(struct gp_str *rest, struct gp_str *word)
{
	struct gp_str line;

	while (rest->len) {
		const char *nl = memchr(rest->p, '\n', rest->len);
		size_t len = nl ? (size_t)(nl - rest->p) : rest->len;

		line = (struct gp_str){ rest->p, len };
		if (gp_word_next(&line, word)) {
			rest->len -= (size_t)(line.p - rest->p);
			rest->p = line.p;
			return true;
		}
		rest->p += len + (nl ? 1 : 0);
		rest->len -= len + (nl ? 1 : 0);
	}
	return false;
}

size_t gp_text_nul_line(struct gp_str text)
{
	const char *nul = text.len ? memchr(text.p, '\0', text.len) : NULL;
	size_t lineno = 1;

	for (const char *p = text.p; nul && p < nul; p++)
		lineno += *p == '\n';
	return nul ? lineno : 0;
}

struct gp_str gp_str_trim(struct gp_str s)
{
	while (s.len && (is_blank(s.p[0]) || s.p[0] == '\r')) {
		s.p++;
		s.len--;
	}
	while (s.len && (is_blank(s.p[s.len - 1]) || s.p[s.len - 1] == '\r'))
		s.len--;
	return s;
}

struct gp_str gp_str_no_cr(struct gp_str s)
{
	s.len -= s.len && s.p[s.len - 1] == '\r';
	return s;
}

bool gp_str_take(struct gp_str *s, const char *prefix)
{
	if (!gp_str_starts(*s, prefix))
		return false;
	*s = gp_str_skip(*s, strlen(prefix));
	return true;
}

bool gp_str_is_date(struct gp_str s)
{
	static const char form[] = "0000-00-00";

	if (s.len != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (form[i] == '0' ? s.p[i] < '0' || s.p[i] > '9' : s.p[i] != form[i])
			return false;
	return true;
}

bool gp_str_starts(struct gp_str s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.len >= n && memcmp(s.p, prefix, n) == 0;
}

bool gp_str_ends(struct gp_str s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len >= n && memcmp(s.p + s.len - n, suffix, n) == 0;
}

ssize_t gp_str_find(struct gp_str s, struct gp_str needle)
{
	const char *hit;

	if (!needle.len)
		return 0;
	hit = s.len ? memmem(s.p, s.len, needle.p, needle.len) : NULL;
	return hit ? hit - s.p : -1;
}

bool gp_parse_u64(struct gp_str s, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (!s.len)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s.p[i] - '0'), &v))
			return false;
	}
	*out = v;
	return v <= max;
}

void gp_hex(const uint8_t *p, size_t n, char *out)
{
	static const char digit[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digit[p[i] >> 4];
		out[2 * i + 1] = digit[p[i] & 15];
	}
	out[2 * n] = '\0';
}

void gp_text_shell_word(struct gp_buf *out, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+:/=-,@%";

	if (*s && strspn(s, plain) == strlen(s)) {
		gp_buf_puts(out, s);
		return;
	}
	gp_buf_putc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			gp_buf_puts(out, "'\\''");
		else
			gp_buf_putc(out, *s);
	}
	gp_buf_putc(out, '\'');
}
