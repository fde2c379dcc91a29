/* SPDX-License-Identifier: MIT */
#include "core/dkmsconf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define OUR_MARK "# gridpatch: "

/* "PATCH[12]=" → 10, else 0. */
static size_t array_assign(struct gp_str line, const char *name)
{
	size_t n = strlen(name);

	if (!gp_str_starts(line, name) || n >= line.len || line.p[n] != '[')
		return 0;
	for (n++; n < line.len && line.p[n] >= '0' && line.p[n] <= '9';)
		n++;
	return n + 1 < line.len && line.p[n] == ']' && line.p[n + 1] == '=' ? n + 2 : 0;
}

/* What the shell would take: up to the closing quote, or to the first blank. */
static struct gp_str first_word(struct gp_str s)
{
	const char *end;
	struct gp_str word;

	if (s.len && (s.p[0] == '"' || s.p[0] == '\'')) {
		end = memchr(s.p + 1, s.p[0], s.len - 1);
		return end ? (struct gp_str){ s.p + 1, (size_t)(end - s.p - 1) } : (struct gp_str){ s.p, 0 };
	}
	gp_word_next(&s, &word);
	return word;
}

void gp_dkms_patches(struct gp_str text, struct gp_list *names)
{
	struct gp_str rest = text, line;

	while (gp_line_next(&rest, &line)) {
		size_t n;

		line = gp_str_trim(line);
		n = array_assign(line, "PATCH");
		if (!n)
			continue;
		line.p += n;
		line.len -= n;
		line = first_word(line);
		if (line.len)
			gp_list_take(names, gp_strndup(line.p, line.len));
	}
}

void gp_dkms_drop_patches(struct gp_str text, struct gp_buf *out)
{
	struct gp_str rest = text, line;

	while (gp_line_next(&rest, &line)) {
		struct gp_str t = gp_str_trim(line);

		if (array_assign(t, "PATCH") || array_assign(t, "PATCH_MATCH"))
			continue;
		gp_buf_add(out, line.p, (size_t)(rest.p - line.p));
	}
}

/* Decimal numbers (no leading zeros) as strings, sorted, for one prefix. */
struct numbers {
	char s[64][8];
	size_t n;
};

static bool has_suffix_starting(const struct numbers *no, const char *prefix, char digit)
{
	size_t len = strlen(prefix);

	for (size_t i = 0; i < no->n; i++)
		if (strncmp(no->s[i], prefix, len) == 0 && no->s[i][len] == digit)
			return true;
	return false;
}

static bool is_member(const struct numbers *no, const char *s)
{
	for (size_t i = 0; i < no->n; i++)
		if (strcmp(no->s[i], s) == 0)
			return true;
	return false;
}

/* "[02-9]" of the digits in set (a bit each); "2" of a single one. */
static void put_class(unsigned set, struct gp_buf *out)
{
	bool single = (set & (set - 1)) == 0;

	if (!single)
		gp_buf_putc(out, '[');
	for (int d = 0; d <= 9; d++) {
		int end = d;

		if (!(set >> d & 1))
			continue;
		while (end < 9 && set >> (end + 1) & 1)
			end++;
		gp_buf_printf(out, end == d ? "%d" : end == d + 1 ? "%d%d" : "%d-%d", d, end);
		d = end;
	}
	if (!single)
		gp_buf_putc(out, ']');
}

static void put_branch(const char *prefix, unsigned set, const char *rest, bool *first, struct gp_buf *out)
{
	if (!set)
		return;
	gp_buf_printf(out, "%s%s", *first ? "" : "|", prefix);
	put_class(set, out);
	gp_buf_puts(out, rest);
	*first = false;
}

/* Append alternatives for what may follow prefix so that the whole number is
 * none of no's. A digit that no forbidden number goes on with may be followed
 * by anything; one that completes a forbidden number and no longer one, by
 * anything but nothing; the others are looked at one digit further. */
static void except_after(const struct numbers *no, const char *prefix, bool *first, struct gp_buf *out)
{
	size_t len = strlen(prefix);
	unsigned free_set = 0, leaf_set = 0, deep_set = 0;
	char next[16];

	for (int d = 0; d <= 9; d++) {
		bool deeper = false;

		snprintf(next, sizeof(next), "%s%d", prefix, d);
		for (int e = '0'; e <= '9'; e++)
			deeper |= has_suffix_starting(no, next, (char)e);
		if (!has_suffix_starting(no, prefix, (char)('0' + d)))
			free_set |= 1u << d;
		else if (!deeper)
			leaf_set |= 1u << d;
		else
			deep_set |= 1u << d;
	}
	if (len && !is_member(no, prefix)) {
		gp_buf_printf(out, "%s%s", *first ? "" : "|", prefix);
		*first = false;
	}
	put_branch(prefix, free_set, "[0-9]*", first, out);
	put_branch(prefix, leaf_set, "[0-9]+", first, out);
	for (int d = 0; d <= 9 && len < sizeof(no->s[0]); d++) {
		if (!(deep_set >> d & 1))
			continue;
		snprintf(next, sizeof(next), "%s%d", prefix, d);
		except_after(no, next, first, out);
	}
}

static void put_except(const struct numbers *no, struct gp_buf *out)
{
	bool first = true;

	if (!no->n) {
		gp_buf_puts(out, "[0-9]+");
		return;
	}
	gp_buf_putc(out, '(');
	except_after(no, "", &first, out);
	gp_buf_putc(out, ')');
}

static void numbers_add(struct numbers *no, unsigned v)
{
	char s[16];

	snprintf(s, sizeof(s), "%u", v);
	if (no->n < GP_COUNT(no->s) && strlen(s) < sizeof(no->s[0]) && !is_member(no, s))
		snprintf(no->s[no->n++], sizeof(no->s[0]), "%.7s", s);
}

/* The first line from which on everything is excluded, if there is one. */
static const struct gp_kline *open_end(const struct gp_kline *line, size_t n)
{
	const struct gp_kline *min = NULL;

	for (size_t i = 0; i < n; i++)
		if (line[i].and_later && (!min || line[i].major < min->major ||
		    (line[i].major == min->major && line[i].minor < min->minor)))
			min = &line[i];
	return min;
}

static bool excluded(const struct gp_kline *line, size_t n, unsigned major, unsigned minor)
{
	for (size_t i = 0; i < n; i++)
		if (!line[i].and_later && line[i].major == major && line[i].minor == minor)
			return true;
	return false;
}

/* Majors below the open end, each with the minors that remain. */
static void put_majors(const struct gp_kline *line, size_t n, unsigned end, struct numbers *seen,
		       bool *first, struct gp_buf *out)
{
	for (unsigned major = 0; major < end; major++) {
		struct numbers no = { .n = 0 };

		for (size_t i = 0; i < n; i++)
			if (!line[i].and_later && line[i].major == major)
				numbers_add(&no, line[i].minor);
		if (!no.n)
			continue;
		gp_buf_printf(out, "%s%u\\.", *first ? "" : "|", major);
		put_except(&no, out);
		numbers_add(seen, major);
		*first = false;
	}
}

static void put_last_major(const struct gp_kline *line, size_t n, const struct gp_kline *end,
			   bool *first, struct gp_buf *out)
{
	bool any = false;

	for (unsigned minor = 0; minor < end->minor; minor++) {
		if (excluded(line, n, end->major, minor))
			continue;
		if (!any)
			gp_buf_printf(out, "%s%u\\.(%u", *first ? "" : "|", end->major, minor);
		else
			gp_buf_printf(out, "|%u", minor);
		any = true;
	}
	if (any) {
		gp_buf_putc(out, ')');
		*first = false;
	}
}

/* Whole majors below the open end; majors have one digit before 10.0. */
static void put_older_majors(const struct numbers *seen, unsigned end, bool *first, struct gp_buf *out)
{
	unsigned set = 0;

	for (unsigned major = 0; major < end && major < 10; major++) {
		char s[2] = { (char)('0' + major), '\0' };

		if (!is_member(seen, s))
			set |= 1u << major;
	}
	put_branch("", set, "\\.[0-9]+", first, out);
}

void gp_dkms_regex_except(const struct gp_kline *line, size_t n, struct gp_buf *out)
{
	const struct gp_kline *end = open_end(line, n);
	struct numbers seen = { .n = 0 };
	unsigned max = 0;
	bool first = true;

	for (size_t i = 0; i < n; i++)
		max = line[i].major > max ? line[i].major : max;
	gp_buf_puts(out, "^(");
	put_majors(line, n, end ? end->major : max + 1, &seen, &first, out);
	if (end) {
		put_last_major(line, n, end, &first, out);
		put_older_majors(&seen, end->major, &first, out);
	} else {
		gp_buf_puts(out, first ? "" : "|");
		put_except(&seen, out);
		gp_buf_puts(out, "\\.[0-9]+");
	}
	gp_buf_puts(out, ")([^0-9].*)?$");
}

bool gp_dkms_set_exclusive(struct gp_str text, const char *regex, const char *why, struct gp_buf *out)
{
	struct gp_str rest = text, line;
	bool ours = false, foreign = false;

	while (gp_line_next(&rest, &line)) {
		bool exclusive = gp_str_starts(gp_str_trim(line), "BUILD_EXCLUSIVE_KERNEL=");

		if (gp_str_starts(line, OUR_MARK)) {
			ours = true;
			continue;
		}
		if (exclusive && ours) {
			ours = false;
			continue;
		}
		foreign |= exclusive;
		gp_buf_add(out, line.p, (size_t)(rest.p - line.p));
	}
	if (foreign || !regex)
		return !foreign;
	if (out->len && out->data[out->len - 1] != '\n')
		gp_buf_putc(out, '\n');
	gp_buf_printf(out, OUR_MARK "%s\nBUILD_EXCLUSIVE_KERNEL='%s'\n", why, regex);
	return true;
}
