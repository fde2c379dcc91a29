/* SPDX-License-Identifier: MIT */
#include "core/driver/unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"

/* A stretch of the text: bytes [off, end). */
struct span {
	size_t off, end;
};

/* A word of a value. */
struct word {
	struct span raw;     /* as it stands in the text, with quotes */
	size_t value;        /* where that begins what follows its first '=', or 0 */
	struct gp_buf plain; /* without quotes */
	bool escape;         /* one that is not read here: \x5f, say */
};

/* What counts after all of the unit's lines. */
struct found {
	size_t service_end; /* behind the last line of the last [Service] that says something; 0: none */
	bool crlf;          /* that line ended so */
	struct word preload, exec;
	bool has_preload, unset;
	bool open;      /* that line goes on, and the text does not */
	unsigned execs; /* commands of ExecStart= */
};

static void word_release(struct word *w)
{
	gp_buf_release(&w->plain);
	*w = (struct word){ 0 };
}

static void found_release(struct found *f)
{
	word_release(&f->preload);
	word_release(&f->exec);
}

/* --- lines --- */

static size_t line_end(struct gp_str text, size_t off)
{
	const char *nl = memchr(text.p + off, '\n', text.len - off);

	return nl ? (size_t)(nl - text.p) : text.len;
}

static struct gp_str piece(struct gp_str text, size_t off, size_t end)
{
	return (struct gp_str){ text.p + off, end - off };
}

/* Blank or a comment, whatever it ends in? */
static bool says_nothing(struct gp_str line)
{
	struct gp_str s = gp_str_trim(line);

	return !s.len || *s.p == '#' || *s.p == ';';
}

static bool goes_on(struct gp_str line)
{
	size_t n = 0;

	line = gp_str_no_cr(line);
	while (n < line.len && line.p[line.len - 1 - n] == '\\')
		n++;
	return n % 2; /* "\\\\" is a backslash */
}

/* The next line that says something, with those that continue it; *off is moved behind it.
 * *open: the text ends where it would go on. */
static bool next_line(struct gp_str text, size_t *off, struct span *line, bool *open)
{
	while (*off < text.len) {
		size_t end = line_end(text, *off);
		bool on = goes_on(piece(text, *off, end));

		if (says_nothing(piece(text, *off, end))) {
			*off = end + 1;
			continue;
		}
		line->off = *off;
		while (on && end + 1 < text.len) {
			size_t start = end + 1;
			struct gp_str more;

			end = line_end(text, start);
			more = piece(text, start, end);
			/* A comment in between ends nothing; a blank line does. */
			on = goes_on(more) || (gp_str_trim(more).len && says_nothing(more));
		}
		line->end = end;
		*open = on;
		*off = end + 1;
		return true;
	}
	return false;
}

/* --- words --- */

/* At a backslash that continues the line: the place behind it and the comments that follow;
 * else 0. */
static size_t behind_break(struct gp_str text, size_t off, size_t end)
{
	size_t at = off + 1;

	if (text.p[off] != '\\')
		return 0;
	at += at < end && text.p[at] == '\r';
	if (at >= end || text.p[at] != '\n')
		return at >= end ? end : 0;
	at++;
	while (at < end) {
		size_t stop = line_end(text, at);
		struct gp_str s = gp_str_trim(piece(text, at, stop));

		if (!s.len || (*s.p != '#' && *s.p != ';'))
			break;
		at = stop < end ? stop + 1 : end;
	}
	return at;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t skip_blanks(struct gp_str text, size_t off, size_t end)
{
	while (off < end) {
		size_t next = behind_break(text, off, end);

		if (!next && !is_blank(text.p[off]))
			break;
		off = next ? next : off + 1;
	}
	return off;
}

/* 1 a word, 0 none is left, -1 a quote stays open. */
static int next_word(struct gp_str text, size_t *off, size_t end, struct word *w)
{
	char quote = 0;
	size_t at = skip_blanks(text, *off, end), next;

	word_release(w);
	w->raw.off = at;
	for (; at < end; at = next) {
		char c = text.p[at];
		size_t brk = behind_break(text, at, end);

		next = brk ? brk : at + 1;
		if (!quote && (brk || is_blank(c)))
			break;
		if (brk) {
			gp_buf_putc(&w->plain, ' ');
		} else if (c == quote || (!quote && (c == '"' || c == '\''))) {
			quote = quote ? 0 : c;
		} else {
			if (c == '\\' && next < end) {
				c = text.p[next++];
				w->escape |= !strchr("\\\"'", c);
			} else if (c == '=' && !w->value) {
				w->value = next;
			}
			gp_buf_putc(&w->plain, c);
		}
	}
	w->raw.end = at;
	*off = at;
	if (quote)
		return -1;
	return at > w->raw.off;
}

/* --- what the lines say --- */

static int bad_line(struct gp_str text, const struct span *at, const char *why, struct gp_err *err)
{
	unsigned lineno = 1;

	for (size_t i = 0; i < at->off; i++)
		lineno += text.p[i] == '\n';
	return gp_fail(err, GP_E_UNSUPPORTED, "line %u: %s", lineno, why);
}

static int open_quote(struct gp_str text, const struct span *at, struct gp_err *err)
{
	return bad_line(text, at, "a quote is not closed", err);
}

/* systemd reads more escapes than are read here, and passes over the line for one that it does not know. */
static int strange_escape(struct gp_str text, const struct span *at, struct gp_err *err)
{
	return bad_line(text, at, "it has an escape other than of a quote or a backslash", err);
}

static void keep(struct word *to, struct word *w)
{
	word_release(to);
	*to = *w;
	*w = (struct word){ 0 };
}

static int take_environment(struct gp_str text, const struct span *value, struct found *f, struct gp_err *err)
{
	gp_auto(word_release) struct word w = { 0 };
	size_t off = value->off, n = 0;
	int rc;

	while ((rc = next_word(text, &off, value->end, &w)) > 0) {
		n++;
		if (w.escape)
			return strange_escape(text, value, err);
		if (!gp_str_starts(gp_buf_str(&w.plain), "LD_PRELOAD="))
			continue;
		f->has_preload = true;
		keep(&f->preload, &w);
	}
	if (!n)
		f->has_preload = false;
	return rc < 0 ? open_quote(text, value, err) : 0;
}

static int take_exec(struct gp_str text, const struct span *value, struct found *f, struct gp_err *err)
{
	gp_auto(word_release) struct word w = { 0 };
	size_t off = value->off, n = 0;
	int rc;

	while ((rc = next_word(text, &off, value->end, &w)) > 0) {
		f->execs += n == 0 || gp_str_eq(gp_buf_str(&w.plain), ";");
		if (n++ == 0)
			keep(&f->exec, &w);
	}
	if (!n)
		f->execs = 0;
	return rc < 0 ? open_quote(text, value, err) : 0;
}

static int take_unset(struct gp_str text, const struct span *value, struct found *f, struct gp_err *err)
{
	gp_auto(word_release) struct word w = { 0 };
	size_t off = value->off, n = 0;
	int rc;

	while ((rc = next_word(text, &off, value->end, &w)) > 0) {
		n++;
		if (w.escape)
			return strange_escape(text, value, err);
		f->unset |= gp_str_eq(gp_buf_str(&w.plain), "LD_PRELOAD");
	}
	f->unset &= n > 0;
	return rc < 0 ? open_quote(text, value, err) : 0;
}

static int take_line(struct gp_str text, const struct span *line, struct found *f, struct gp_err *err)
{
	const char *eq = memchr(text.p + line->off, '=', line->end - line->off);
	struct span value = { eq ? (size_t)(eq - text.p) + 1 : line->end, line->end };
	struct gp_str name = gp_str_trim(piece(text, line->off, eq ? value.off - 1 : line->end));

	if (!eq)
		return 0;
	if (gp_str_eq(name, "Environment"))
		return take_environment(text, &value, f, err);
	if (gp_str_eq(name, "UnsetEnvironment"))
		return take_unset(text, &value, f, err);
	return gp_str_eq(name, "ExecStart") ? take_exec(text, &value, f, err) : 0;
}

static int look(struct gp_str text, struct found *f, struct gp_err *err)
{
	struct span line;
	bool service = false, open = false;
	size_t off = 0;

	if (gp_text_nul_line(text))
		return gp_fail(err, GP_E_UNSUPPORTED, "line %zu has a NUL byte", gp_text_nul_line(text));
	while (next_line(text, &off, &line, &open)) {
		struct gp_str s = gp_str_trim(piece(text, line.off, line.end));

		if (*s.p == '[')
			service = gp_str_eq(s, "[Service]");
		else if (service && take_line(text, &line, f, err) < 0)
			return -1;
		if (!service)
			continue;
		f->service_end = line.end;
		f->open = open;
		f->crlf = line.end < text.len && text.p[line.end - 1] == '\r';
	}
	return 0;
}

/* --- paths in a word --- */

/* The entry of the list that has this last part. */
static bool find_entry(struct gp_str list, const char *base, struct gp_str *entry)
{
	for (size_t off = 0, end; off < list.len; off = end + 1) {
		end = off;
		while (end < list.len && list.p[end] != ':' && !is_blank(list.p[end]))
			end++;
		*entry = piece(list, off, end);
		if (entry->len > strlen(base) && gp_str_ends(*entry, base) &&
		    entry->p[entry->len - strlen(base) - 1] == '/')
			return true;
	}
	return false;
}

/* The program of ExecStart=, without the characters in front of it. */
static struct gp_str program(const struct found *f)
{
	struct gp_str s = gp_buf_str(&f->exec.plain);
	size_t n = 0;

	while (n < s.len && strchr("@-:+!|", s.p[n]))
		n++;
	return gp_str_skip(s, n);
}

static int check_exec(const struct found *f, struct gp_err *err)
{
	if (f->execs == 1)
		return 0;
	return gp_fail(err, GP_E_UNSUPPORTED, "it has %s ExecStart= in its [Service]",
		       f->execs ? "more than one command in" : "no");
}

static int entry_of(const struct found *f, enum gp_half half, const char *base, struct gp_str *entry,
		    struct gp_err *err)
{
	if (half == GP_HALF_SCRIPT)
		return check_exec(f, err) < 0 ? -1 : find_entry(program(f), base, entry);
	return f->has_preload && !f->unset &&
	       find_entry(gp_str_skip(gp_buf_str(&f->preload.plain), strlen("LD_PRELOAD=")), base, entry);
}

int gp_unit_uses(struct gp_str text, enum gp_half half, const char *base, char **path, struct gp_err *err)
{
	gp_auto(found_release) struct found f = { 0 };
	struct gp_str entry;
	int is;

	*path = NULL;
	if (look(text, &f, err) < 0)
		return -1;
	is = entry_of(&f, half, base, &entry, err);
	if (is > 0)
		*path = gp_strndup(entry.p, entry.len);
	return is < 0 ? -1 : 0;
}

/* --- changing it --- */

static void replace(struct gp_str text, const struct span *what, const char *with, struct gp_buf *out)
{
	gp_buf_add(out, text.p, what->off);
	gp_buf_puts(out, with);
	gp_buf_add(out, text.p + what->end, text.len - what->end);
}

/* Another place of the same file: the entry must stand in the word as it is. */
static int move_entry(struct gp_str text, const struct word *w, struct gp_str entry, const char *path,
		      struct gp_buf *out, struct gp_err *err)
{
	ssize_t at = gp_str_find(piece(text, w->raw.off, w->raw.end), entry);
	struct span old = { w->raw.off + (size_t)at, w->raw.off + (size_t)at + entry.len };

	if (at < 0)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%.*s' is written there in a way that cannot be changed",
			       (int)(entry.len < 200 ? entry.len : 200), entry.p);
	replace(text, &old, path, out);
	return 0;
}

/* A line of its own, where it counts: behind all that the section says. */
static int add_line(struct gp_str text, const struct found *f, const char *path, struct gp_buf *out, struct gp_err *err)
{
	const char *nl = f->crlf ? "\r\n" : "\n";
	gp_auto(gp_free_ptr) char *line = NULL;
	struct span at = { f->service_end, f->service_end };

	if (!f->service_end)
		return gp_fail(err, GP_E_UNSUPPORTED, "it has no [Service] section");
	if (f->unset)
		return gp_fail(err, GP_E_UNSUPPORTED, "its UnsetEnvironment= takes LD_PRELOAD away");
	if (f->open)
		return gp_fail(err, GP_E_UNSUPPORTED, "the last line of its [Service] ends in a backslash");
	if (f->crlf)
		at.off = --at.end;
	line = gp_asprintf("%sEnvironment=LD_PRELOAD=%s%s", nl, path, at.end < text.len ? "" : nl);
	replace(text, &at, line, out);
	return 0;
}

/* In front of what is preloaded already: no quote of theirs is touched. */
static void add_entry(struct gp_str text, const struct found *f, const char *path, struct gp_buf *out)
{
	bool empty = f->preload.plain.len == strlen("LD_PRELOAD=");
	gp_auto(gp_free_ptr) char *more = gp_asprintf("%s%s", path, empty ? "" : ":");
	struct span at = { f->preload.value, f->preload.value };

	gp_assert(f->preload.value); /* its "=" is no escape */
	replace(text, &at, more, out);
}

static int add_wrapper(struct gp_str text, const struct found *f, const char *path, struct gp_buf *out,
		       struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *more = gp_asprintf("%s ", path);
	struct gp_str word = gp_buf_str(&f->exec.plain);
	size_t prefix = word.len - program(f).len;
	struct span at = { f->exec.raw.off + prefix, f->exec.raw.off + prefix };

	if (prefix == word.len || gp_str_find((struct gp_str){ word.p, prefix }, GP_STR("@")) >= 0 ||
	    (prefix && strchr("\"'", text.p[f->exec.raw.off])))
		return gp_fail(err, GP_E_UNSUPPORTED, "its ExecStart= '%.*s' cannot have a program in front of it",
			       (int)(word.len < 80 ? word.len : 80), word.p);
	replace(text, &at, more, out);
	return 0;
}

int gp_unit_use(struct gp_str text, enum gp_half half, const char *path, struct gp_buf *out, struct gp_err *err)
{
	gp_auto(found_release) struct found f = { 0 };
	struct gp_str entry;
	int is;

	if (look(text, &f, err) < 0)
		return -1;
	is = entry_of(&f, half, gp_path_base(path), &entry, err);
	if (is < 0)
		return -1;
	if (is && gp_str_eq(entry, path)) {
		gp_buf_add(out, text.p, text.len);
		return 0;
	}
	if (is)
		return move_entry(text, half == GP_HALF_SCRIPT ? &f.exec : &f.preload, entry, path, out, err);
	if (half == GP_HALF_SCRIPT)
		return add_wrapper(text, &f, path, out, err);
	if (!f.has_preload || f.unset)
		return add_line(text, &f, path, out, err);
	add_entry(text, &f, path, out);
	return 0;
}
