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

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/diff/diff_impl.h"

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
	struct gp_diff_reader in;
	size_t star_lineno; /* last "*** " line */
	/* The first of what is not a diff, or may not be one; 0 none. */
	size_t ed_lineno, binary_lineno, stray_lineno, indented_lineno;
	size_t plus_lineno; /* last "+++ " line with blanks before it */
	struct pending head;
	struct gp_diff *out;
};

static int unsupported(struct parser *p, const char *what)
{
	return gp_fail(p->in.err, GP_E_UNSUPPORTED, "%s at line %zu is not supported", what, p->in.lineno);
}

static void head_reset(struct parser *p)
{
	p->head = (struct pending){ .old_mode = -1, .new_mode = -1 };
}

static void head_began(struct parser *p)
{
	if (!p->head.lineno)
		p->head.lineno = p->in.lineno;
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
		return gp_fail(p->in.err, GP_E_FORMAT, "the header of line %zu names no file", f->lineno);
	return 0;
}

/* A file whose names are in its "diff --git" line only. */
static struct gp_filediff *git_file_add(struct parser *p)
{
	const struct pending *h = &p->head;
	struct gp_filediff *f = file_add(p);

	if (gp_head_git_names(&h->git, h->lineno, &f->old_path, &f->new_path, p->in.err))
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
		ext_apply(&p->head, words[i].kind, words[i].op, gp_str_skip(s, strlen(words[i].word)));
		p->head.crlf = s.len != p->in.line.len;
		return true;
	}
	return false;
}

/* --- files with hunks ---------------------------------------------------- */

/*
 * A "@@" line that no file's name stands before: prose, as GNU patch has it. But
 * GNU patch drops a hunk without a word, too, that something parted from its
 * file: what is a whole hunk after a file's hunks is an error here.
 */
static int stray_hunk(struct parser *p)
{
	struct gp_hunk probe;

	if (!gp_hunk_header(p->in.line, &probe))
		return 0;
	if (p->out->nfile && gp_hunk_is_whole(&p->in))
		return gp_fail(p->in.err, GP_E_FORMAT, "the hunk of line %zu has no '---' and '+++' lines before it",
			       p->in.lineno);
	if (!p->stray_lineno)
		p->stray_lineno = p->in.lineno;
	gp_reader_note(&p->in, "line %zu: '@@' without a file's name before it: passed over as prose", p->in.lineno);
	return 0;
}

/* Git's headers with hunks right after them, without "---" and "+++". */
static int git_file_parse(struct parser *p)
{
	struct gp_filediff *f = git_file_add(p);

	if (!f || gp_hunks_parse(&p->in, f) < 0 || file_settle(p, f, false, false) < 0)
		return -1;
	gp_reader_note(&p->in, "line %zu: git's header without '---' and '+++' lines", f->lineno);
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
	if ((old.p && gp_head_name(old, h->lineno, &f->old_path, &f->old_stamp, &old_absent, p->in.err)) ||
	    (new.p &&gp_head_name(new, h->lineno, &f->new_path, &f->new_stamp, &new_absent, p->in.err)) ||
	    (h->index.p && gp_head_name(h->index, h->lineno, &f->index_path, &none, &absent, p->in.err)))
		return -1;
	borrow_names(f);
	if (gp_hunks_parse(&p->in, f) || file_settle(p, f, old_absent, new_absent))
		return -1;
	head_reset(p);
	return 0;
}

/* --- lines outside hunks ------------------------------------------------ */

/* "5,7c8", "3d": commands of ed scripts and normal diffs. */
static bool like_ed_command(struct gp_str s)
{
	uint64_t a, b;

	if (!gp_hunk_take_range(&s, &a, &b) || !s.len || s.p[0] < 'a' || s.p[0] > 'd' || s.p[0] == 'b')
		return false;
	s = gp_str_skip(s, 1);
	return !s.len || (gp_hunk_take_range(&s, &a, &b) && !s.len);
}

static int scan_names(struct parser *p, struct gp_str s)
{
	bool crlf = s.len != p->in.line.len;

	if (gp_str_starts(s, "--- ")) {
		/* Git's headers that stood alone end before another file's. */
		if (p->head.git.names.p && !p->head.in_ext && git_flush(p))
			return -1;
		head_began(p);
		p->head.old_name = gp_str_skip(s, 4);
	} else {
		head_began(p);
		p->head.new_name = gp_str_skip(s, 4);
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
	if (gp_str_take(&s, "diff --git ")) {
		head_began(p);
		p->head.git.names = s;
		p->head.crlf = p->in.line.p[p->in.line.len - 1] == '\r';
		p->head.in_ext = true;
	}
	return 0;
}

/* A diff of which every line has blanks before it, or X, which counts as one with GNU
 * patch: prose, unless there is no other. */
static void scan_indented(struct parser *p, struct gp_str s)
{
	struct gp_hunk probe;
	size_t column;

	if (!s.len || (s.p[0] != ' ' && s.p[0] != '\t' && s.p[0] != 'X'))
		return;
	s = gp_reader_outdented(s, SIZE_MAX, &column);
	if (gp_str_starts(s, "+++ "))
		p->plus_lineno = p->in.lineno;
	if (p->plus_lineno + 1 == p->in.lineno && gp_hunk_header(s, &probe) && !p->indented_lineno)
		p->indented_lineno = p->in.lineno;
}

static int scan_other(struct parser *p, struct gp_str s)
{
	scan_indented(p, s);
	if (gp_str_starts(s, "***************") && p->star_lineno + 2 == p->in.lineno)
		return unsupported(p, "the context diff");
	if (gp_str_starts(s, "*** "))
		p->star_lineno = p->in.lineno;
	if (gp_str_eq(s, "GIT binary patch"))
		return unsupported(p, "the binary patch");
	if (gp_str_starts(s, "Binary files ") && gp_str_ends(s, " differ")) {
		if (!p->binary_lineno)
			p->binary_lineno = p->in.lineno;
		gp_reader_note(&p->in, "line %zu: '%.*s': the patch does not hold this change", p->in.lineno,
			       s.len < 300 ? (int)s.len : 300, s.p);
	}
	if (gp_str_starts(s, "@@@ -") && p->head.new_name.p)
		return unsupported(p, "the combined diff");
	if (!p->ed_lineno && like_ed_command(s))
		p->ed_lineno = p->in.lineno;
	return 0;
}

static int scan_line(struct parser *p)
{
	struct gp_str s = gp_str_no_cr(p->in.line);
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
	if (gp_str_take(&s, "Index: ")) {
		if (git_flush(p))
			return -1;
		head_began(p);
		p->head.crlf = p->in.line.p[p->in.line.len - 1] == '\r';
		p->head.index = gp_str_trim(s);
		return 0;
	}
	return scan_other(p, s);
}

static int scan_all(struct parser *p)
{
	head_reset(p);
	while (gp_reader_next(&p->in))
		if (scan_line(p))
			return -1;
	return git_flush(p);
}

/* Why is there no diff in it? */
static int no_diff(struct parser *p)
{
	if (p->ed_lineno) {
		p->in.lineno = p->ed_lineno;
		return unsupported(p, "the ed script or normal diff");
	}
	if (p->binary_lineno) {
		p->in.lineno = p->binary_lineno;
		return unsupported(p, "the change of a binary file");
	}
	if (p->stray_lineno)
		return gp_fail(p->in.err, GP_E_FORMAT, "the hunk of line %zu has no '---' and '+++' lines before it",
			       p->stray_lineno);
	return gp_fail(p->in.err, GP_E_FORMAT, "no diff found");
}

/* Once more, without the indentation. */
static int scan_outdented(struct parser *p, struct gp_str text)
{
	struct parser again = { .in = { text, .notes = &p->out->notes, .err = p->in.err, .outdent = true,
					.indent = SIZE_MAX },
				.out = p->out };

	gp_diff_release(p->out);
	gp_reader_note(&again.in, "line %zu: the patch is indented", p->indented_lineno);
	return scan_all(&again);
}

int gp_diff_parse(struct gp_str text, struct gp_diff *out, struct gp_err *err)
{
	struct parser p = { .in = { text, .notes = &out->notes, .err = err }, .out = out };
	int rc;

	*out = (struct gp_diff){ 0 };
	rc = scan_all(&p);
	if (rc == 0 && !out->nfile && p.indented_lineno)
		rc = scan_outdented(&p, text);
	else if (rc == 0 && p.indented_lineno)
		gp_reader_note(&p.in,
			       "line %zu: a diff that is indented, between others that are not: passed over as prose",
			       p.indented_lineno);
	if (rc == 0 && !out->nfile)
		rc = no_diff(&p);
	if (rc < 0)
		gp_diff_release(out);
	return rc;
}
