/* SPDX-License-Identifier: MIT */
#include "base/xmlscan.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"

#define DEPTH_MAX 64 /* libxml2 stops at 256 */
/* A parser compares each attribute of a tag with all others of it: a megabyte of them takes
 * minutes. And it calls what is too long for it a lack of memory. */
#define TAG_MAX 4096u
#define PIECE_MAX (8u << 20)

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct gp_str *s)
{
	while (s->len && is_space(*s->p))
		*s = gp_str_skip(*s, 1);
}

static struct gp_str rest_of(const struct gp_xmlscan *s)
{
	return gp_str_skip(s->text, s->off);
}

static size_t lineno(const struct gp_xmlscan *s)
{
	size_t n = 1;

	for (size_t i = 0; i < s->off; i++)
		n += s->text.p[i] == '\n';
	return n;
}

static int fail_end(const struct gp_xmlscan *s, const char *what, struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "'%s' line %zu: %s does not end", s->name, lineno(s), what);
}

/* --- attributes --- */

bool gp_xml_attr_next(struct gp_str *rest, struct gp_str *name, struct gp_str *value)
{
	const char *end;
	size_t n = 0;

	skip_space(rest);
	while (n < rest->len && rest->p[n] != '=' && !is_space(rest->p[n]))
		n++;
	*name = (struct gp_str){ rest->p, n };
	*rest = gp_str_skip(*rest, n);
	skip_space(rest);
	if (!n || !gp_str_take(rest, "="))
		return false;
	skip_space(rest);
	if (!rest->len || (*rest->p != '"' && *rest->p != '\''))
		return false;
	end = memchr(rest->p + 1, *rest->p, rest->len - 1);
	if (!end)
		return false;
	*value = (struct gp_str){ rest->p + 1, (size_t)(end - rest->p - 1) };
	*rest = gp_str_skip(*rest, value->len + 2);
	return true;
}

/* --- pieces --- */

/* Bytes up to and with the first '>' that is not in quotes; 0: there is none. stop: a
 * byte that may not come before it, or '>'. */
static size_t tag_len(struct gp_str s, char stop)
{
	char quote = '\0';

	for (size_t i = 0; i < s.len; i++) {
		if (quote)
			quote = s.p[i] == quote ? '\0' : quote;
		else if (s.p[i] == '"' || s.p[i] == '\'')
			quote = s.p[i];
		else if (s.p[i] == '>' || s.p[i] == stop)
			return i + 1;
	}
	return 0;
}

static int take(struct gp_xmlscan *s, size_t len, enum gp_xml_kind kind, struct gp_xml_piece *piece)
{
	*piece = (struct gp_xml_piece){ .kind = kind, .all = { s->text.p + s->off, len } };
	s->off += len;
	return 1;
}

/* What begins with one mark and ends with the next other one. */
static int take_marked(struct gp_xmlscan *s, size_t begin, const char *end, struct gp_xml_piece *piece,
		       struct gp_err *err)
{
	ssize_t at = gp_str_find(gp_str_skip(rest_of(s), begin), gp_str_of(end));

	if (at < 0)
		return fail_end(s, begin == 2 ? "an instruction" : begin == 4 ? "a comment" : "a CDATA section", err);
	return take(s, begin + (size_t)at + strlen(end), GP_XML_OTHER, piece);
}

static int take_doctype(struct gp_xmlscan *s, struct gp_xml_piece *piece, struct gp_err *err)
{
	struct gp_str rest = rest_of(s);
	size_t n = tag_len(rest, '[');

	if (!n)
		return fail_end(s, "the DOCTYPE", err);
	if (rest.p[n - 1] == '[')
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'%s' line %zu: its DOCTYPE has definitions of its own, entities maybe: refused",
			       s->name, lineno(s));
	return take(s, n, GP_XML_OTHER, piece);
}

static int take_close(struct gp_xmlscan *s, struct gp_xml_piece *piece, struct gp_err *err)
{
	size_t n = tag_len(rest_of(s), '>');

	if (!n)
		return fail_end(s, "a tag", err);
	if (!s->depth)
		return gp_fail(err, GP_E_FORMAT, "'%s' line %zu: an end tag too many", s->name, lineno(s));
	take(s, n, GP_XML_CLOSE, piece);
	piece->name = (struct gp_str){ piece->all.p + 2, n - 3 };
	while (piece->name.len && is_space(piece->name.p[piece->name.len - 1]))
		piece->name.len--;
	piece->depth = --s->depth;
	return 1;
}

static int take_open(struct gp_xmlscan *s, struct gp_xml_piece *piece, struct gp_err *err)
{
	size_t n = tag_len(rest_of(s), '>'), k = 1;
	bool empty;

	if (!n)
		return fail_end(s, "a tag", err);
	if (s->depth == DEPTH_MAX)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' line %zu: more than %d elements in each other", s->name,
			       lineno(s), DEPTH_MAX);
	take(s, n, GP_XML_OPEN, piece);
	empty = n > 2 && piece->all.p[n - 2] == '/';
	n -= empty ? 2 : 1;
	while (k < n && !is_space(piece->all.p[k]))
		k++;
	piece->name = (struct gp_str){ piece->all.p + 1, k - 1 };
	piece->attrs = (struct gp_str){ piece->all.p + k, n - k };
	piece->depth = s->depth;
	if (empty)
		piece->kind = GP_XML_EMPTY;
	else
		s->depth++;
	return 1;
}

static int next_piece(struct gp_xmlscan *s, struct gp_xml_piece *piece, struct gp_err *err)
{
	struct gp_str rest = rest_of(s);
	const char *lt;

	if (*rest.p != '<') {
		lt = memchr(rest.p, '<', rest.len);
		return take(s, lt ? (size_t)(lt - rest.p) : rest.len, GP_XML_TEXT, piece);
	}
	if (gp_str_starts(rest, "<!--"))
		return take_marked(s, 4, "-->", piece, err);
	if (gp_str_starts(rest, "<![CDATA["))
		return take_marked(s, 9, "]]>", piece, err);
	if (gp_str_starts(rest, "<?"))
		return take_marked(s, 2, "?>", piece, err);
	if (gp_str_starts(rest, "<!"))
		return take_doctype(s, piece, err);
	return gp_str_starts(rest, "</") ? take_close(s, piece, err) : take_open(s, piece, err);
}

int gp_xmlscan_next(struct gp_xmlscan *s, struct gp_xml_piece *piece, struct gp_err *err)
{
	size_t from = s->off, max;
	bool tag;

	if (from == s->text.len)
		return s->depth ? fail_end(s, "an element", err) : 0;
	if (next_piece(s, piece, err) < 0)
		return -1;
	tag = piece->kind != GP_XML_TEXT && piece->kind != GP_XML_OTHER;
	max = tag ? TAG_MAX : PIECE_MAX;
	if (piece->all.len <= max)
		return 1;
	s->off = from;
	return gp_fail(err, GP_E_UNSUPPORTED, "'%s' line %zu: %s of more than %zu bytes", s->name, lineno(s),
		       tag ? "a tag" : "a text or a comment", max);
}

/* --- the beginning --- */

/* In these every byte below 128 is that character, wherever it stands. */
static bool known_encoding(struct gp_str e)
{
	static const char *const names[] = { "UTF-8", "US-ASCII", "ASCII", "ISO-8859-1" };

	for (size_t i = 0; i < GP_COUNT(names); i++)
		if (e.len == strlen(names[i]) && strncasecmp(e.p, names[i], e.len) == 0)
			return true;
	return false;
}

static int check_encoding(const struct gp_xmlscan *s, struct gp_err *err)
{
	struct gp_str rest = rest_of(s), name, value;
	ssize_t end = gp_str_find(rest, GP_STR("?>"));

	if (memchr(s->text.p, '\0', s->text.len) || gp_str_starts(s->text, "\xfe\xff") ||
	    gp_str_starts(s->text, "\xff\xfe"))
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is not in UTF-8 (UTF-16 maybe)", s->name);
	if (!gp_str_take(&rest, "<?xml") || end < 5)
		return 0;
	rest.len = (size_t)end - 5;
	while (gp_xml_attr_next(&rest, &name, &value))
		if (gp_str_eq(name, "encoding") && !known_encoding(value))
			return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is in %.*s, not in UTF-8", s->name, (int)value.len,
				       value.p);
	return 0;
}

int gp_xmlscan_init(struct gp_xmlscan *s, struct gp_str text, const char *name, struct gp_err *err)
{
	struct gp_xml_piece piece = { 0 };
	size_t from;
	int rc;

	*s = (struct gp_xmlscan){ .text = text, .name = name };
	if (!text.len)
		return gp_fail(err, GP_E_FORMAT, "'%s' is empty", name);
	s->off = gp_str_starts(text, "\xef\xbb\xbf") ? 3 : 0;
	from = s->off;
	if (check_encoding(s, err) < 0)
		return -1;
	/* All that may stand in front of the first element. */
	do
		rc = gp_xmlscan_next(s, &piece, err);
	while (rc > 0 && (piece.kind == GP_XML_TEXT || piece.kind == GP_XML_OTHER));
	s->off = from;
	s->depth = 0;
	return rc < 0 ? -1 : 0;
}
