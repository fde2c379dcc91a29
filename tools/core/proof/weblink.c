/* SPDX-License-Identifier: MIT */
#include "core/proof/weblink.h"

#include <string.h>

#include "base/text.h"
#include "core/proof/markup.h"

/* Letters and digits of ASCII, whatever the locale; and `more`. */
static bool is_made_of(struct gp_str s, const char *more)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!plain && !(c && strchr(more, c)))
			return false;
	}
	return s.len > 0;
}

/* Where the first of these characters stands, or s.len. */
static size_t find_any(struct gp_str s, const char *which)
{
	size_t i = 0;

	while (i < s.len && !(s.p[i] && strchr(which, s.p[i])))
		i++;
	return i;
}

static bool is_number(struct gp_str s)
{
	uint64_t n;

	return gp_parse_u64(s, 100000000, &n);
}

/* owner/repository#12, owner/repository@tag. Out: false for anything else. */
static bool put_github(struct gp_buf *out, struct gp_str word)
{
	size_t slash = find_any(word, "/"), mark = find_any(word, "#@");
	struct gp_str owner = { word.p, slash }, repository, what;

	if (mark <= slash + 1 || mark + 1 >= word.len)
		return false;
	repository = (struct gp_str){ word.p + slash + 1, mark - slash - 1 };
	what = (struct gp_str){ word.p + mark + 1, word.len - mark - 1 };
	if (!is_made_of(owner, "-") || !is_made_of(repository, "-_.") || repository.p[0] == '.')
		return false;
	if (word.p[mark] == '#' ? !is_number(what) : !is_made_of(what, "-_.+/"))
		return false;
	gp_buf_printf(out, "<a href=\"https://github.com/%.*s/%.*s/%s/%.*s\">", (int)owner.len, owner.p,
		      (int)repository.len, repository.p, word.p[mark] == '#' ? "issues" : "tree", (int)what.len,
		      what.p);
	return true;
}

static bool put_url(struct gp_buf *out, struct gp_str word)
{
	if (!gp_str_starts(word, "https://") || word.len == 8 || !is_made_of(word, ":/.-_~#?=%+@"))
		return false;
	gp_buf_puts(out, "<a href=\"");
	gp_buf_add(out, word.p, word.len);
	gp_buf_puts(out, "\">");
	return true;
}

static void put_plain(struct gp_buf *out, const char *p, size_t len)
{
	gp_auto(gp_free_ptr) char *text = gp_strndup(p, len);

	gp_markup_text(out, text);
}

/* A word, without what stands round it: "(a/b#1)," */
static void put_word(struct gp_buf *out, struct gp_str word)
{
	size_t from = 0, to = word.len;
	struct gp_str core;

	while (from < to && strchr("(\"'[", word.p[from]))
		from++;
	while (to > from && strchr(").,;:\"']", word.p[to - 1]))
		to--;
	core = (struct gp_str){ word.p + from, to - from };
	put_plain(out, word.p, from);
	if (put_url(out, core) || put_github(out, core)) {
		put_plain(out, core.p, core.len);
		gp_buf_puts(out, "</a>");
	} else {
		put_plain(out, core.p, core.len);
	}
	put_plain(out, word.p + to, word.len - to);
}

void gp_weblink_text(struct gp_buf *out, const char *text)
{
	struct gp_str rest = gp_str_of(text ? text : "");

	while (rest.len) {
		size_t blanks = 0, n;

		while (blanks < rest.len && strchr(" \t\n", rest.p[blanks]))
			blanks++;
		put_plain(out, rest.p, blanks);
		rest = (struct gp_str){ rest.p + blanks, rest.len - blanks };
		n = find_any(rest, " \t\n");
		put_word(out, (struct gp_str){ rest.p, n });
		rest = (struct gp_str){ rest.p + n, rest.len - n };
	}
}
