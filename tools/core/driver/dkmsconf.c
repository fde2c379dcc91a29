/* SPDX-License-Identifier: MIT */
#include "core/driver/dkmsconf.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define OUR_MARK "# gridpatch: "
#define PATCHES_MARK "# Patches for some kernels only, put here by gridpatch."

#define COMPUTED UINT_MAX /* an index that only a shell knows */

/* "PATCH[12]=" → 10 and 12, "PATCH[$i]=" → 10 and COMPUTED, else 0. */
static size_t array_assign(struct gp_str line, const char *name, unsigned *index)
{
	size_t n = strlen(name);
	ssize_t end;

	*index = 0;
	if (!gp_str_starts(line, name) || n >= line.len || line.p[n] != '[')
		return 0;
	end = gp_str_find(line, GP_STR("]="));
	if (end < 0)
		return 0;
	for (n++; n < (size_t)end && line.p[n] >= '0' && line.p[n] <= '9'; n++)
		*index = *index < 100000 ? *index * 10 + (unsigned)(line.p[n] - '0') : *index;
	if (n < (size_t)end)
		*index = COMPUTED;
	return (size_t)end + 2;
}

/* A "$" or "`" that the shell would put something else for. */
static bool expands(struct gp_str s, size_t i)
{
	if (s.p[i] == '`')
		return true;
	return s.p[i] == '$' && i + 1 < s.len &&
	       (strchr("{(_@*#?!$-", s.p[i + 1]) || isalnum((unsigned char)s.p[i + 1]));
}

/* What the shell takes for the word at the start of s, or NULL: it would have to
 * be asked, or the quote is open. free() it. */
static char *shell_word(struct gp_str s)
{
	struct gp_buf out = { 0 };
	char quote = '\0';
	size_t i;

	gp_buf_puts(&out, "");
	for (i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (quote ? c == quote : c == '"' || c == '\'') {
			quote = quote ? '\0' : c;
		} else if (quote != '\'' && expands(s, i)) {
			break;
		} else if (c == '\\' && quote != '\'' && i + 1 < s.len && (!quote || strchr("$`\"\\", s.p[i + 1]))) {
			gp_buf_putc(&out, s.p[++i]);
		} else if (!quote && strchr(" \t\r;", c)) {
			return gp_buf_detach(&out);
		} else if (!quote && strchr("&|()<>", c)) {
			break;
		} else {
			gp_buf_putc(&out, c);
		}
	}
	if (i == s.len && !quote)
		return gp_buf_detach(&out);
	gp_buf_release(&out);
	return NULL;
}

char *gp_dkms_value(struct gp_str text, const char *name)
{
	size_t n = strlen(name);
	struct gp_str line;
	char *value = NULL;

	while (gp_text_line_next(&text, &line)) {
		line = gp_str_trim(line);
		if (!gp_str_starts(line, name) || line.len == n || line.p[n] != '=')
			continue;
		free(value);
		value = shell_word(gp_str_skip(line, n + 1));
	}
	return value;
}

void gp_dkms_modules(struct gp_str text, struct gp_list *names)
{
	struct gp_str line;
	unsigned index;

	while (gp_text_line_next(&text, &line)) {
		size_t n = array_assign(line = gp_str_trim(line), "BUILT_MODULE_NAME", &index);
		char *name = n ? shell_word(gp_str_skip(line, n)) : NULL;

		if (name && *name && !gp_list_has(names, name))
			gp_list_add(names, name);
		free(name);
	}
}

void gp_dkms_patch_list_release(struct gp_dkms_patch_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].file);
		free(l->v[i].match);
	}
	free(l->v);
	*l = (struct gp_dkms_patch_list){ 0 };
}

void gp_dkms_patch_add(struct gp_dkms_patch_list *l, unsigned index, const char *file, const char *match)
{
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct gp_dkms_patch){ index, gp_strdup(file), gp_strdup(match), true };
}

/* The element with this number; there is one from now on. */
static struct gp_dkms_patch *element(struct gp_dkms_patch_list *l, unsigned index)
{
	size_t at = 0;

	while (at < l->n && l->v[at].index < index)
		at++;
	if (at < l->n && l->v[at].index == index)
		return &l->v[at];
	GP_GROW(l->v, l->n, l->cap);
	memmove(&l->v[at + 1], &l->v[at], (l->n - at) * sizeof(*l->v));
	l->n++;
	l->v[at] = (struct gp_dkms_patch){ .index = index };
	return &l->v[at];
}

/* Behind all: where it stands only a shell knows. */
static struct gp_dkms_patch *one_more(struct gp_dkms_patch_list *l)
{
	return element(l, l->n ? l->v[l->n - 1].index + 1 : 0);
}

/*
 * "PATCH=(a b" … ")", from the beginning of such a line to its end, or that of a later one.
 *
 * Out:    *words: what stands between; *rest: what follows the last line. false: none
 *         begins here, or it has no end.
 */
static bool take_list(struct gp_str line, const char *name, struct gp_str *rest, struct gp_str *words)
{
	struct gp_str all = { line.p, (size_t)(rest->p + rest->len - line.p) }, tail;
	const char *end;

	if (!gp_str_take(&all, name) || !gp_str_take(&all, "=("))
		return false;
	end = memchr(all.p, ')', all.len);
	if (!end)
		return false;
	*words = (struct gp_str){ all.p, (size_t)(end - all.p) };
	tail = gp_str_skip(all, words->len + 1);
	if (end >= rest->p) {
		*rest = tail;
		gp_text_line_next(rest, &tail);
	}
	return true;
}

/* Debian's form: all of an array at once. false: only a shell can tell. */
static bool read_list(struct gp_str words, bool match, struct gp_dkms_patch_list *out)
{
	struct gp_str word;
	bool clear = true;

	for (unsigned i = 0; gp_text_word_next(&words, &word); i++) {
		struct gp_dkms_patch *p = element(out, i);
		char **value = match ? &p->match : &p->file;

		/* The array is another one from here on. */
		clear &= !*value && *word.p != '#';
		free(*value);
		*value = shell_word(word);
		clear &= *value != NULL;
	}
	return clear;
}

/* Read the assignments as far as that is possible. false: some are not clear. */
static bool read_arrays(struct gp_str text, struct gp_dkms_patch_list *out)
{
	static const char *const other[] = { "PATCH=", "PATCH+=", "PATCH_MATCH=", "PATCH_MATCH+=" };
	struct gp_str rest = text, line, words;
	bool clear = true, ours = false;

	while (gp_text_line_next(&rest, &line)) {
		struct gp_dkms_patch *p;
		unsigned index;
		char **value;
		size_t n;

		line = gp_str_trim(line);
		if (take_list(line, "PATCH", &rest, &words) || take_list(line, "PATCH_MATCH", &rest, &words)) {
			clear &= read_list(words, gp_str_starts(line, "PATCH_M"), out);
			continue;
		}
		for (size_t i = 0; i < GP_COUNT(other); i++)
			clear &= !gp_str_starts(line, other[i]);
		n = array_assign(line, "PATCH", &index);
		if (!n && !(n = array_assign(line, "PATCH_MATCH", &index))) {
			ours = gp_str_eq(line, PATCHES_MARK); /* the lines after it */
			continue;
		}
		clear &= index != COMPUTED;
		p = index == COMPUTED ? one_more(out) : element(out, index);
		p->ours = ours;
		value = gp_str_starts(line, "PATCH[") ? &p->file : &p->match;
		free(*value);
		*value = shell_word((struct gp_str){ line.p + n, line.len - n });
		clear &= *value != NULL;
	}
	return clear;
}

/* Expressions without a patch are nothing. */
static void drop_empty(struct gp_dkms_patch_list *l)
{
	size_t keep = 0;

	for (size_t i = 0; i < l->n; i++) {
		struct gp_dkms_patch p = l->v[i];

		if (!p.file) {
			free(p.match);
			continue;
		}
		if (!p.match)
			p.match = gp_strdup("");
		l->v[keep++] = p;
	}
	l->n = keep;
}

int gp_dkms_patches_read(struct gp_str text, struct gp_dkms_patch_list *out, struct gp_err *err)
{
	bool clear;

	*out = (struct gp_dkms_patch_list){ 0 };
	clear = read_arrays(text, out);
	drop_empty(out);
	for (size_t i = 0; i < out->n; i++)
		clear &= out->v[i].index == i;
	if (clear)
		return 0;
	gp_dkms_patch_list_release(out);
	return gp_fail(err, GP_E_UNSUPPORTED,
		       "dkms.conf has PATCH[] lines in a form that gridpatch cannot continue "
		       "(gaps in the numbers, variables, or one appended)");
}

static void list_names(struct gp_str text, bool others_only, struct gp_list *names)
{
	struct gp_dkms_patch_list l = { 0 };

	read_arrays(text, &l);
	for (size_t i = 0; i < l.n; i++)
		if (l.v[i].file && *l.v[i].file && !(others_only && l.v[i].ours))
			gp_list_add(names, l.v[i].file);
	gp_dkms_patch_list_release(&l);
}

void gp_dkms_patches(struct gp_str text, struct gp_list *names)
{
	list_names(text, false, names);
}

void gp_dkms_patches_of_others(struct gp_str text, struct gp_list *names)
{
	list_names(text, true, names);
}

/* In single quotes, for a shell. */
static void put_quoted(const char *s, struct gp_buf *out)
{
	gp_buf_putc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			gp_buf_puts(out, "'\\'");
		gp_buf_putc(out, *s);
	}
	gp_buf_putc(out, '\'');
}

void gp_dkms_patches_put(struct gp_str text, const struct gp_dkms_patch_list *l, struct gp_buf *out)
{
	gp_buf_add(out, text.p, text.len);
	if (!l->n)
		return;
	if (text.len && text.p[text.len - 1] != '\n')
		gp_buf_putc(out, '\n');
	gp_buf_puts(out, PATCHES_MARK "\n");
	for (size_t i = 0; i < l->n; i++) {
		gp_buf_printf(out, "PATCH[%u]=\"%s\"\nPATCH_MATCH[%u]=", l->v[i].index, l->v[i].file, l->v[i].index);
		put_quoted(l->v[i].match, out);
		gp_buf_putc(out, '\n');
	}
}

void gp_dkms_regex_of(const struct gp_list *releases, struct gp_buf *out)
{
	gp_buf_puts(out, releases->n > 1 ? "^(" : "^");
	for (size_t i = 0; i < releases->n; i++) {
		if (i)
			gp_buf_putc(out, '|');
		for (const char *p = releases->v[i]; *p; p++) {
			if (*p == '.' || *p == '+') /* what a release may hold and an expression means */
				gp_buf_putc(out, '\\');
			gp_buf_putc(out, *p);
		}
	}
	gp_buf_puts(out, releases->n > 1 ? ")$" : "$");
}

void gp_dkms_drop_patches(struct gp_str text, struct gp_buf *out)
{
	struct gp_str rest = text, line;

	while (gp_text_line_next(&rest, &line)) {
		struct gp_str t = gp_str_trim(line), words;
		unsigned index;

		if (take_list(t, "PATCH", &rest, &words) || take_list(t, "PATCH_MATCH", &rest, &words))
			continue;
		if (array_assign(t, "PATCH", &index) || array_assign(t, "PATCH_MATCH", &index) ||
		    gp_str_eq(t, PATCHES_MARK))
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
 * none of no's. A digit that continues no forbidden number may be followed by
 * anything; one that completes a forbidden number, and begins no longer one, by
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
		if (line[i].and_later &&
		    (!min || line[i].major < min->major || (line[i].major == min->major && line[i].minor < min->minor)))
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
static void put_majors(const struct gp_kline *line, size_t n, unsigned end, struct numbers *seen, bool *first,
		       struct gp_buf *out)
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

static void put_last_major(const struct gp_kline *line, size_t n, const struct gp_kline *end, bool *first,
			   struct gp_buf *out)
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

	gp_assert(n);
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

void gp_dkms_regex_also(const struct gp_kline *line, const char *tail, struct gp_buf *out)
{
	gp_buf_printf(out, "^%u\\.%u(%s)$", line->major, line->minor, tail);
}

void gp_dkms_regex_only(const struct gp_kline *line, struct gp_buf *out)
{
	gp_buf_printf(out, "^%u\\.%u([^0-9].*)?$", line->major, line->minor);
}

bool gp_dkms_set_exclusive(struct gp_str text, const char *regex, const char *why, struct gp_buf *out)
{
	struct gp_str rest = text, line;
	bool ours = false, foreign = false;

	while (gp_text_line_next(&rest, &line)) {
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
