/* SPDX-License-Identifier: MIT */
#include "ops/select/select_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/stanza.h"
#include "base/text.h"

/* The kernel lines of a catalog, from their files. */

#define RULE_FILE (1u << 20)

/* A file of rules, until all of them have been read. */
struct rule_file {
	const char *path;
	struct gp_stanza_list stanzas;
	struct gp_paragraphs said; /* its rules */
	struct gp_line line;
	struct gp_release home; /* of the line */
	bool any, replaced;     /* by a file of that name in a later directory */
};

static void rule_files_free(struct rule_file *f, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		gp_paragraphs_release(&f[i].said);
		gp_stanza_list_release(&f[i].stanzas);
		gp_line_release(&f[i].line);
	}
	free(f);
}

/* Of a file, or NULL: no such line yet. */
static struct gp_line *home_of(struct gp_catalog *c, const struct rule_file *f)
{
	return f->any ? &c->any : (struct gp_line *)gp_catalog_line(c, &f->home);
}

/* Read a file, and make room for its line. */
static int read_rules(struct gp_catalog *c, struct rule_file *f, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	if (gp_file_read(f->path, RULE_FILE, &text, err) ||
	    gp_stanza_parse(gp_buf_str(&text), f->path, &f->stanzas, err) || gp_rules_complete(&f->stanzas, err))
		return -1;
	if (!f->stanzas.n)
		return gp_fail(err, GP_E_FORMAT, "'%s': no kernel line in it", f->path);
	if (gp_line_read(&f->stanzas, &f->said, &f->line, err))
		return -1;
	f->any = f->line.any;
	f->home = f->line.release;
	if (f->replaced || home_of(c, f))
		return 0;
	GP_GROW(c->lines, c->nlines, c->lines_cap);
	c->lines[c->nlines++] = (struct gp_line){ .name = gp_strdup(f->line.name), .release = f->home };
	return 0;
}

/* The rules of a file that reach further, over the lines that they reach. What a replaced
 * file says of other lines still holds: a user's 6.8 takes back nothing of 6.9. */
static int spread(struct gp_catalog *c, struct rule_file *f, struct gp_err *err)
{
	const struct gp_line home = { .name = f->home.text, .release = f->home, .any = f->any };
	gp_auto(gp_free_ptr) struct gp_line **to = gp_alloc((c->nlines + 1) * sizeof(struct gp_line *));
	size_t n = 0;

	to[n++] = &c->any;
	for (size_t i = 0; i < c->nlines; i++)
		if (gp_version_cmp(&c->lines[i].release.ver, &f->home.ver) != 0)
			to[n++] = &c->lines[i];
	return gp_line_spread(&f->said, f->path, &home, to, n, err);
}

/* By line, so that what began first is said first; stable. */
static void sort_files(struct rule_file *f, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct rule_file x = f[i];
		size_t at = i;

		for (; at > 0 && gp_version_cmp(&f[at - 1].home.ver, &x.home.ver) > 0; at--)
			f[at] = f[at - 1];
		f[at] = x;
	}
}

/* Of a replaced file what it says of its line goes; which lines there are stays known. */
static void lay_line(struct gp_catalog *c, struct rule_file *f)
{
	if (!f->replaced) {
		gp_line_overlay(home_of(c, f), &f->line);
		return;
	}
	if (f->any && f->line.date && (!c->any.date || strcmp(f->line.date, c->any.date) > 0)) {
		free(c->any.date);
		c->any.date = gp_steal(&f->line.date);
	}
	if (!f->any || !f->line.history.n)
		return;
	gp_ranges_release(&c->any.history);
	c->any.history = f->line.history;
	f->line.history = (struct gp_ranges){ 0 };
}

/* Lay them over each other: of each directory first what stands in a line's file, then
 * what reaches it from others. */
static int lay_rules(struct gp_catalog *c, struct rule_file *f, size_t n, struct gp_err *err)
{
	size_t done = 0;

	for (size_t i = 0; i < n; i++) {
		lay_line(c, &f[i]);
		if (i + 1 < n && gp_path_same_dir(f[i].path, f[i + 1].path))
			continue;
		sort_files(&f[done], i + 1 - done);
		for (; done <= i; done++)
			if (spread(c, &f[done], err))
				return -1;
	}
	return 0;
}

static bool is_replaced(const struct gp_list *files, size_t i)
{
	for (size_t k = i + 1; k < files->n; k++)
		if (strcmp(gp_path_base(files->v[k]), gp_path_base(files->v[i])) == 0)
			return true;
	return false;
}

int gp_lines_load(struct gp_catalog *c, struct gp_err *err)
{
	size_t n = c->files.n;
	struct rule_file *f = gp_alloc((n + 1) * sizeof(*f));
	int rc = 0;

	c->any = (struct gp_line){ .name = gp_strdup("any"), .any = true };
	for (size_t i = 0; rc == 0 && i < n; i++) {
		f[i].path = c->files.v[i];
		f[i].replaced = is_replaced(&c->files, i);
		rc = read_rules(c, &f[i], err);
	}
	if (rc == 0)
		rc = lay_rules(c, f, n, err);
	rule_files_free(f, n);
	return rc;
}

/* The text up to the blank line behind the first paragraph. */
static struct gp_str first_paragraph(struct gp_str text)
{
	struct gp_str rest = text, line;
	bool begun = false;

	while (gp_text_line_next(&rest, &line)) {
		line = gp_str_trim(line);
		if (begun && !line.len)
			return (struct gp_str){ text.p, (size_t)(line.p - text.p) };
		begun |= line.len && *line.p != '#';
	}
	return text;
}

int gp_line_read_date(const char *path, char **newest, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	gp_auto(gp_stanza_list_release) struct gp_stanza_list stanzas = { 0 };
	gp_auto(gp_line_release) struct gp_line head = { 0 };

	if (gp_file_read(path, RULE_FILE, &text, err) ||
	    gp_stanza_parse(first_paragraph(gp_buf_str(&text)), path, &stanzas, err))
		return -1;
	if (!stanzas.n || !gp_stanza_field(&stanzas.v[0], "Date"))
		return 0;
	if (gp_line_parse(&stanzas, &head, err))
		return -1;
	if (!*newest || strcmp(head.date, *newest) > 0) {
		free(*newest);
		*newest = gp_steal(&head.date);
	}
	return 0;
}
