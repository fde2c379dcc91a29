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

static void put_href(struct gp_buf *out, const char *site, struct gp_str path, const char *infix, struct gp_str what)
{
	gp_buf_printf(out, "<a href=\"https://%s%.*s%s%.*s\">", site, (int)path.len, path.p, infix, (int)what.len,
		      what.p);
}

/* REF or REF:FILE of a repository. */
static bool put_ref(struct gp_buf *out, struct gp_str repository, struct gp_str what)
{
	size_t colon = find_any(what, ":");
	struct gp_str ref = { what.p, colon }, file;
	gp_auto(gp_free_ptr) char *place = NULL;

	if (!is_made_of(ref, "-_.+/"))
		return false;
	if (colon == what.len) {
		put_href(out, "github.com/", repository, "/tree/", ref);
		return true;
	}
	file = (struct gp_str){ what.p + colon + 1, what.len - colon - 1 };
	if (!is_made_of(file, "-_.+/"))
		return false;
	place = gp_asprintf("%.*s/%.*s", (int)ref.len, ref.p, (int)file.len, file.p);
	put_href(out, "github.com/", repository, "/blob/", gp_str_of(place));
	return true;
}

/* owner/repository#12, !12, @tag. Out: false for anything else; so below. */
static bool put_repository(struct gp_buf *out, struct gp_str word)
{
	size_t slash = find_any(word, "/"), mark = find_any(word, "#@!");
	struct gp_str owner = { word.p, slash }, name, what, repository = { word.p, mark };

	if (mark <= slash + 1 || mark + 1 >= word.len)
		return false;
	name = (struct gp_str){ word.p + slash + 1, mark - slash - 1 };
	what = (struct gp_str){ word.p + mark + 1, word.len - mark - 1 };
	if (!is_made_of(owner, "-_.") || owner.p[0] == '.' || !is_made_of(name, "-_.") || name.p[0] == '.')
		return false;
	if (word.p[mark] == '@')
		return put_ref(out, repository, what);
	if (!is_number(what))
		return false;
	if (word.p[mark] == '#')
		put_href(out, "github.com/", repository, "/issues/", what);
	else
		put_href(out, "gitlab.com/", repository, "/-/merge_requests/", what);
	return true;
}

/* Debian#12, LP#12 */
static bool put_bug(struct gp_buf *out, struct gp_str word)
{
	size_t mark = find_any(word, "#");
	struct gp_str who = { word.p, mark }, what;
	bool debian = gp_str_eq(who, "Debian");

	if (mark == word.len || (!debian && !gp_str_eq(who, "LP")))
		return false;
	what = (struct gp_str){ word.p + mark + 1, word.len - mark - 1 };
	if (!is_number(what))
		return false;
	put_href(out, debian ? "bugs.debian.org/" : "bugs.launchpad.net/bugs/", what, "", GP_STR(""));
	return true;
}

static bool put_url(struct gp_buf *out, struct gp_str word)
{
	size_t scheme = gp_str_starts(word, "https://") ? 8 : gp_str_starts(word, "http://") ? 7 : word.len;

	if (scheme == word.len || !is_made_of(word, ":/.-_~#?=%+@!"))
		return false;
	gp_buf_printf(out, "<a href=\"%.*s\">", (int)word.len, word.p);
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
	if (put_url(out, core) || put_repository(out, core) || put_bug(out, core)) {
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
