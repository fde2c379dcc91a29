/* SPDX-License-Identifier: MIT */
/*
 * A patch is read line by line. Header lines are only remembered (as slices of
 * the text) until a "@@" line shows that they were headers and not prose; git's
 * headers may stand alone and are then turned into a file by git_flush().
 */
#include "core/diff/diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"

/* Leaves room for sums of a start, a count and an offset. */
#define MAX_LINENO ((uint64_t)INT64_MAX / 4)

/* Header lines seen since the last hunk; p is NULL when a line was not there. */
struct pending {
	struct gp_str old_name, new_name, index;
	struct gp_str git, from, to;
	bool in_ext;     /* the previous line belonged to git's header */
	bool has_op;     /* git's header said create, delete, rename or copy */
	bool has_mode;
	bool crlf;
	enum gp_file_op op;
	int old_mode, new_mode;
	size_t lineno;   /* of the first of them, 0 none */
};

struct parser {
	struct gp_str rest;
	struct gp_str line;  /* without '\n' */
	size_t lineno;
	size_t star_lineno;  /* last "*** " line */
	size_t ed_lineno;    /* first line like an ed command, 0 none */
	struct pending head;
	struct gp_diff *out;
	struct gp_err *err;
};

static bool next_line(struct parser *p)
{
	if (!gp_line_next(&p->rest, &p->line))
		return false;
	p->lineno++;
	return true;
}

static struct gp_str skip(struct gp_str s, size_t n)
{
	return (struct gp_str){ s.p + n, s.len - n };
}

static struct gp_str without_cr(struct gp_str s)
{
	if (s.len && s.p[s.len - 1] == '\r')
		s.len--;
	return s;
}

static int malformed(struct parser *p)
{
	size_t n = p->line.len < 60 ? p->line.len : 60;

	while (n < p->line.len && n && ((unsigned char)p->line.p[n] & 0xc0) == 0x80)
		n--; /* between two characters of UTF-8 */
	return gp_fail(p->err, GP_E_FORMAT, "malformed patch at line %zu: '%.*s%s'",
		       p->lineno, (int)n, p->line.p, n < p->line.len ? "…" : "");
}

static int unsupported(struct parser *p, const char *what)
{
	return gp_fail(p->err, GP_E_UNSUPPORTED, "%s at line %zu is not supported", what,
		       p->lineno);
}

static void head_reset(struct parser *p)
{
	p->head = (struct pending){ .old_mode = -1, .new_mode = -1 };
}

static void head_began(struct parser *p)
{
	if (!p->head.lineno)
		p->head.lineno = p->lineno;
}

/* --- names ------------------------------------------------------------- */

static int octal_digit(struct gp_str s, size_t i)
{
	return i < s.len && s.p[i] >= '0' && s.p[i] <= '7' ? s.p[i] - '0' : -1;
}

/* One escape of a C string at s[*i], behind the backslash; -1 when unknown. */
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
	*s = skip(*s, i + 1);
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

/* Two digits at *s, or -1. */
static int two_digits(const char *s)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return -1;
	return (s[0] - '0') * 10 + s[1] - '0';
}

/* Is it "1970-01-01 00:00:00[.0…] +0000", or the same moment in another zone? */
static bool is_epoch(struct gp_str stamp)
{
	struct gp_str s = gp_str_trim(stamp);
	bool before = gp_str_starts(s, "1969-12-31 ");
	int h, m, sec, zh = 0, zm = 0, zone;

	if ((!before && !gp_str_starts(s, "1970-01-01 ")) || s.len < 19)
		return false;
	h = two_digits(s.p + 11);
	m = two_digits(s.p + 14);
	sec = two_digits(s.p + 17);
	if (h < 0 || m < 0 || sec < 0)
		return false;
	if (s.len >= 25 && (s.p[s.len - 5] == '+' || s.p[s.len - 5] == '-')) {
		zh = two_digits(s.p + s.len - 4);
		zm = two_digits(s.p + s.len - 2);
	}
	zone = zh * 3600 + zm * 60;
	if (s.p[s.len - 5] == '-')
		zone = -zone;
	return h * 3600 + m * 60 + sec - (before ? 86400 : 0) == zone;
}

/* The name of a "---" or "+++" line; *name stays NULL for /dev/null. */
static int parse_name(struct parser *p, struct gp_str raw, char **name, struct gp_str *stamp,
		      bool *absent)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_str s = raw;

	if (s.len && s.p[0] == '"') {
		if (!take_quoted(&s, &text))
			return gp_fail(p->err, GP_E_FORMAT, "malformed name in the header of line %zu",
				       p->head.lineno);
	} else {
		size_t n = name_len(s);

		gp_buf_add(&text, s.p, n);
		s = skip(s, n);
	}
	if (!text.len || memchr(text.data, '\0', text.len))
		return gp_fail(p->err, GP_E_FORMAT, "no usable name in the header of line %zu",
			       p->head.lineno);
	*stamp = s;
	*absent = strcmp(text.data, "/dev/null") == 0;
	if (*absent)
		return 0;
	*absent = is_epoch(s);
	*name = gp_buf_detach(&text);
	return 0;
}

/* Behind the first '/'; the whole when there is none. */
static struct gp_str below_first(struct gp_str s)
{
	const char *slash = s.len ? memchr(s.p, '/', s.len) : NULL;

	return slash ? skip(s, (size_t)(slash + 1 - s.p)) : s;
}

static bool ends_with(struct gp_str s, struct gp_str tail)
{
	return s.len >= tail.len && gp_str_same(skip(s, s.len - tail.len), tail);
}

/* Do a and b fit as the two unquoted names of a "diff --git" line? */
static bool git_pair(const struct pending *h, struct gp_str a, struct gp_str b)
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
static size_t second_name(const struct pending *h)
{
	struct gp_buf text = { 0 };
	struct gp_str s = h->git;
	ssize_t quote = gp_str_find(s, GP_STR(" \"")), blank = gp_str_find(s, GP_STR(" "));
	bool ok;

	if (s.len && s.p[0] == '"') {
		ok = take_quoted(&s, &text);
		gp_buf_release(&text);
		return ok && s.len > 1 && s.p[0] == ' ' ? h->git.len - s.len + 1 : 0;
	}
	if (quote > 0)
		return (size_t)quote + 1;
	for (size_t i = 1; i + 1 < s.len; i++)
		if (s.p[i] == ' ' && git_pair(h, (struct gp_str){ s.p, i }, skip(s, i + 1)))
			return i + 1;
	return blank > 0 ? (size_t)blank + 1 : 0;
}

/* The names of a "diff --git" line; its length is bounded, so that trying every
 * blank stays cheap. */
static int git_names(struct parser *p, char **a, char **b)
{
	struct gp_str s = p->head.git;
	bool usable = s.len && s.len <= 2 * 4096 + 8 && !memchr(s.p, '\0', s.len);
	size_t cut = usable ? second_name(&p->head) : 0;

	if (cut && whole_name((struct gp_str){ s.p, cut - 1 }, a) && whole_name(skip(s, cut), b))
		return 0;
	return gp_fail(p->err, GP_E_FORMAT, "no usable names in line %zu", p->head.lineno);
}

/* --- files ------------------------------------------------------------- */

void gp_diff_drop_lines(struct gp_filediff *f)
{
	for (size_t i = 0; i < f->nhunk; i++) {
		free(f->hunk[i].line);
		f->hunk[i].line = NULL;
		f->hunk[i].nline = f->hunk[i].cap = 0;
	}
}

static void filediff_release(struct gp_filediff *f)
{
	gp_diff_drop_lines(f);
	free(f->hunk);
	free(f->old_path);
	free(f->new_path);
}

void gp_diff_release(struct gp_diff *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->nfile; i++)
		filediff_release(&d->file[i]);
	free(d->file);
	*d = (struct gp_diff){ 0 };
}

static struct gp_filediff *file_add(struct parser *p)
{
	struct gp_filediff *f;

	GP_GROW(p->out->file, p->out->nfile, p->out->cap);
	f = &p->out->file[p->out->nfile++];
	*f = (struct gp_filediff){
		.op = GP_FILE_MODIFY, .old_mode = p->head.old_mode, .new_mode = p->head.new_mode,
		.git = p->head.git.p != NULL, .crlf = p->head.crlf, .lineno = p->head.lineno,
	};
	return f;
}

/* Which op it is, once names and hunks are known. */
static int file_settle(struct parser *p, struct gp_filediff *f, bool old_absent, bool new_absent)
{
	const struct gp_hunk *first = f->nhunk ? &f->hunk[0] : NULL;

	f->old_empty = first && !first->old_start && !first->old_count;
	f->new_empty = first && !first->new_start && !first->new_count;
	if (p->head.has_op)
		f->op = p->head.op;
	else if (!f->old_path || (old_absent && f->old_empty))
		f->op = GP_FILE_CREATE;
	else if (!f->new_path || (new_absent && f->new_empty))
		f->op = GP_FILE_DELETE;
	if ((!f->new_path && f->op != GP_FILE_DELETE) || (!f->old_path && f->op != GP_FILE_CREATE))
		return gp_fail(p->err, GP_E_FORMAT, "the header of line %zu names no file",
			       f->lineno);
	return 0;
}

/* Git's headers without any hunk: a file of its own if they say something. */
static int git_flush(struct parser *p)
{
	const struct pending *h = &p->head;
	struct gp_filediff *f;

	if (h->git.p && (h->has_op || h->has_mode)) {
		f = file_add(p);
		if (git_names(p, &f->old_path, &f->new_path))
			return -1;
		if (h->has_op && h->op == GP_FILE_CREATE)
			gp_free_ptr(&f->old_path), f->old_path = NULL;
		if (h->has_op && h->op == GP_FILE_DELETE)
			gp_free_ptr(&f->new_path), f->new_path = NULL;
		if (file_settle(p, f, false, false))
			return -1;
	}
	head_reset(p);
	return 0;
}

/* --- git's extended headers -------------------------------------------- */

static int parse_mode(struct gp_str s)
{
	int v = 0;

	s = gp_str_trim(s);
	if (!s.len || s.len > 7)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		if (octal_digit(s, i) < 0)
			return -1;
		v = v * 8 + octal_digit(s, i);
	}
	return v;
}

enum ext { EXT_OLD_MODE, EXT_NEW_MODE, EXT_CREATE, EXT_DELETE, EXT_FROM, EXT_TO, EXT_NOTE };

static void ext_apply(struct pending *h, enum ext kind, enum gp_file_op op, struct gp_str rest)
{
	if (kind == EXT_NOTE)
		return;
	if (kind == EXT_OLD_MODE || kind == EXT_DELETE)
		h->old_mode = parse_mode(rest);
	if (kind == EXT_NEW_MODE || kind == EXT_CREATE)
		h->new_mode = parse_mode(rest);
	if (kind == EXT_FROM)
		h->from = rest;
	if (kind == EXT_TO)
		h->to = rest;
	if (kind == EXT_OLD_MODE || kind == EXT_NEW_MODE) {
		h->has_mode = true;
		return;
	}
	h->has_op = true;
	h->op = op;
}

/* Is this line one of git's extended headers? Then remember what it says. */
static bool ext_header(struct parser *p, struct gp_str s)
{
	static const struct {
		const char *word;
		enum ext kind;
		enum gp_file_op op;
	} words[] = {
		{ "old mode ", EXT_OLD_MODE, GP_FILE_MODIFY },
		{ "new mode ", EXT_NEW_MODE, GP_FILE_MODIFY },
		{ "new file mode ", EXT_CREATE, GP_FILE_CREATE },
		{ "deleted file mode ", EXT_DELETE, GP_FILE_DELETE },
		{ "rename from ", EXT_FROM, GP_FILE_RENAME },
		{ "rename to ", EXT_TO, GP_FILE_RENAME },
		{ "copy from ", EXT_FROM, GP_FILE_COPY },
		{ "copy to ", EXT_TO, GP_FILE_COPY },
		{ "similarity index ", EXT_NOTE, GP_FILE_MODIFY },
		{ "dissimilarity index ", EXT_NOTE, GP_FILE_MODIFY },
		{ "index ", EXT_NOTE, GP_FILE_MODIFY },
	};

	for (size_t i = 0; i < GP_COUNT(words); i++) {
		if (!gp_str_starts(s, words[i].word))
			continue;
		ext_apply(&p->head, words[i].kind, words[i].op, skip(s, strlen(words[i].word)));
		return true;
	}
	return false;
}

/* --- hunks ------------------------------------------------------------- */

/* "12" or "12,3" at the start of *s. */
static bool take_range(struct gp_str *s, uint64_t *start, uint64_t *count)
{
	uint64_t *into[2] = { start, count };

	*count = 1;
	for (int k = 0; k < 2; k++) {
		size_t n = 0;

		while (n < s->len && s->p[n] >= '0' && s->p[n] <= '9')
			n++;
		if (!gp_parse_u64((struct gp_str){ s->p, n }, MAX_LINENO, into[k]))
			return false;
		*s = skip(*s, n);
		if (k || !s->len || s->p[0] != ',')
			break;
		*s = skip(*s, 1);
	}
	return true;
}

static bool take_word(struct gp_str *s, const char *word)
{
	if (!gp_str_starts(*s, word))
		return false;
	*s = skip(*s, strlen(word));
	return true;
}

/* "@@ -a,b +c,d @@ section"; like GNU patch, one '@' at the end will do. */
static bool hunk_header(struct gp_str s, struct gp_hunk *h)
{
	if (!take_word(&s, "@@ -") || !take_range(&s, &h->old_start, &h->old_count) ||
	    !take_word(&s, " +") || !take_range(&s, &h->new_start, &h->new_count) ||
	    (!take_word(&s, " @") && !take_word(&s, "@")))
		return false;
	h->section = gp_str_starts(s, "@ ") ? skip(s, 1) : GP_STR("");
	return true;
}

/* "\ No newline at end of file", if it may stand behind the line just read:
 * that must be the last one of its side. */
static void take_eof_mark(struct parser *p, struct gp_hunk *h, uint64_t old_left,
			  uint64_t new_left)
{
	struct gp_dline *d = &h->line[h->nline - 1];
	bool old_end = d->op != '+' && !old_left, new_end = d->op != '-' && !new_left;

	if (!p->rest.len || p->rest.p[0] != '\\' || (!old_end && !new_end))
		return;
	(void)next_line(p);
	d->nl = false;
	h->old_eof_nonl |= old_end;
	h->new_eof_nonl |= new_end;
}

static int hunk_line(struct parser *p, struct gp_hunk *h, bool crlf, uint64_t left[2])
{
	struct gp_str s = crlf ? without_cr(p->line) : p->line;
	bool bare = !s.len || s.p[0] == '\t'; /* context that lost its blank */
	char op = bare ? ' ' : s.p[0];

	if (op != ' ' && op != '-' && op != '+')
		return malformed(p);
	if ((op != '+' && !left[0]) || (op != '-' && !left[1]))
		return malformed(p);
	left[0] -= op != '+';
	left[1] -= op != '-';
	GP_GROW(h->line, h->nline, h->cap);
	h->line[h->nline++] = (struct gp_dline){ op, true, bare ? s : skip(s, 1) };
	take_eof_mark(p, h, left[0], left[1]);
	return 0;
}

static int hunk_body(struct parser *p, struct gp_hunk *h, bool crlf)
{
	uint64_t left[2] = { h->old_count, h->new_count };
	bool change = false;

	while (left[0] || left[1]) {
		if (!next_line(p))
			return gp_fail(p->err, GP_E_FORMAT,
				       "malformed patch at line %zu: ends inside the hunk of line %zu",
				       p->lineno, h->lineno);
		if (p->line.len && p->line.p[0] == '#')
			continue;
		if (hunk_line(p, h, crlf, left))
			return -1;
		change |= h->line[h->nline - 1].op != ' ';
	}
	if (!change)
		return gp_fail(p->err, GP_E_FORMAT,
			       "malformed patch at line %zu: the hunk changes nothing", h->lineno);
	if (p->rest.len && p->rest.p[0] == '+' && !gp_str_starts(p->rest, "+++ ")) {
		(void)next_line(p);
		return malformed(p);
	}
	/* Large patches have many small hunks: keep no room that nobody uses. */
	h->line = gp_realloc(h->line, h->nline, sizeof(*h->line));
	h->cap = h->nline;
	return 0;
}

/* This "@@" line and the hunks right behind it. */
static int hunks_parse(struct parser *p, struct gp_filediff *f)
{
	for (;;) {
		struct gp_hunk *h;

		GP_GROW(f->hunk, f->nhunk, f->cap);
		h = &f->hunk[f->nhunk++];
		*h = (struct gp_hunk){ .lineno = p->lineno };
		if (!hunk_header(f->crlf ? without_cr(p->line) : p->line, h))
			return malformed(p);
		if (hunk_body(p, h, f->crlf))
			return -1;
		if (!gp_str_starts(p->rest, "@@ -"))
			return 0;
		(void)next_line(p);
	}
}

/* A "@@" line was reached: what was remembered are its headers. */
static int file_parse(struct parser *p)
{
	const struct pending *h = &p->head;
	struct gp_str old = h->old_name, new = h->new_name;
	bool old_absent = false, new_absent = false;
	struct gp_hunk probe;
	struct gp_filediff *f;

	if (!old.p)
		old = new.p ? new : h->index;
	if (!new.p)
		new = old;
	if (!old.p) {
		if (!hunk_header(p->line, &probe))
			return 0; /* prose */
		return gp_fail(p->err, GP_E_FORMAT,
			       "the hunk of line %zu has no '---' and '+++' lines before it",
			       p->lineno);
	}
	f = file_add(p);
	f->old_line = h->old_name.p;
	f->new_line = h->new_name.p;
	if (parse_name(p, old, &f->old_path, &f->old_stamp, &old_absent) ||
	    parse_name(p, new, &f->new_path, &f->new_stamp, &new_absent) ||
	    hunks_parse(p, f) || file_settle(p, f, old_absent, new_absent))
		return -1;
	head_reset(p);
	return 0;
}

/* --- lines outside hunks ------------------------------------------------ */

/* "5,7c8", "3d": commands of ed scripts and normal diffs. */
static bool like_ed_command(struct gp_str s)
{
	uint64_t a, b;

	if (!take_range(&s, &a, &b) || !s.len || s.p[0] < 'a' || s.p[0] > 'd' || s.p[0] == 'b')
		return false;
	s = skip(s, 1);
	return !s.len || (take_range(&s, &a, &b) && !s.len);
}

static int scan_names(struct parser *p, struct gp_str s)
{
	bool crlf = s.len != p->line.len;

	if (gp_str_starts(s, "--- ")) {
		/* Git's headers that stood alone end before another file's. */
		if (p->head.git.p && !p->head.in_ext && git_flush(p))
			return -1;
		head_began(p);
		p->head.old_name = skip(s, 4);
	} else {
		head_began(p);
		p->head.new_name = skip(s, 4);
	}
	p->head.crlf = crlf;
	return 0;
}

static int scan_diff(struct parser *p, struct gp_str s)
{
	if (gp_str_starts(s, "diff --cc ") || gp_str_starts(s, "diff --combined "))
		return unsupported(p, "the combined diff");
	if (git_flush(p))
		return -1;
	if (take_word(&s, "diff --git ")) {
		head_began(p);
		p->head.git = s;
		p->head.in_ext = true;
	}
	return 0;
}

static int scan_other(struct parser *p, struct gp_str s)
{
	if (gp_str_starts(s, "***************") && p->star_lineno + 2 == p->lineno)
		return unsupported(p, "the context diff");
	if (gp_str_starts(s, "*** "))
		p->star_lineno = p->lineno;
	if (gp_str_eq(s, "GIT binary patch"))
		return unsupported(p, "the binary patch");
	if (gp_str_starts(s, "Binary files ") && gp_str_ends(s, " differ"))
		return unsupported(p, "the change of a binary file");
	if (gp_str_starts(s, "@@@ -") && p->head.new_name.p)
		return unsupported(p, "the combined diff");
	if (!p->ed_lineno && like_ed_command(s))
		p->ed_lineno = p->lineno;
	return 0;
}

static int scan_line(struct parser *p)
{
	struct gp_str s = without_cr(p->line);
	bool in_ext = p->head.in_ext;

	if (in_ext && ext_header(p, s))
		return 0;
	if (gp_str_starts(s, "--- ") || gp_str_starts(s, "+++ "))
		return scan_names(p, s);
	if (gp_str_starts(s, "@@ -"))
		return file_parse(p);
	p->head.in_ext = false;
	if (gp_str_starts(s, "diff "))
		return scan_diff(p, s);
	if (take_word(&s, "Index: ")) {
		if (git_flush(p))
			return -1;
		head_began(p);
		p->head.crlf = p->line.p[p->line.len - 1] == '\r';
		p->head.index = gp_str_trim(s);
		return 0;
	}
	return scan_other(p, s);
}

static int parse_all(struct parser *p)
{
	head_reset(p);
	while (next_line(p))
		if (scan_line(p))
			return -1;
	if (git_flush(p))
		return -1;
	if (p->out->nfile)
		return 0;
	if (p->ed_lineno) {
		p->lineno = p->ed_lineno;
		return unsupported(p, "the ed script or normal diff");
	}
	return gp_fail(p->err, GP_E_FORMAT, "no diff found");
}

int gp_diff_parse(struct gp_str text, struct gp_diff *out, struct gp_err *err)
{
	struct parser p = { .rest = text, .out = out, .err = err };

	*out = (struct gp_diff){ 0 };
	if (!parse_all(&p))
		return 0;
	gp_diff_release(out);
	return -1;
}
