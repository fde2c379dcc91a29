/* SPDX-License-Identifier: MIT */
/* Names in a patch's header lines: quotes, time stamps, git's pairs. */
#include "core/diff/diff_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/diff/epoch.h"

static int octal_digit(struct gp_str s, size_t i)
{
	return i < s.len && s.p[i] >= '0' && s.p[i] <= '7' ? s.p[i] - '0' : -1;
}

/* One escape of a C string at s[*i], after the backslash; -1 when unknown. */
static int unescape(struct gp_str s, size_t *i)
{
	static const char from[] = "abtnvfr\"\\", to[] = "\a\b\t\n\v\f\r\"\\";
	const char *hit;
	int v = 0;

	if (*i >= s.len)
		return -1;
	hit = memchr(from, s.p[*i], sizeof(from) - 1);
	if (hit) {
		++*i;
		return to[hit - from];
	}
	for (int k = 0; k < 3; k++, ++*i) {
		int d = octal_digit(s, *i);

		if (d < 0)
			return -1;
		v = v * 8 + d;
	}
	return v <= 255 ? v : -1;
}

/* Take a "quoted" name off *s; false when it is malformed. */
static bool take_quoted(struct gp_str *s, struct gp_buf *out)
{
	size_t i = 1;

	while (i < s->len && s->p[i] != '"') {
		int c = (unsigned char)s->p[i++];

		if (c == '\\')
			c = unescape(*s, &i);
		if (c <= 0)
			return false;
		gp_buf_putc(out, (char)c);
	}
	if (i >= s->len || !out->len)
		return false;
	*s = gp_str_skip(*s, i + 1);
	return true;
}

/* The length of an unquoted name in a "---" line: up to the tab before the
 * time stamp; without a tab, up to the first blank (as GNU patch does). */
static size_t name_len(struct gp_str s)
{
	const char *end = s.len ? memchr(s.p, '\t', s.len) : NULL;
	size_t n;

	if (!end && s.len)
		end = memchr(s.p, ' ', s.len);
	for (n = end ? (size_t)(end - s.p) : s.len; n && s.p[n - 1] == ' ';)
		n--;
	return n;
}

int gp_head_name(struct gp_str raw, size_t lineno, char **name, struct gp_str *stamp, bool *absent, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str s = raw;

	if (s.len && s.p[0] == '"') {
		if (!take_quoted(&s, &text))
			return gp_fail(err, GP_E_FORMAT, "malformed name in the header of line %zu", lineno);
	} else {
		size_t n = name_len(s);

		gp_buf_add(&text, s.p, n);
		s = gp_str_skip(s, n);
	}
	if (!text.len || memchr(text.data, '\0', text.len))
		return gp_fail(err, GP_E_FORMAT, "no usable name in the header of line %zu", lineno);
	*stamp = s;
	*absent = strcmp(text.data, "/dev/null") == 0;
	if (*absent)
		return 0;
	*absent = gp_stamp_is_epoch(s);
	*name = gp_buf_detach(&text);
	return 0;
}

/* After the first '/'; the whole when there is none. */
static struct gp_str below_first(struct gp_str s)
{
	const char *slash = s.len ? memchr(s.p, '/', s.len) : NULL;

	return slash ? gp_str_skip(s, (size_t)(slash + 1 - s.p)) : s;
}

static bool ends_with(struct gp_str s, struct gp_str tail)
{
	return s.len >= tail.len && gp_str_same(gp_str_skip(s, s.len - tail.len), tail);
}

/* Do a and b fit as the two unquoted names of a "diff --git" line? */
static bool git_pair(const struct gp_git_head *h, struct gp_str a, struct gp_str b)
{
	if (h->from.p && h->to.p)
		return ends_with(a, h->from) && ends_with(b, h->to);
	return gp_str_same(below_first(a), below_first(b));
}

/* A name that is all of s, quoted or not. */
static bool whole_name(struct gp_str s, char **out)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	if (!s.len || (s.p[0] == '"' && (!take_quoted(&s, &text) || s.len)))
		return false;
	gp_buf_add(&text, s.p, s.len);
	*out = gp_buf_detach(&text);
	return true;
}

/*
 * Where the second name of a "diff --git" line starts; 0 when it is unclear.
 *
 * Names with quotes in them are quoted. Git does not quote blanks, so between
 * bare names it is the first blank where both sides agree, else the first blank.
 */
static size_t second_name(const struct gp_git_head *h)
{
	struct gp_buf text = { 0 };
	struct gp_str s = h->names;
	ssize_t quote = gp_str_find(s, GP_STR(" \"")), blank = gp_str_find(s, GP_STR(" "));
	bool ok;

	if (s.len && s.p[0] == '"') {
		ok = take_quoted(&s, &text);
		gp_buf_release(&text);
		return ok && s.len > 1 && s.p[0] == ' ' ? h->names.len - s.len + 1 : 0;
	}
	if (quote > 0)
		return (size_t)quote + 1;
	for (size_t i = 1; i + 1 < s.len; i++)
		if (s.p[i] == ' ' && git_pair(h, (struct gp_str){ s.p, i }, gp_str_skip(s, i + 1)))
			return i + 1;
	return blank > 0 ? (size_t)blank + 1 : 0;
}

/* The names of a "diff --git" line; its length is bounded, so that trying every
 * blank stays cheap. */
int gp_head_git_names(const struct gp_git_head *h, size_t lineno, char **a, char **b, struct gp_err *err)
{
	struct gp_str s = h->names;
	bool usable = s.len && s.len <= 2 * 4096 + 8 && !memchr(s.p, '\0', s.len);
	size_t cut = usable ? second_name(h) : 0;

	if (cut && whole_name((struct gp_str){ s.p, cut - 1 }, a) && whole_name(gp_str_skip(s, cut), b))
		return 0;
	return gp_fail(err, GP_E_FORMAT, "no usable names in line %zu", lineno);
}
