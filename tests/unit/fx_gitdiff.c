/* SPDX-License-Identifier: MIT */
#include "fx_gitdiff.h"
#include "fx_splice.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MUST(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

static bool chance(uint64_t *seed, size_t one_in)
{
	return fx_below(seed, one_in) == 0;
}

static const char *const names[] = { "f",        "g",   "h.c",   "d/f",       "d/g",   "d/e/f",   "x y",   "q\"t",
				     "\303\244", "d/z", "lib/k", "lib/a b/m", "lib/f", "k/l/m/n", "k/l/o", "z.h" };

static const char *free_name(uint64_t *seed, const struct fx_tree *a, const struct fx_tree *b)
{
	for (;;) {
		const char *s = names[fx_below(seed, GP_COUNT(names))];

		if (!fx_tree_find((struct fx_tree *)(uintptr_t)a, s) &&
		    !fx_tree_find((struct fx_tree *)(uintptr_t)b, s))
			return s;
	}
}

/* --- trees --- */

void fx_tree_clear(struct fx_tree *t)
{
	for (size_t i = 0; i < FX_MAX_FILES; i++) {
		gp_buf_release(&t->file[i].data);
		t->file[i] = (struct fx_file){ 0 };
	}
}

struct fx_file *fx_tree_find(struct fx_tree *t, const char *path)
{
	for (size_t i = 0; i < FX_MAX_FILES; i++)
		if (t->file[i].path[0] && strcmp(t->file[i].path, path) == 0)
			return &t->file[i];
	return NULL;
}

struct fx_file *fx_tree_put(struct fx_tree *t, const char *path, unsigned mode, struct gp_str data)
{
	struct fx_file *f = fx_tree_find(t, path);

	for (size_t i = 0; !f && i < FX_MAX_FILES; i++)
		if (!t->file[i].path[0])
			f = &t->file[i];
	MUST(f && strlen(path) < sizeof(f->path));
	strcpy(f->path, path);
	f->mode = mode;
	f->data.len = 0;
	gp_buf_add(&f->data, data.p, data.len);
	return f;
}

void fx_tree_remove(struct fx_tree *t, const char *path)
{
	struct fx_file *f = fx_tree_find(t, path);

	if (!f)
		return;
	gp_buf_release(&f->data);
	*f = (struct fx_file){ 0 };
}

void fx_tree_copy(struct fx_tree *to, const struct fx_tree *from)
{
	fx_tree_clear(to);
	for (size_t i = 0; i < FX_MAX_FILES; i++)
		if (from->file[i].path[0])
			fx_tree_put(to, from->file[i].path, from->file[i].mode, gp_buf_str(&from->file[i].data));
}

void fx_tree_print(const struct fx_tree *t, struct gp_buf *out)
{
	for (size_t i = 0; i < FX_MAX_FILES; i++)
		if (t->file[i].path[0])
			gp_buf_printf(out, "'%s' %o:\n%s", t->file[i].path, t->file[i].mode, t->file[i].data.data);
}

void fx_tree_diff(struct fx_tree *a, struct fx_tree *b, struct gp_buf *out)
{
	for (size_t i = 0; i < FX_MAX_FILES; i++) {
		const struct fx_file *f = &a->file[i], *g = fx_tree_find(b, f->path);

		if (!f->path[0])
			continue;
		if (!g)
			gp_buf_printf(out, "'%s' is there\n", f->path);
		else if (!gp_str_same(gp_buf_str(&f->data), gp_buf_str(&g->data)))
			gp_buf_printf(out, "'%s' is\n%s--- not\n%s---\n", f->path, f->data.data, g->data.data);
		else if ((f->mode ^ g->mode) & 0100)
			gp_buf_printf(out, "'%s' has mode %o, not %o\n", f->path, f->mode, g->mode);
	}
	for (size_t i = 0; i < FX_MAX_FILES; i++)
		if (b->file[i].path[0] && !fx_tree_find(a, b->file[i].path))
			gp_buf_printf(out, "'%s' is missing\n", b->file[i].path);
}

static enum gp_node look(void *arg, const char *path, unsigned *mode)
{
	struct fx_tree *t = arg;
	const struct fx_file *f = fx_tree_find(t, path);
	size_t len = strlen(path);

	*mode = f ? f->mode : 0755;
	if (f)
		return GP_NODE_FILE;
	for (size_t i = 0; i < FX_MAX_FILES; i++)
		if (strncmp(t->file[i].path, path, len) == 0 && t->file[i].path[len] == '/')
			return GP_NODE_DIR;
	return GP_NODE_NONE;
}

static int read_base(void *arg, const char *path, struct gp_str *out, struct gp_err *err)
{
	const struct fx_file *f = fx_tree_find(arg, path);

	if (!f)
		return gp_fail(err, GP_E_NOTFOUND, "there is no '%s'", path);
	*out = gp_buf_str(&f->data);
	return 0;
}

void fx_tree_base(struct fx_tree *t, struct gp_tree_base *base)
{
	*base = (struct gp_tree_base){ .look = look, .read = read_base, .arg = t };
}

void fx_tree_result(struct fx_tree *t, const struct gp_tree *now, struct fx_tree *out)
{
	struct gp_str data;

	fx_tree_clear(out);
	for (size_t i = 0; i < FX_MAX_FILES; i++) {
		const char *path = t->file[i].path;

		if (!path[0] || !gp_tree_has(now, path))
			continue;
		MUST(gp_tree_read(now, path, &data, NULL) == 0);
		fx_tree_put(out, path, gp_tree_mode(now, path), data);
	}
	for (size_t i = 0; i < now->n; i++) {
		const char *path = now->file[i].path;

		if (now->file[i].state != GP_TFILE_NEW)
			continue;
		MUST(gp_tree_read(now, path, &data, NULL) == 0);
		fx_tree_put(out, path, gp_tree_mode(now, path), data);
	}
}

/* --- trees on the disk --- */

static void make_parents(const char *path)
{
	char dir[sizeof(((struct fx_file *)0)->path)];

	for (const char *p = strchr(path, '/'); p; p = strchr(p + 1, '/')) {
		memcpy(dir, path, (size_t)(p - path));
		dir[p - path] = '\0';
		MUST(mkdir(dir, 0755) == 0 || errno == EEXIST);
	}
}

void fx_tree_write(const struct fx_tree *t)
{
	for (size_t i = 0; i < FX_MAX_FILES; i++) {
		const struct fx_file *f = &t->file[i];
		int fd;

		if (!f->path[0])
			continue;
		make_parents(f->path);
		fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, f->mode);
		MUST(fd >= 0 && write(fd, f->data.data ? f->data.data : "", f->data.len) == (ssize_t)f->data.len);
		close(fd);
	}
}

static struct fx_tree *reading; /* nftw() has no argument for it */

static int read_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	static char text[65536];
	int fd;
	ssize_t n;

	(void)ftw;
	if (type != FTW_F)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, text, sizeof(text));
	MUST(n >= 0 && n < (ssize_t)sizeof(text));
	close(fd);
	fx_tree_put(reading, path + strlen("./"), st->st_mode & 07777, (struct gp_str){ text, (size_t)n });
	return 0;
}

void fx_tree_read(struct fx_tree *t)
{
	fx_tree_clear(t);
	reading = t;
	MUST(nftw(".", read_one, 8, FTW_PHYS) == 0);
	reading = NULL;
}

static int wipe_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	if (ftw->level)
		MUST((type == FTW_DP ? rmdir(path) : unlink(path)) == 0);
	return 0;
}

void fx_tree_wipe(void)
{
	MUST(nftw(".", wipe_one, 8, FTW_PHYS | FTW_DEPTH) == 0);
}

void fx_tree_spoil(uint64_t *seed, struct fx_tree *t)
{
	struct fx_file *f = &t->file[fx_below(seed, 6)];
	const char *other = names[fx_below(seed, GP_COUNT(names))];

	switch (fx_below(seed, 4)) {
	case 0: f->mode ^= f->path[0] ? 0111 : 0; break;
	case 1:
		if (f->path[0] && f->data.len)
			f->data.data[fx_below(seed, f->data.len)] = '#';
		break;
	case 2:
		/* An empty file may be missing where GNU patch is asked, and may be filled. */
		if (f->data.len)
			fx_tree_remove(t, f->path);
		break;
	default:
		if (!fx_tree_find(t, other))
			fx_tree_put(t, other, 0644, GP_STR("in the way\n"));
	}
}

/* --- contents and hunks --- */

/* How one content becomes another: lines that stay, go and come. */
struct step {
	char op;
	unsigned line;
	bool no_nl; /* the last line of its side has no newline */
};

struct script {
	struct step step[128];
	size_t n;
};

static void put_line(struct gp_buf *out, const struct step *s)
{
	gp_buf_printf(out, s->line % 7 ? "line %u" : "\t%u {", s->line);
	if (!s->no_nl)
		gp_buf_putc(out, '\n');
}

static void script_side(const struct script *s, char op, struct gp_buf *out)
{
	out->len = 0;
	gp_buf_add(out, "", 0);
	for (size_t i = 0; i < s->n; i++)
		if (s->step[i].op == ' ' || s->step[i].op == op)
			put_line(out, &s->step[i]);
}

static void step(struct script *s, char op, unsigned line)
{
	MUST(s->n < GP_COUNT(s->step));
	s->step[s->n++] = (struct step){ .op = op, .line = line };
}

static size_t last_of(const struct script *s, char op)
{
	for (size_t i = s->n; i; i--)
		if (s->step[i - 1].op == ' ' || s->step[i - 1].op == op)
			return i - 1;
	return s->n;
}

/* The sides end without a newline, or one of them does: then their last line is
 * not the same one any more. */
static void end_without_newline(uint64_t *seed, struct script *s)
{
	bool old_no = chance(seed, 2), new_no = !old_no || chance(seed, 2);
	size_t o = last_of(s, '-'), n = last_of(s, '+');

	if (o == s->n || n == s->n)
		return;
	if (o == n && old_no != new_no) {
		memmove(s->step + o + 1, s->step + o, (s->n++ - o) * sizeof(*s->step));
		s->step[o].op = '-';
		s->step[o + 1].op = '+';
		n = o + 1;
	} else if (s->step[o].op != s->step[n].op && (s->step[o].op == ' ' || s->step[n].op == ' ')) {
		return; /* a line that both have is the last one of one side only */
	}
	s->step[o].no_nl |= old_no;
	s->step[n].no_nl |= new_no;
}

/* A content of its own (all lines go by op), or of two with edits between. */
static void random_script(uint64_t *seed, struct script *s, char op)
{
	size_t n = chance(seed, 6) ? 0 : 1 + fx_below(seed, chance(seed, 3) ? 40 : 9);
	unsigned first = (unsigned)fx_below(seed, 1000) * 50;

	s->n = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned line = first + (unsigned)i;

		if (op != ' ' || !chance(seed, n > 12 ? 12 : 4))
			step(s, op, line);
		else if (chance(seed, 3))
			step(s, '-', line);
		else {
			bool instead = chance(seed, 2);

			if (instead)
				step(s, '-', line);
			step(s, '+', line + 30000);
			if (!instead)
				step(s, ' ', line);
		}
	}
	if (op == ' ' && chance(seed, 5))
		step(s, '+', first + 49);
	if (chance(seed, 5))
		end_without_newline(seed, s);
}

static bool changes(const struct script *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->step[i].op != ' ')
			return true;
	return false;
}

static size_t count(const struct script *s, size_t from, size_t to, char op)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++)
		n += s->step[i].op == ' ' || s->step[i].op == op;
	return n;
}

/* The end of the hunk that starts at from: behind it more than 2 * context
 * lines stay as they are. */
static size_t hunk_end(const struct script *s, size_t from, size_t context)
{
	size_t last = from;

	for (size_t i = from; i < s->n && i <= last + 2 * context; i++)
		if (s->step[i].op != ' ')
			last = i;
	return last + 1 + context < s->n ? last + 1 + context : s->n;
}

static void range(struct gp_buf *out, char mark, size_t before, size_t n)
{
	gp_buf_printf(out, " %c%zu", mark, n ? before + 1 : before);
	if (n != 1)
		gp_buf_printf(out, ",%zu", n);
}

static void put_hunks(struct gp_buf *out, const struct script *s, size_t context)
{
	size_t i = 0;

	for (;;) {
		size_t from, to, first = i;

		while (first < s->n && s->step[first].op == ' ')
			first++;
		if (first == s->n)
			return;
		from = first - i > context ? first - context : i;
		to = hunk_end(s, first, context);
		gp_buf_puts(out, "@@");
		range(out, '-', count(s, 0, from, '-'), count(s, from, to, '-'));
		range(out, '+', count(s, 0, from, '+'), count(s, from, to, '+'));
		gp_buf_puts(out, " @@\n");
		for (i = from; i < to; i++) {
			gp_buf_putc(out, s->step[i].op);
			put_line(out, &s->step[i]);
			if (s->step[i].no_nl)
				gp_buf_puts(out, "\n\\ No newline at end of file\n");
		}
	}
}

/* --- names as git writes them --- */

static void put_name(struct gp_buf *out, const char *prefix, const char *path, bool header)
{
	bool quote = strpbrk(path, "\"\\\t") != NULL;

	for (const char *p = path; *p; p++)
		quote |= (unsigned char)*p >= 0x80;
	if (!quote) {
		gp_buf_printf(out, "%s%s%s", prefix, path, header && strchr(path, ' ') ? "\t" : "");
		return;
	}
	gp_buf_printf(out, "\"%s", prefix);
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p >= 0x80)
			gp_buf_printf(out, "\\%03o", (unsigned char)*p);
		else
			gp_buf_printf(out, "%s%c", *p == '"' || *p == '\\' ? "\\" : "", *p);
	gp_buf_putc(out, '"');
}

/* --- git's patches --- */

enum kind { KEEP, MODIFY, CREATE, DELETE, RENAME, COPY };

struct entry {
	enum kind kind;
	const char *from, *to;
	unsigned old_mode, new_mode;
	struct script script;
	bool plain;
};

struct plan {
	struct entry entry[FX_MAX_FILES];
	size_t n;
};

struct style {
	const char *a, *b, *moved; /* what stands before names */
	size_t context;
};

static const struct style styles[] = { { "", "", "", 3 }, { "a/", "b/", "", 3 }, { "a/sub/", "b/sub/", "sub/", 3 } };

static void line(struct gp_buf *out, const char *word, const char *prefix, const char *path, bool header)
{
	gp_buf_puts(out, word);
	if (path)
		put_name(out, prefix, path, header);
	else
		gp_buf_puts(out, "/dev/null");
	gp_buf_putc(out, '\n');
}

static void put_extended(uint64_t *seed, struct gp_buf *out, const struct entry *e, const struct style *s, bool index)
{
	static const char *const words[][2] = { { "rename from ", "rename to " }, { "copy from ", "copy to " } };

	if (e->kind == CREATE)
		gp_buf_printf(out, "new file mode %o\n", 0100000 | e->new_mode);
	else if (e->kind == DELETE)
		gp_buf_printf(out, "deleted file mode %o\n", 0100000 | e->old_mode);
	else if (e->old_mode != e->new_mode)
		gp_buf_printf(out, "old mode %o\nnew mode %o\n", 0100000 | e->old_mode, 0100000 | e->new_mode);
	if (e->kind == RENAME || e->kind == COPY) {
		if (!chance(seed, 4))
			gp_buf_printf(out, "similarity index %zu%%\n", changes(&e->script) ? fx_below(seed, 100) : 100);
		line(out, words[e->kind == COPY][0], s->moved, e->from, false);
		line(out, words[e->kind == COPY][1], s->moved, e->to, false);
	}
	if (changes(&e->script) || e->kind == CREATE || e->kind == DELETE) {
		if (!index)
			return;
		gp_buf_printf(out, "index %s..%s", e->kind == CREATE ? "0000000" : "1234567",
			      e->kind == DELETE ? "0000000" : "89abcde");
		if (e->kind != CREATE && e->kind != DELETE && e->old_mode == e->new_mode)
			gp_buf_printf(out, " %o", 0100000 | e->old_mode);
		gp_buf_putc(out, '\n');
	}
}

static void put_entry(uint64_t *seed, struct gp_buf *out, const struct entry *e, const struct style *s)
{
	bool body = changes(&e->script);
	bool names_too = e->plain || e->kind != MODIFY || !chance(seed, 8);

	if (!e->plain) {
		gp_buf_puts(out, "diff --git ");
		put_name(out, s->a, e->from ? e->from : e->to, false);
		gp_buf_putc(out, ' ');
		put_name(out, s->b, e->to ? e->to : e->from, false);
		gp_buf_putc(out, '\n');
		put_extended(seed, out, e, s, !names_too || !chance(seed, 5));
	}
	if (!body)
		return;
	if (names_too) {
		line(out, "--- ", s->a, e->from, true);
		line(out, "+++ ", s->b, e->to, true);
	}
	put_hunks(out, &e->script, s->context);
}

static struct entry *add(struct plan *p, enum kind kind, const struct fx_file *from, const char *to)
{
	struct entry *e = &p->entry[p->n++];

	MUST(p->n <= GP_COUNT(p->entry));
	*e = (struct entry){ .kind = kind,
			     .from = from ? from->path : NULL,
			     .to = to,
			     .old_mode = from ? from->mode : 0644,
			     .new_mode = from ? from->mode : 0644 };
	return e;
}

/* What stands there, all of it by op. */
static void without_edits(struct script *s, char op)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++) {
		if (s->step[i].op == '+')
			continue;
		s->step[n] = s->step[i];
		s->step[n++].op = op;
	}
	s->n = n;
}

/* An old file's content was made with the script that changes it. */
static void from_old(uint64_t *seed, struct entry *e, const struct script *of_old, bool edit)
{
	e->script = *of_old;
	if (e->kind == DELETE)
		without_edits(&e->script, '-');
	else if (!edit)
		without_edits(&e->script, ' ');
	if (e->kind != DELETE && (chance(seed, 5) || (e->kind == MODIFY && !changes(&e->script))))
		e->new_mode ^= 0111;
}

static void finish_entry(struct fx_case *c, const struct entry *e)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	if (!e->to)
		return;
	script_side(&e->script, '+', &text);
	fx_tree_put(&c->now, e->to, e->new_mode, gp_buf_str(&text));
}

/* Which old files go where: cycles and chains among themselves, to new names, away. */
static void plan_old(uint64_t *seed, struct fx_case *c, struct plan *p, const struct script *script, size_t n)
{
	size_t cycle = n >= 2 && chance(seed, 3) ? 2 + fx_below(seed, n - 1) : 0;
	bool chain = cycle && chance(seed, 2);

	for (size_t i = 0; i < n; i++) {
		struct fx_file *f = &c->old.file[i];
		enum kind kind = (enum kind[]){ KEEP, MODIFY, MODIFY, MODIFY, RENAME, DELETE }[fx_below(seed, 6)];
		const char *to = f->path;
		struct entry *e;

		if (i < cycle) {
			kind = RENAME;
			c->chained = true;
			to = i + 1 < cycle ? c->old.file[i + 1].path : chain ? NULL : c->old.file[0].path;
		}
		if (kind == RENAME && (to == f->path || !to))
			to = free_name(seed, &c->old, &c->now);
		if (kind == KEEP)
			fx_tree_put(&c->now, f->path, f->mode, gp_buf_str(&f->data));
		if (kind == KEEP)
			continue;
		e = add(p, kind, f, kind == DELETE ? NULL : to);
		from_old(seed, e, &script[i], kind == MODIFY || chance(seed, 2));
		/* A plain diff does not say a mode. */
		e->plain = kind != RENAME && e->old_mode == e->new_mode && (kind == MODIFY || f->mode == 0644) &&
			   changes(&e->script) && chance(seed, 8);
		finish_entry(c, e);
	}
}

static void plan_new(uint64_t *seed, struct fx_case *c, struct plan *p, const struct script *script, size_t n)
{
	for (size_t k = fx_below(seed, 3); k; k--) {
		size_t i = fx_below(seed, n);
		/* Also one that a file has just left. */
		const char *to = free_name(seed, chance(seed, 4) ? &c->now : &c->old, &c->now);
		struct entry *e;

		c->reused |= fx_tree_find(&c->old, to) != NULL;
		if (n && chance(seed, 2) && strcmp(to, c->old.file[i].path) != 0) {
			e = add(p, COPY, &c->old.file[i], to);
			from_old(seed, e, &script[i], chance(seed, 2));
			c->copies = true;
		} else {
			e = add(p, CREATE, NULL, to);
			random_script(seed, &e->script, '+');
			e->new_mode = chance(seed, 3) ? 0755 : 0644;
			e->plain = !c->reused && e->new_mode == 0644 && e->script.n && chance(seed, 8);
		}
		finish_entry(c, e);
	}
}

static void swap_entries(struct plan *p, size_t i, size_t j)
{
	struct entry x = p->entry[i];

	p->entry[i] = p->entry[j];
	p->entry[j] = x;
}

/* In any order, but a file goes before another one with its name comes. */
static void shuffle(uint64_t *seed, struct plan *p)
{
	for (size_t i = p->n; i > 1; i--)
		swap_entries(p, i - 1, fx_below(seed, i));
	for (size_t i = 0; i < p->n; i++)
		for (size_t j = i + 1; j < p->n; j++)
			if (p->entry[j].kind == DELETE && p->entry[i].to &&
			    strcmp(p->entry[j].from, p->entry[i].to) == 0)
				swap_entries(p, i, j);
}

void fx_git_case(uint64_t *seed, struct fx_case *c)
{
	static struct script script[6];
	static struct plan plan;
	size_t n = fx_below(seed, GP_COUNT(script));
	struct style s;

	fx_tree_clear(&c->old);
	fx_tree_clear(&c->now);
	c->copies = c->reused = c->chained = false;
	plan.n = 0;
	for (size_t i = 0; i < n; i++) {
		gp_auto(gp_buf_release) struct gp_buf text = { 0 };

		random_script(seed, &script[i], ' ');
		script_side(&script[i], '-', &text);
		fx_tree_put(&c->old, free_name(seed, &c->old, &c->old), chance(seed, 3) ? 0755 : 0644,
			    gp_buf_str(&text));
	}
	plan_old(seed, c, &plan, script, n);
	plan_new(seed, c, &plan, script, n);
	shuffle(seed, &plan);
	c->strip = (unsigned)fx_below(seed, GP_COUNT(styles));
	s = styles[c->strip];
	s.context = 1 + fx_below(seed, 4);
	c->patch.len = 0;
	gp_buf_add(&c->patch, "", 0);
	for (size_t i = 0; i < plan.n; i++) {
		/* A plain diff behind git's headers alone would be read as theirs. */
		if (plan.entry[i].plain || chance(seed, 6))
			gp_buf_puts(&c->patch, "some words\n\n");
		put_entry(seed, &c->patch, &plan.entry[i], &s);
	}
}

/* --- plain patches --- */

/* What a diff may say behind a name. */
static const char *const stamps[] = { "",
				      "",
				      "",
				      "\t2024-02-03 04:05:06.789 +0100",
				      "\t(revision 3)",
				      "\t",
				      "\t1970-01-01 00:00:00.000000000 +0000",
				      "\t1970-01-01 01:00:00.000000000 +0100",
				      "\t1969-12-31 16:00:00.000000000 -0800",
				      "\tThu Jan  1 00:00:00 1970",
				      "\t1970-01-01 00:00:00 +0000",
				      "\t1970-01-01",
				      "\tThu, 01 Jan 1970 00:00:00 +0000",
				      "\t1970-01-01T00:00:00Z",
				      "\t1970-01-01 00:00:01 +0000" };

/* NULL: the name is /dev/null. */
static const char *stamp_of(uint64_t *seed, bool may_be_none)
{
	return may_be_none && chance(seed, 2) ? NULL : stamps[fx_below(seed, GP_COUNT(stamps))];
}

/* No name of fewer parts has a longer last one: GNU patch 2.7.6 compares that with
 * a name's that is out of the choice already, and then finds none. */
static const char *const plain_names[] = { "f", "g", "ff", "d/ff", "e/gg", "dir/gg", "d/fff", "d/e/long" };

/* A name with what -p takes off, and now and then with more than that. */
static void put_plain(uint64_t *seed, struct gp_buf *out, const char *word, const char *path, const char *stamp,
		      unsigned strip, char side)
{
	unsigned n = strip + chance(seed, 15);

	gp_buf_puts(out, word);
	if (!stamp) {
		gp_buf_puts(out, "/dev/null\n");
		return;
	}
	for (unsigned i = 0; i < n; i++)
		gp_buf_printf(out, "%c%s/", side, chance(seed, 8) ? "-1.0" : "");
	gp_buf_printf(out, "%s%s\n", path, stamp);
}

static void plain_diff(uint64_t *seed, struct fx_case *c)
{
	const char *a = plain_names[fx_below(seed, GP_COUNT(plain_names))];
	const char *b = chance(seed, 3) ? plain_names[fx_below(seed, GP_COUNT(plain_names))] : a;
	const char *x = chance(seed, 3) ? plain_names[fx_below(seed, GP_COUNT(plain_names))] : a;
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	static struct script s;
	char op = " -+"[fx_below(seed, 3)];
	bool index = chance(seed, 4);
	int lines = chance(seed, 8) ? 1 << fx_below(seed, 2) : 3;

	do
		random_script(seed, &s, op);
	while (!changes(&s));
	op = !count(&s, 0, s.n, '-') ? '+' : !count(&s, 0, s.n, '+') ? '-' : ' ';
	script_side(&s, chance(seed, 7) ? '+' : '-', &text);
	for (int i = 0; i < 3; i++)
		if (!chance(seed, 3) && (text.len || chance(seed, 2)))
			fx_tree_put(&c->old, (const char *[]){ a, b, x }[i], chance(seed, 4) ? 0755 : 0644,
				    gp_buf_str(&text));
	if (index)
		put_plain(seed, &c->patch, "Index: ", x, "", c->strip, 'i');
	if (!index)
		lines = 3;
	if (lines & 1)
		put_plain(seed, &c->patch, "--- ", a, stamp_of(seed, op == '+'), c->strip, 'a');
	if (lines & 2)
		put_plain(seed, &c->patch, "+++ ", b, stamp_of(seed, op == '-'), c->strip, 'b');
	put_hunks(&c->patch, &s, 3);
}

void fx_plain_case(uint64_t *seed, struct fx_case *c)
{
	fx_tree_clear(&c->old);
	fx_tree_clear(&c->now);
	c->copies = c->reused = c->chained = false;
	c->strip = (unsigned)fx_below(seed, 3);
	c->patch.len = 0;
	for (size_t k = 1 + chance(seed, 4); k; k--)
		plain_diff(seed, c);
}
