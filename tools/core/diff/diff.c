/* SPDX-License-Identifier: MIT */
/*
 * A patch is read line by line. Header lines are only remembered (as slices of
 * the text) until a "@@" line shows that they were headers and not prose; git's
 * headers may stand alone and are then turned into a file by git_flush().
 *
 * A text without any diff is read a second time without its indentation: first
 * without, so that a diff that prose quotes, indented, stays prose.
 */
#include "core/diff/diff.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "base/text.h"
#include "core/diff/diff_impl.h"

/* Leaves room for sums of a start, a count and an offset. */
#define MAX_LINENO ((uint64_t)INT64_MAX / 4)

/* Header lines seen since the last hunk; p is NULL when a line was not there. */
struct pending {
	struct gp_str old_name, new_name, index;
	struct gp_git_head git;
	bool in_ext; /* the previous line belonged to git's header */
	bool has_op; /* git's header said create, delete, rename or copy */
	bool has_mode;
	bool crlf;
	enum gp_file_op op;
	int old_mode, new_mode;
	size_t lineno; /* of the first of them, 0 none */
};

struct parser {
	struct gp_str rest;
	struct gp_str line; /* without '\n' */
	size_t lineno;
	size_t star_lineno; /* last "*** " line */
	/* The first of what is no diff, or may not be one; 0 none. */
	size_t ed_lineno, binary_lineno, stray_lineno, indented_lineno;
	size_t plus_lineno;    /* last "+++ " line with blanks before it */
	bool outdent;          /* take blanks off the lines: up to indent columns */
	size_t indent, column; /* column: how many were taken off line */
	struct pending head;
	struct gp_diff *out;
	struct gp_err *err;
};

/* Without its first blanks, up to that many columns; *column: how many there were.
 * Source: GNU patch 2.7.6 by experiment: a tab leads to the next multiple of 8. */
static struct gp_str outdented(struct gp_str s, size_t columns, size_t *column)
{
	size_t i = 0;

	for (*column = 0; i < s.len && *column < columns && (s.p[i] == ' ' || s.p[i] == '\t'); i++)
		*column = s.p[i] == '\t' ? (*column / 8 + 1) * 8 : *column + 1;
	return (struct gp_str){ s.p + i, s.len - i };
}

static bool next_line(struct parser *p)
{
	if (!gp_line_next(&p->rest, &p->line))
		return false;
	p->lineno++;
	if (p->outdent)
		p->line = outdented(p->line, p->indent, &p->column);
	return true;
}

/* What comes behind the line, from where its text begins. */
static struct gp_str ahead(const struct parser *p)
{
	size_t column;

	return p->outdent ? outdented(p->rest, p->indent, &column) : p->rest;
}

/* Something that was taken although it is not as it should be. */
static void note(struct parser *p, const char *fmt, ...) GP_PRINTF(2, 3);

static void note(struct parser *p, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	gp_text_mask(text, strlen(text));
	gp_list_add(&p->out->notes, text);
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
	return gp_fail(p->err, GP_E_FORMAT, "malformed patch at line %zu: '%.*s%s'", p->lineno, (int)n, p->line.p,
		       n < p->line.len ? "…" : "");
}

static int unsupported(struct parser *p, const char *what)
{
	return gp_fail(p->err, GP_E_UNSUPPORTED, "%s at line %zu is not supported", what, p->lineno);
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
	free(f->index_path);
}

void gp_diff_release(struct gp_diff *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->nfile; i++)
		filediff_release(&d->file[i]);
	free(d->file);
	gp_list_release(&d->notes);
	*d = (struct gp_diff){ 0 };
}

static struct gp_filediff *file_add(struct parser *p)
{
	struct gp_filediff *f;

	GP_GROW(p->out->file, p->out->nfile, p->out->cap);
	f = &p->out->file[p->out->nfile++];
	*f = (struct gp_filediff){ .op = GP_FILE_MODIFY,
				   .old_mode = p->head.old_mode,
				   .new_mode = p->head.new_mode,
				   .git = p->head.git.names.p != NULL,
				   .crlf = p->head.crlf,
				   .lineno = p->head.lineno };
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
		return gp_fail(p->err, GP_E_FORMAT, "the header of line %zu names no file", f->lineno);
	return 0;
}

/* A file whose names are in its "diff --git" line only. */
static struct gp_filediff *git_file_add(struct parser *p)
{
	const struct pending *h = &p->head;
	struct gp_filediff *f = file_add(p);

	if (gp_head_git_names(&h->git, h->lineno, &f->old_path, &f->new_path, p->err))
		return NULL;
	if (h->has_op && h->op == GP_FILE_CREATE)
		gp_free_ptr(&f->old_path), f->old_path = NULL;
	if (h->has_op && h->op == GP_FILE_DELETE)
		gp_free_ptr(&f->new_path), f->new_path = NULL;
	return f;
}

/* Git's headers without any hunk: a file of its own if they say something. */
static int git_flush(struct parser *p)
{
	const struct pending *h = &p->head;

	if (h->git.names.p && (h->has_op || h->has_mode)) {
		struct gp_filediff *f = git_file_add(p);

		if (!f || file_settle(p, f, false, false))
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
		if (s.p[i] < '0' || s.p[i] > '7')
			return -1;
		v = v * 8 + s.p[i] - '0';
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
		h->git.from = rest;
	if (kind == EXT_TO)
		h->git.to = rest;
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
	} words[] = { { "old mode ", EXT_OLD_MODE, GP_FILE_MODIFY },
		      { "new mode ", EXT_NEW_MODE, GP_FILE_MODIFY },
		      { "new file mode ", EXT_CREATE, GP_FILE_CREATE },
		      { "deleted file mode ", EXT_DELETE, GP_FILE_DELETE },
		      { "rename from ", EXT_FROM, GP_FILE_RENAME },
		      { "rename to ", EXT_TO, GP_FILE_RENAME },
		      { "copy from ", EXT_FROM, GP_FILE_COPY },
		      { "copy to ", EXT_TO, GP_FILE_COPY },
		      { "similarity index ", EXT_NOTE, GP_FILE_MODIFY },
		      { "dissimilarity index ", EXT_NOTE, GP_FILE_MODIFY },
		      { "index ", EXT_NOTE, GP_FILE_MODIFY } };

	for (size_t i = 0; i < GP_COUNT(words); i++) {
		if (!gp_str_starts(s, words[i].word))
			continue;
		ext_apply(&p->head, words[i].kind, words[i].op, skip(s, strlen(words[i].word)));
		p->head.crlf = s.len != p->line.len;
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
	if (!take_word(&s, "@@ -") || !take_range(&s, &h->old_start, &h->old_count) || !take_word(&s, " +") ||
	    !take_range(&s, &h->new_start, &h->new_count) || (!take_word(&s, " @") && !take_word(&s, "@")))
		return false;
	h->section = gp_str_starts(s, "@ ") ? skip(s, 1) : GP_STR("");
	return true;
}

/* "\ No newline at end of file", if it may stand behind the line just read:
 * that must be the last one of its side. */
static void take_eof_mark(struct parser *p, struct gp_hunk *h, uint64_t old_left, uint64_t new_left)
{
	struct gp_dline *d = &h->line[h->nline - 1];
	bool old_end = d->op != '+' && !old_left, new_end = d->op != '-' && !new_left;

	if (!gp_str_starts(ahead(p), "\\") || (!old_end && !new_end))
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

/* The patch ends inside a hunk: blank lines of context that were cut off with the
 * end of the file, as editors and mailers do, or damage? As GNU patch: up to three. */
static int cut_off(struct parser *p, struct gp_hunk *h, uint64_t left[2])
{
	if (left[0] != left[1] || left[0] > 3)
		return gp_fail(p->err, GP_E_FORMAT, "malformed patch at line %zu: ends inside the hunk of line %zu",
			       p->lineno, h->lineno);
	note(p, "line %zu: the last %llu line%s of context, which %s blank, had been cut off", p->lineno,
	     (unsigned long long)left[0], left[0] == 1 ? "" : "s", left[0] == 1 ? "is" : "are");
	for (; left[0]; left[0]--) {
		GP_GROW(h->line, h->nline, h->cap);
		h->line[h->nline++] = (struct gp_dline){ ' ', true, GP_STR("") };
	}
	left[1] = 0;
	return 0;
}

static int hunk_body(struct parser *p, struct gp_hunk *h, bool crlf)
{
	uint64_t left[2] = { h->old_count, h->new_count };
	bool change = false;

	while (left[0] || left[1]) {
		if (!next_line(p)) {
			if (cut_off(p, h, left) < 0)
				return -1;
			break;
		}
		if (p->line.len && p->line.p[0] == '#')
			continue;
		if (hunk_line(p, h, crlf, left))
			return -1;
		change |= h->line[h->nline - 1].op != ' ';
	}
	if (!change)
		return gp_fail(p->err, GP_E_FORMAT, "malformed patch at line %zu: the hunk changes nothing", h->lineno);
	if (gp_str_starts(ahead(p), "+") && !gp_str_starts(ahead(p), "+++ ")) {
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
	p->indent = p->column;
	for (;;) {
		struct gp_hunk *h;

		GP_GROW(f->hunk, f->nhunk, f->cap);
		h = &f->hunk[f->nhunk++];
		*h = (struct gp_hunk){ .lineno = p->lineno };
		if (!hunk_header(f->crlf ? without_cr(p->line) : p->line, h))
			return malformed(p);
		if (hunk_body(p, h, f->crlf))
			return -1;
		if (!gp_str_starts(ahead(p), "@@ -")) {
			p->indent = SIZE_MAX;
			return 0;
		}
		(void)next_line(p);
	}
}

/* Is the "@@" line, and what stands behind it, a whole hunk? */
static bool is_hunk(const struct parser *p)
{
	struct gp_diff notes = { 0 };
	struct parser trial = *p;
	struct gp_hunk h = { .lineno = p->lineno };
	bool whole;

	trial.err = NULL;
	trial.out = &notes;
	whole = hunk_header(p->line, &h) && hunk_body(&trial, &h, false) == 0;
	free(h.line);
	gp_diff_release(&notes);
	return whole;
}

/*
 * A "@@" line that no file's name stands before: prose, as GNU patch has it. But
 * GNU patch drops a hunk without a word, too, that something parted from its
 * file: what is a whole hunk behind a file's hunks is an error here.
 */
static int stray_hunk(struct parser *p)
{
	struct gp_hunk probe;

	if (!hunk_header(p->line, &probe))
		return 0;
	if (p->out->nfile && is_hunk(p))
		return gp_fail(p->err, GP_E_FORMAT, "the hunk of line %zu has no '---' and '+++' lines before it",
			       p->lineno);
	if (!p->stray_lineno)
		p->stray_lineno = p->lineno;
	note(p, "line %zu: '@@' without a file's name before it: passed over as prose", p->lineno);
	return 0;
}

/* Git's headers with hunks right behind them, without "---" and "+++". */
static int git_file_parse(struct parser *p)
{
	struct gp_filediff *f = git_file_add(p);

	if (!f || hunks_parse(p, f) < 0 || file_settle(p, f, false, false) < 0)
		return -1;
	note(p, "line %zu: git's header without '---' and '+++' lines", f->lineno);
	head_reset(p);
	return 0;
}

/* A side without a line of its own has the other one's name, or that of "Index:". */
static void borrow_names(struct gp_filediff *f)
{
	const char *name = f->old_path ? f->old_path : f->new_path ? f->new_path : f->index_path;

	if (!f->old_line && name)
		f->old_path = gp_strdup(name);
	if (!f->new_line && name)
		f->new_path = gp_strdup(name);
}

/* A "@@" line was reached: what was remembered are its headers. */
static int file_parse(struct parser *p)
{
	const struct pending *h = &p->head;
	struct gp_str old = h->old_name, new = h->new_name;
	bool old_absent = false, new_absent = false, absent;
	struct gp_filediff *f;
	struct gp_str none;

	if (!old.p && !new.p && h->git.names.p)
		return git_file_parse(p);
	if (!old.p && !new.p && !h->index.p)
		return stray_hunk(p);
	f = file_add(p);
	f->old_line = h->old_name.p;
	f->new_line = h->new_name.p;
	if ((old.p && gp_head_name(old, h->lineno, &f->old_path, &f->old_stamp, &old_absent, p->err)) ||
	    (new.p &&gp_head_name(new, h->lineno, &f->new_path, &f->new_stamp, &new_absent, p->err)) ||
	    (h->index.p && gp_head_name(h->index, h->lineno, &f->index_path, &none, &absent, p->err)))
		return -1;
	borrow_names(f);
	if (hunks_parse(p, f) || file_settle(p, f, old_absent, new_absent))
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
		if (p->head.git.names.p && !p->head.in_ext && git_flush(p))
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
		p->head.git.names = s;
		p->head.crlf = p->line.p[p->line.len - 1] == '\r';
		p->head.in_ext = true;
	}
	return 0;
}

/* A diff of which every line has blanks before it: prose, unless there is no other. */
static void scan_indented(struct parser *p, struct gp_str s)
{
	struct gp_hunk probe;
	size_t column;

	if (!s.len || (s.p[0] != ' ' && s.p[0] != '\t'))
		return;
	s = outdented(s, SIZE_MAX, &column);
	if (gp_str_starts(s, "+++ "))
		p->plus_lineno = p->lineno;
	if (p->plus_lineno + 1 == p->lineno && hunk_header(s, &probe) && !p->indented_lineno)
		p->indented_lineno = p->lineno;
}

static int scan_other(struct parser *p, struct gp_str s)
{
	scan_indented(p, s);
	if (gp_str_starts(s, "***************") && p->star_lineno + 2 == p->lineno)
		return unsupported(p, "the context diff");
	if (gp_str_starts(s, "*** "))
		p->star_lineno = p->lineno;
	if (gp_str_eq(s, "GIT binary patch"))
		return unsupported(p, "the binary patch");
	if (gp_str_starts(s, "Binary files ") && gp_str_ends(s, " differ")) {
		if (!p->binary_lineno)
			p->binary_lineno = p->lineno;
		note(p, "line %zu: '%.*s': the patch does not hold this change", p->lineno,
		     s.len < 300 ? (int)s.len : 300, s.p);
	}
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

static int scan_all(struct parser *p)
{
	head_reset(p);
	while (next_line(p))
		if (scan_line(p))
			return -1;
	return git_flush(p);
}

/* Why is there no diff in it? */
static int no_diff(struct parser *p)
{
	if (p->ed_lineno) {
		p->lineno = p->ed_lineno;
		return unsupported(p, "the ed script or normal diff");
	}
	if (p->binary_lineno) {
		p->lineno = p->binary_lineno;
		return unsupported(p, "the change of a binary file");
	}
	if (p->stray_lineno)
		return gp_fail(p->err, GP_E_FORMAT, "the hunk of line %zu has no '---' and '+++' lines before it",
			       p->stray_lineno);
	return gp_fail(p->err, GP_E_FORMAT, "no diff found");
}

/* Once more, without the indentation. */
static int scan_outdented(struct parser *p, struct gp_str text)
{
	struct parser again = { .rest = text, .out = p->out, .err = p->err, .outdent = true, .indent = SIZE_MAX };

	gp_diff_release(p->out);
	note(&again, "line %zu: the patch is indented", p->indented_lineno);
	return scan_all(&again);
}

int gp_diff_parse(struct gp_str text, struct gp_diff *out, struct gp_err *err)
{
	struct parser p = { .rest = text, .out = out, .err = err };
	int rc;

	*out = (struct gp_diff){ 0 };
	rc = scan_all(&p);
	if (rc == 0 && !out->nfile && p.indented_lineno)
		rc = scan_outdented(&p, text);
	else if (rc == 0 && p.indented_lineno)
		note(&p, "line %zu: a diff that is indented, between others that are not: passed over as prose",
		     p.indented_lineno);
	if (rc == 0 && !out->nfile)
		rc = no_diff(&p);
	if (rc < 0)
		gp_diff_release(out);
	return rc;
}
