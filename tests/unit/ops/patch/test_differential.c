/* SPDX-License-Identifier: MIT */
/* Tests: core/diff/diff, core/diff/hunk, core/diff/reject */
/* Slow: 16 s */
/*
 * Random files, edits and targets: the installed GNU patch and gp_hunks_apply()
 * must agree on the bytes and on where each hunk went, with which fuzz; when
 * hunks fail, gp_reject_append() must write patch's .rej.
 *
 * Few distinct lines make ambiguous places frequent. GP_DIFF_CASES sets the
 * number of cases, GP_DIFF_SEED the first seed; a failure prints its own seed:
 *     GP_DIFF_SEED=<seed> GP_DIFF_CASES=1 build/tests/unit/ops/patch/test_differential
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "core/diff/diff.h"
#include "core/diff/hunk.h"
#include "core/diff/reject.h"
#include "fx_judge.h"
#include "fx_table.h"

#define DEFAULT_CASES 6000
#define DEFAULT_SEED 20240601
#define MAX_HUNKS 512

static const struct group {
	const char *name;
	int context;
	bool reverse;
} groups[] = { { "gnu patch agrees: -U0", 0, false },   { "gnu patch agrees: -U1", 1, false },
	       { "gnu patch agrees: -U2", 2, false },   { "gnu patch agrees: -U3", 3, false },
	       { "gnu patch agrees: -U5", 5, false },   { "gnu patch agrees: -U0 -R", 0, true },
	       { "gnu patch agrees: -U1 -R", 1, true }, { "gnu patch agrees: -U2 -R", 2, true },
	       { "gnu patch agrees: -U3 -R", 3, true }, { "gnu patch agrees: -U5 -R", 5, true } };

static char work_dir[64];
static bool have_tools;

/* --- random files -------------------------------------------------------- */

static uint64_t rng;

static uint64_t next_random(void)
{
	uint64_t z = (rng += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

static unsigned below(unsigned n)
{
	return n ? (unsigned)(next_random() % n) : 0;
}

static bool chance(unsigned one_in)
{
	return below(one_in) == 0;
}

/* A file as numbers of lines; the same number is the same text. */
struct doc {
	unsigned line[1024];
	size_t n;
	bool no_final_nl;
};

static unsigned kinds; /* distinct lines of this case */

static void doc_insert(struct doc *d, size_t at, unsigned line)
{
	if (d->n == GP_COUNT(d->line))
		return;
	memmove(d->line + at + 1, d->line + at, (d->n - at) * sizeof(*d->line));
	d->line[at] = line;
	d->n++;
}

static void doc_delete(struct doc *d, size_t at)
{
	if (at >= d->n)
		return;
	d->n--;
	memmove(d->line + at, d->line + at + 1, (d->n - at) * sizeof(*d->line));
}

static void doc_move_block(struct doc *d)
{
	size_t from = below((unsigned)d->n), len = 1 + below(4), to;
	unsigned block[4];

	len = from + len > d->n ? d->n - from : len;
	memcpy(block, d->line + from, len * sizeof(*block));
	for (size_t i = 0; i < len; i++)
		doc_delete(d, from);
	to = below((unsigned)d->n + 1);
	for (size_t i = 0; i < len; i++)
		doc_insert(d, to + i, block[i]);
}

static void doc_copy_block(struct doc *d)
{
	size_t from = below((unsigned)d->n), len = 1 + below(8), to = below((unsigned)d->n + 1);
	unsigned block[8];

	len = from + len > d->n ? d->n - from : len;
	memcpy(block, d->line + from, len * sizeof(*block));
	for (size_t i = 0; i < len; i++)
		doc_insert(d, to + i, block[i]);
}

static void doc_edit(struct doc *d, unsigned edits)
{
	while (edits--) {
		size_t at = below((unsigned)d->n + 1);

		switch (below(9)) {
		case 0:
		case 1:
		case 2:
			for (unsigned k = 1 + below(3); k; k--)
				doc_insert(d, at, below(kinds + 1));
			break;
		case 3:
		case 4:
			for (unsigned k = 1 + below(3); k; k--)
				doc_delete(d, at);
			break;
		case 5:
		case 6:
			if (at < d->n)
				d->line[at] = below(kinds + 1);
			break;
		case 7: doc_move_block(d); break;
		default: doc_copy_block(d);
		}
	}
}

static void doc_random(struct doc *d)
{
	static const unsigned kind_choice[] = { 1, 2, 3, 4, 6, 10, 30, 1000 };
	static const unsigned len_choice[] = { 4, 9, 20, 20, 50, 120 };
	size_t n = below(len_choice[below(GP_COUNT(len_choice))] + 1);

	kinds = kind_choice[below(GP_COUNT(kind_choice))];
	d->n = 0;
	for (size_t i = 0; i < n; i++)
		d->line[d->n++] = below(kinds);
	d->no_final_nl = chance(5);
}

static void doc_write(const struct doc *d, struct gp_buf *out)
{
	out->len = 0;
	for (size_t i = 0; i < d->n; i++) {
		bool last = i + 1 == d->n;

		/* Number 0 is an empty line, unless it could not be told from none. */
		if (d->line[i] || (last && d->no_final_nl))
			gp_buf_printf(out, "%s%u", d->line[i] & 1 ? "line " : "\t", d->line[i]);
		if (!last || !d->no_final_nl)
			gp_buf_putc(out, '\n');
	}
}

/* The file that is patched: the diff's own one, shifted, edited, or the result. */
static void make_target(struct doc *t, const struct doc *from, const struct doc *to)
{
	*t = chance(9) ? *to : *from;
	switch (below(6)) {
	case 0: break;
	case 1:
		for (unsigned k = 1 + below(12); k; k--)
			doc_insert(t, 0, below(kinds + 1));
		break;
	case 2:
		for (unsigned k = 1 + below(6); k; k--)
			doc_delete(t, 0);
		break;
	case 3: doc_edit(t, 1); break;
	default: doc_edit(t, 1 + below(5));
	}
	if (chance(8))
		t->no_final_nl = !t->no_final_nl;
}

/* --- the installed tools -------------------------------------------------- */

static void write_file(const char *name, const struct gp_buf *b)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(b->len ? b->data : "", 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

/* A file that is not there reads as empty. */
static void read_file(const char *name, struct gp_buf *b)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	b->len = 0;
	gp_buf_add(b, "", 0);
	if (fd < 0)
		return;
	do {
		gp_buf_reserve(b, 65536);
		n = read(fd, b->data + b->len, 65536);
		b->len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	b->data[b->len] = '\0';
	close(fd);
	assert_int_equal(n, 0);
}

/* What patch said about each hunk. */
struct said {
	struct {
		bool ok;
		long at, fuzz, offset;
	} hunk[MAX_HUNKS];
	size_t n;
	int rc;
	bool before_start; /* "succeeded at -1": we refuse that on purpose */
};

static long number_after(const char *line, const char *word)
{
	const char *hit = strstr(line, word);

	return hit ? strtol(hit + strlen(word), NULL, 10) : 0;
}

static void parse_said(const struct gp_buf *text, struct said *s)
{
	struct gp_str rest = gp_buf_str(text), line;

	s->n = 0;
	s->before_start = false;
	while (gp_text_line_next(&rest, &line)) {
		char *z;

		if (!gp_str_starts(line, "Hunk #") || s->n == MAX_HUNKS)
			continue;
		z = gp_strndup(line.p, line.len);
		s->hunk[s->n].ok = strstr(z, "succeeded") != NULL;
		s->hunk[s->n].at = number_after(z, " at ");
		s->hunk[s->n].fuzz = number_after(z, "with fuzz ");
		s->hunk[s->n].offset = number_after(z, "(offset ");
		s->before_start |= s->hunk[s->n].ok && s->hunk[s->n].at < 1;
		s->n++;
		free(z);
	}
}

struct fixture {
	struct gp_buf a, b, target, patch, log, theirs, ours;
	struct gp_buf their_rej, our_rej;
	unsigned strip;
	struct gp_diff diff;
	struct gp_hunk_report rep;
	struct said said;
};

static void run_patch(struct fixture *fx, unsigned fuzz, bool reverse)
{
	char f[16];
	char *argv[] = { (char *)"patch",
			 (char *)"-f",
			 (char *)(fx->strip ? "-p1" : "-p0"),
			 (char *)"--verbose",
			 (char *)"--no-backup-if-mismatch",
			 (char *)"-r",
			 (char *)"rej",
			 f,
			 (char *)"-i",
			 (char *)"p",
			 (char *)(reverse ? "-R" : NULL),
			 NULL };

	snprintf(f, sizeof(f), "-F%u", fuzz);
	write_file("t", &fx->target);
	unlink("rej");
	fx->said.rc = fx_tool(argv, "log");
	read_file("log", &fx->log);
	read_file("t", &fx->theirs);
	read_file("rej", &fx->their_rej);
	parse_said(&fx->log, &fx->said);
}

static uint64_t drift(uint64_t start)
{
	int64_t v = (int64_t)start + (int64_t)below(25) - 12;

	return chance(3) ? start : v < 0 ? 0 : (uint64_t)v;
}

/* Give the hunks other line numbers: wrong, out of order, below the end. */
static void falsify(struct gp_buf *patch)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	struct gp_str rest = gp_buf_str(patch), line;

	while (gp_text_line_next(&rest, &line)) {
		unsigned long long v[4] = { 0, 1, 0, 1 };
		char *p = gp_strndup(line.p, line.len), *s = p + 4;

		if (strncmp(p, "@@ -", 4) == 0) {
			for (int i = 0; i < 4; i += 2, s += 2) {
				v[i] = strtoull(s, &s, 10);
				if (*s == ',')
					v[i + 1] = strtoull(s + 1, &s, 10);
			}
			gp_buf_printf(&b, "@@ -%llu,%llu +%llu,%llu%s\n", (unsigned long long)drift(v[0]), v[1],
				      (unsigned long long)drift(v[2]), v[3], s);
		} else {
			gp_buf_printf(&b, "%s\n", p);
		}
		free(p);
	}
	patch->len = 0;
	gp_buf_add(patch, b.data, b.len);
}

/* As git writes it, or as a mailer does. */
static void disguise(struct fixture *fx, bool new_file, bool gone)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	bool crlf = chance(8);

	if (fx->strip && chance(2))
		gp_buf_printf(&b, "diff --git a/t b/t\n%sindex 1234567..89abcde%s\n",
			      new_file ? "new file mode 100644\n" :
			      gone     ? "deleted file mode 100644\n" :
					 "",
			      new_file || gone ? "" : " 100644");
	else if (chance(4))
		gp_buf_puts(&b, chance(2) ? "Index: t\n=====\n" : "diff -Naur a/t b/t\n");
	for (size_t i = 0; i < fx->patch.len; i++) {
		if (crlf && fx->patch.data[i] == '\n')
			gp_buf_putc(&b, '\r');
		gp_buf_putc(&b, fx->patch.data[i]);
	}
	fx->patch.len = 0;
	gp_buf_add(&fx->patch, b.data, b.len);
	write_file("p", &fx->patch);
}

/* The name in a header, with or without what else may stand there. */
static const char *label(const char *prefix, bool absent, char out[64])
{
	static const char *const stamps[] = { "", "", "\t2024-02-03 04:05:06.789 +0100", "\t(revision 3)", "\t" };

	snprintf(out, 64, "%s%s", absent ? "/dev/null" : prefix, stamps[below(GP_COUNT(stamps))]);
	return out;
}

/* false: the files are equal. */
static bool run_diff(struct fixture *fx, int context)
{
	char u[16], from[64], to[64];
	bool new_file = !fx->a.len && chance(2), gone = !fx->b.len && chance(2);
	char *argv[] = { (char *)"diff",
			 u,
			 (char *)"--label",
			 from,
			 (char *)"--label",
			 to,
			 (char *)"a",
			 (char *)"b",
			 (char *)(chance(2) ? "-F^l" : NULL),
			 NULL };

	fx->strip = below(2);
	label(fx->strip ? "a/t" : "t", new_file, from);
	label(fx->strip ? "b/t" : "t", gone, to);
	snprintf(u, sizeof(u), "-U%d", context);
	write_file("a", &fx->a);
	write_file("b", &fx->b);
	if (fx_tool(argv, "p") != 1)
		return false;
	read_file("p", &fx->patch);
	if (!new_file && !gone && chance(4))
		falsify(&fx->patch);
	disguise(fx, new_file, gone);
	return true;
}

/* --- comparing -------------------------------------------------------------- */

static void compare_hunks(const struct fixture *fx, const char *what)
{
	if (fx->rep.n != fx->said.n)
		fail_msg("%s: %zu hunks here, patch saw %zu:\n%s", what, fx->rep.n, fx->said.n, fx->log.data);
	for (size_t i = 0; i < fx->rep.n; i++) {
		const struct gp_place *p = &fx->rep.place[i];
		/* patch names another line when it found a place above the last one. */
		bool any = !p->ok && strstr(fx->log.data, "misordered");
		long at = any ? fx->said.hunk[i].at : (long)(p->ok ? p->at : p->expected);

		if (p->ok == fx->said.hunk[i].ok && at == fx->said.hunk[i].at &&
		    (long)p->fuzz == fx->said.hunk[i].fuzz && p->offset == fx->said.hunk[i].offset)
			continue;
		fail_msg("%s: hunk %zu: ok %d at %ld fuzz %u offset %ld here, but patch says:\n%s"
			 "--- target\n%s--- patch\n%s",
			 what, i + 1, p->ok, at, p->fuzz, (long)p->offset, fx->log.data, fx->target.data,
			 fx->patch.data);
	}
}

static void compare_rejects(struct fixture *fx, bool reverse, const char *what)
{
	gp_reject_append(&fx->diff.file[0], &fx->rep, fx->strip, reverse, &fx->our_rej);
	if (!gp_str_same(gp_buf_str(&fx->our_rej), gp_buf_str(&fx->their_rej)))
		fail_msg("%s: the rejects differ\n--- patch\n%s--- ours\n%s\n--- theirs\n%s\n%s", what, fx->patch.data,
			 fx->our_rej.data ? fx->our_rej.data : "", fx->their_rej.data, fx->log.data);
}

static bool starts_from_nothing(const struct gp_filediff *f, bool reverse)
{
	const struct gp_hunk *h = &f->hunk[0];

	return f->nhunk == 1 && !(reverse ? h->new_start + h->new_count : h->old_start + h->old_count);
}

static void compare(struct fixture *fx, unsigned fuzz, bool reverse, const char *what)
{
	if (fx->rep.result == GP_HUNKS_ALREADY) {
		compare_hunks(fx, what); /* of the reverse */
		assert_true(gp_str_same(gp_buf_str(&fx->ours), gp_buf_str(&fx->target)));
		run_patch(fx, 0, reverse);
		/* A hunk that starts from nothing GNU patch may put in a second time. */
		assert_true(fx->said.rc == 1 || starts_from_nothing(&fx->diff.file[0], reverse));
		return;
	}
	compare_hunks(fx, what);
	compare_rejects(fx, reverse, what);
	if ((fx->rep.result == GP_HUNKS_APPLIED) != (fx->said.rc == 0))
		fail_msg("%s: result %d here, patch exits %d (fuzz %u):\n%s", what, fx->rep.result, fx->said.rc, fuzz,
			 fx->log.data);
	if (fx->said.rc == 0 && !gp_str_same(gp_buf_str(&fx->ours), gp_buf_str(&fx->theirs)))
		fail_msg("%s: the bytes differ\n--- target\n%s--- patch\n%s--- ours\n%s"
			 "--- theirs\n%s%s",
			 what, fx->target.data, fx->patch.data, fx->ours.data, fx->theirs.data, fx->log.data);
}

/* false: there was nothing to compare. */
static bool one_case(struct fixture *fx, const struct group *g, uint64_t seed)
{
	struct doc a, b, t;
	unsigned fuzz;
	char what[96];
	bool already;

	rng = seed;
	doc_random(&a);
	b = a;
	doc_edit(&b, 1 + below(6));
	if (chance(6))
		b.no_final_nl = !b.no_final_nl;
	make_target(&t, g->reverse ? &b : &a, g->reverse ? &a : &b);
	fuzz = below(g->context > 3 ? (unsigned)g->context + 2 : 4);
	doc_write(&a, &fx->a);
	doc_write(&b, &fx->b);
	doc_write(&t, &fx->target);
	if (!run_diff(fx, g->context))
		return false;
	snprintf(what, sizeof(what), "GP_DIFF_SEED=%llu, %s -F%u", (unsigned long long)seed, g->name, fuzz);
	if (gp_diff_parse(gp_buf_str(&fx->patch), &fx->diff, NULL))
		fail_msg("%s: cannot parse:\n%s", what, fx->patch.data);
	assert_int_equal(fx->diff.nfile, 1);
	assert_int_equal(gp_hunks_apply(gp_buf_str(&fx->target), &fx->diff.file[0],
					(struct gp_hunk_how){ fuzz, g->reverse }, &fx->ours, &fx->rep, NULL),
			 0);
	already = fx->rep.result == GP_HUNKS_ALREADY;
	run_patch(fx, already ? 0 : fuzz, already ? !g->reverse : g->reverse);
	if (fx->said.before_start)
		return false;
	compare(fx, fuzz, g->reverse, what);
	return true;
}

static void fixture_clear(struct fixture *fx)
{
	gp_diff_release(&fx->diff);
	gp_hunk_report_release(&fx->rep);
	gp_buf_release(&fx->ours);
	gp_buf_release(&fx->our_rej);
}

static struct fixture fixture;

static void check_group(void **state)
{
	const struct group *g = *state;
	uint64_t cases = fx_env_number("GP_DIFF_CASES", DEFAULT_CASES) / GP_COUNT(groups);
	uint64_t seed = fx_env_number("GP_DIFF_SEED", DEFAULT_SEED + (uint64_t)(g - groups) * 1000000);
	size_t done = 0, rejects = 0, count[3] = { 0 };

	if (!have_tools) {
		print_message("skipped: 'patch' or 'diff' is not installed\n");
		skip();
	}
	for (; done < (cases ? cases : 1); seed++) {
		if (one_case(&fixture, g, seed)) {
			done++;
			count[fixture.rep.result]++;
			rejects += fixture.our_rej.len > 0;
		} else if (getenv("GP_DIFF_SEED") && cases <= 1) {
			done++; /* this seed alone was asked for */
		}
		fixture_clear(&fixture);
	}
	print_message("%zu cases: %zu applied, %zu already there, %zu failed, %zu rejects\n", done,
		      count[GP_HUNKS_APPLIED], count[GP_HUNKS_ALREADY], count[GP_HUNKS_FAILED], rejects);
}

/* --- main --------------------------------------------------------------------- */

static int setup(void **state)
{
	char *patch[] = { (char *)"patch", (char *)"--version", NULL };
	char *diff[] = { (char *)"diff", (char *)"--version", NULL };

	(void)state;
	if (fx_work_dir(work_dir, sizeof(work_dir), "diff") || chdir(work_dir))
		return -1;
	setenv("LC_ALL", "C", 1);
	unsetenv("POSIXLY_CORRECT");
	unsetenv("PATCH_GET");
	have_tools = fx_tool(patch, "log") == 0 && fx_tool(diff, "log") == 0;
	return 0;
}

static int teardown(void **state)
{
	static const char *const names[] = { "a", "b", "p", "t", "log", "t.orig", "rej" };
	struct gp_buf *bufs[] = { &fixture.a,   &fixture.b,      &fixture.target,   &fixture.patch,
				  &fixture.log, &fixture.theirs, &fixture.their_rej };

	(void)state;
	fixture_clear(&fixture);
	for (size_t i = 0; i < GP_COUNT(bufs); i++)
		gp_buf_release(bufs[i]);
	for (size_t i = 0; i < GP_COUNT(names); i++)
		unlink(names[i]);
	return chdir("/") || rmdir(work_dir) ? -1 : 0;
}

int main(void)
{
	FX_ROWS(groups, check_group, NULL, NULL);
	return fx_run(setup, teardown);
}
