/* SPDX-License-Identifier: MIT */
/*
 * Regular expressions over sources, line by line. Most lines are told at a
 * glance: an expression without alternatives and groups has a run of plain
 * bytes that every match holds, and only lines with it are looked at closely,
 * which takes most of a run otherwise.
 */
#include "core/rules/rule.h"

#include <ctype.h>
#include <string.h>

#include "base/regex.h"
#include "base/text.h"

/* The next byte of an expression as far as it stands for itself; 0: it does not,
 * or nobody is sure. *ere moves behind it. */
static char plain_byte(const char **ere)
{
	const char *p = *ere;

	if (*p == '\\' && p[1] && ispunct((unsigned char)p[1]) && !strchr("<>`'", p[1])) {
		*ere += 2;
		return p[1];
	}
	*ere += *p == '\\' && p[1] ? 2 : 1;
	return strchr("\\.[]^$*+?{}", *p) ? '\0' : *p;
}

/* The longest run of bytes that every match of ere holds, in out (as long as
 * ere); an empty one when that is not known. */
static void find_needle(const char *ere, struct gp_buf *out)
{
	gp_auto(gp_buf_release) struct gp_buf run = { 0 };

	/* Groups, alternatives, sets: give up rather than understand them. */
	for (const char *p = ere; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (strchr("()|[{", *p))
			return;
	}
	while (*ere) {
		char c = plain_byte(&ere);

		if (c && (*ere == '*' || *ere == '?')) /* it may be missing */
			c = '\0';
		if (c)
			gp_buf_putc(&run, c);
		if (run.len > out->len) {
			out->len = 0;
			gp_buf_add(out, run.data, run.len);
		}
		if (!c)
			run.len = 0;
	}
}

/* The line that p lies in. */
static struct gp_str line_at(struct gp_str text, const char *p)
{
	const char *from = memrchr(text.p, '\n', (size_t)(p - text.p));
	const char *to = memchr(p, '\n', (size_t)(text.p + text.len - p));

	from = from ? from + 1 : text.p;
	return (struct gp_str){ from, (size_t)((to ? to : text.p + text.len) - from) };
}

/* Take the next line that may match off *text. */
static bool next_line(struct gp_str *text, const struct gp_buf *needle, struct gp_str *line)
{
	const char *hit;
	size_t used;

	if (!needle->len)
		return gp_text_line_next(text, line);
	hit = text->len ? memmem(text->p, text->len, needle->data, needle->len) : NULL;
	if (!hit)
		return false;
	*line = line_at(*text, hit);
	used = (size_t)(line->p + line->len - text->p);
	used += used < text->len; /* its newline */
	text->p += used;
	text->len -= used;
	return true;
}

int gp_text_matches(struct gp_str text, const char *ere, struct gp_err *err)
{
	gp_auto(gp_regex_release) struct gp_regex re = { 0 };
	gp_auto(gp_buf_release) struct gp_buf needle = { 0 };
	struct gp_str line;
	int hit = 0;

	if (gp_regex_compile(ere, &re, err) < 0)
		return -1;
	find_needle(ere, &needle);
	while (hit == 0 && next_line(&text, &needle, &line))
		hit = gp_regex_match(&re, line, err);
	return hit;
}
