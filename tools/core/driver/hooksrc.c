/* SPDX-License-Identifier: MIT */
#include "core/driver/hooksrc.h"

#include <string.h>

#include "base/text.h"
#include "base/digest.h"

#define HOOKS_C "vgpu_unlock_hooks.c"
#define KERN_LD "kern.ld"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Read up to n bytes of "0x46, 0x4f, …" after p; how many there were. */
static size_t bytes_read(struct gp_str s, unsigned char *out, size_t n)
{
	size_t got = 0;

	for (size_t i = 0; i + 3 < s.len && got < n && s.p[i] != '}'; i++) {
		int hi, lo;

		if (s.p[i] != '0' || (s.p[i + 1] | 0x20) != 'x')
			continue;
		hi = hex_digit(s.p[i + 2]);
		lo = hex_digit(s.p[i + 3]);
		if (hi < 0 || lo < 0)
			break;
		out[got++] = (unsigned char)(hi * 16 + lo);
		i += 3;
	}
	return got;
}

enum gp_hooks_table gp_hooks_table(struct gp_str text)
{
	static const unsigned char older[16] = { 0x46, 0x4f, 0x39, 0x49, 0x74, 0x91, 0xd7, 0x0f,
						 0xbc, 0x65, 0xc2, 0x70, 0xdd, 0xdd, 0x11, 0x54 };
	static const unsigned char newer[16] = { 0x9d, 0x72, 0xd9, 0x06, 0xa6, 0x20, 0xf4, 0x39,
						 0xe1, 0x11, 0x7d, 0x17, 0xb4, 0x53, 0x1d, 0x73 };
	static const char name[] = "vgpu_unlock_magic_sacrifice[";
	ssize_t at = gp_str_find(text, gp_str_of(name));
	unsigned char found[16];
	struct gp_str rest;
	ssize_t brace;

	if (at < 0)
		return GP_TABLE_UNKNOWN;
	rest = (struct gp_str){ text.p + at, text.len - (size_t)at };
	brace = gp_str_find(rest, GP_STR("{"));
	if (brace < 0)
		return GP_TABLE_UNKNOWN;
	rest.p += brace;
	rest.len -= (size_t)brace;
	if (bytes_read(rest, found, sizeof(found)) != sizeof(found))
		return GP_TABLE_UNKNOWN;
	return memcmp(found, older, 16) == 0 ? GP_TABLE_OLDER :
	       memcmp(found, newer, 16) == 0 ? GP_TABLE_NEWER :
					       GP_TABLE_UNKNOWN;
}

const char *gp_hooks_table_name(enum gp_hooks_table t)
{
	return t == GP_TABLE_OLDER ? "older" : t == GP_TABLE_NEWER ? "newer" : "unknown";
}

bool gp_hooks_known(struct gp_str text)
{
	char sum[GP_SHA256_HEX];

	gp_sha256_hex(text.p, text.len, sum);
	return strcmp(sum, GP_HOOKS_SHA256) == 0 || strcmp(sum, GP_HOOKS_NEWER_SHA256) == 0;
}

/* How far the top of a C file reaches: comments, blank lines, directives. */
struct top {
	bool in_comment, continued;
	unsigned depth; /* of #if */
};

enum line_kind { LINE_OTHER, LINE_INCLUDE, LINE_CODE };

/* Skip comments at the start of a line; what is left is its first token. */
static struct gp_str skip_comments(struct top *t, struct gp_str line)
{
	for (;;) {
		ssize_t end = t->in_comment ? gp_str_find(line, GP_STR("*/")) : 0;

		if (end < 0)
			return (struct gp_str){ line.p + line.len, 0 };
		if (t->in_comment) {
			line.p += end + 2;
			line.len -= (size_t)end + 2;
			t->in_comment = false;
		}
		line = gp_str_trim(line);
		if (!gp_str_starts(line, "/*"))
			return gp_str_starts(line, "//") ? (struct gp_str){ line.p, 0 } : line;
		t->in_comment = true;
		line.p += 2;
		line.len -= 2;
	}
}

/* Does a directive line open a comment that it does not close? Strings and
 * line comments hide what looks like one. */
static bool opens_comment(struct gp_str line)
{
	char in = 0; /* '"' in a string, '*' in a comment */

	for (size_t i = 0; i < line.len; i++) {
		bool pair = i + 1 < line.len;

		if (in == '"') {
			if (line.p[i] == '\\')
				i++;
			else if (line.p[i] == '"')
				in = 0;
		} else if (in == '*') {
			if (pair && line.p[i] == '*' && line.p[i + 1] == '/') {
				in = 0;
				i++;
			}
		} else if (pair && line.p[i] == '/' && line.p[i + 1] == '/') {
			break;
		} else if (pair && line.p[i] == '/' && line.p[i + 1] == '*') {
			in = '*';
			i++;
		} else if (line.p[i] == '"') {
			in = '"';
		}
	}
	return in == '*';
}

static enum line_kind directive(struct top *t, struct gp_str line)
{
	struct gp_str word = gp_str_trim((struct gp_str){ line.p + 1, line.len - 1 });

	t->in_comment = opens_comment(line);
	t->continued = gp_str_ends(line, "\\");
	if (gp_str_starts(word, "if"))
		t->depth++;
	else if (gp_str_starts(word, "endif") && t->depth)
		t->depth--;
	else if (gp_str_starts(word, "include") && !t->depth)
		return LINE_INCLUDE;
	return LINE_OTHER;
}

static enum line_kind classify(struct top *t, struct gp_str line)
{
	if (t->continued) {
		t->continued = gp_str_ends(gp_str_trim(line), "\\");
		return LINE_OTHER;
	}
	line = skip_comments(t, line);
	if (!line.len)
		return LINE_OTHER;
	return line.p[0] == '#' ? directive(t, line) : LINE_CODE;
}

int gp_hooks_place(struct gp_str text, size_t *off, struct gp_err *err)
{
	struct gp_str rest = text, line;
	struct top t = { 0 };

	*off = 0;
	while (gp_text_line_next(&rest, &line)) {
		enum line_kind k = classify(&t, line);

		if (k == LINE_CODE)
			break;
		if (k == LINE_INCLUDE)
			*off = (size_t)(rest.p - text.p);
	}
	if (!*off)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "no #include stands above the code and outside #if: no place for the hooks");
	return 0;
}

/* The line that includes the hooks; empty: none does. */
static struct gp_str include_line(struct gp_str text)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line)) {
		line = gp_str_trim(line);
		if (gp_str_starts(line, "#") && gp_str_find(line, GP_STR("include")) >= 0 &&
		    gp_str_find(line, GP_STR(HOOKS_C)) >= 0)
			return line;
	}
	return (struct gp_str){ "", 0 };
}

bool gp_hooks_included(struct gp_str text)
{
	return include_line(text).len > 0;
}

/* The word that ends with name, and before it reaches back to one of the stops. */
static struct gp_str path_ending(struct gp_str line, struct gp_str name, const char *stops)
{
	ssize_t at = gp_str_find(line, name);
	size_t from = at < 0 ? 0 : (size_t)at;

	if (at < 0)
		return (struct gp_str){ "", 0 };
	while (from && line.p[from - 1] && !strchr(stops, line.p[from - 1]))
		from--;
	return (struct gp_str){ line.p + from, (size_t)at + name.len - from };
}

struct gp_str gp_hooks_include_path(struct gp_str text)
{
	return path_ending(include_line(text), GP_STR(HOOKS_C), "\"<");
}

static struct gp_str link_line(struct gp_str text)
{
	struct gp_str line;

	while (gp_text_line_next(&text, &line)) {
		line = gp_str_trim(line);
		if (!gp_str_starts(line, "#") && gp_str_find(line, GP_STR("-T")) >= 0 &&
		    gp_str_find(line, GP_STR(KERN_LD)) >= 0)
			return line;
	}
	return (struct gp_str){ "", 0 };
}

bool gp_hooks_linked(struct gp_str text)
{
	return link_line(text).len > 0;
}

struct gp_str gp_hooks_link_path(struct gp_str text)
{
	struct gp_str path = path_ending(link_line(text), GP_STR(KERN_LD), " \t\"'=,");

	gp_str_take(&path, "-T"); /* ld takes it with and without a blank */
	return path;
}

struct gp_str gp_module_licence(struct gp_str text)
{
	struct gp_str rest = text, line;

	while (gp_text_line_next(&rest, &line)) {
		ssize_t at = gp_str_find(line, GP_STR("MODULE_LICENSE("));
		struct gp_str arg;
		const char *q;

		if (at < 0)
			continue;
		arg = (struct gp_str){ line.p + at + 15, line.len - (size_t)at - 15 };
		arg = gp_str_trim(arg);
		if (!gp_str_starts(arg, "\""))
			continue;
		q = memchr(arg.p + 1, '"', arg.len - 1);
		if (q)
			return (struct gp_str){ arg.p + 1, (size_t)(q - arg.p - 1) };
	}
	return (struct gp_str){ text.p, 0 };
}
