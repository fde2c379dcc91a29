/* SPDX-License-Identifier: MIT */
#include "core/diff/lintpatch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/diff/diff.h"
#include "base/stanza.h"

#define CONTEXT_MAX 3

void gp_finding_add(struct gp_findings *l, const char *file, size_t lineno, const char *todo, const char *fmt, ...)
{
	struct gp_err said = { 0 };
	char what[640];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	gp_fail(&said, GP_E_NO, "%s", what); /* masks it */
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct gp_finding){
		.file = gp_strdup(file), .lineno = lineno, .what = gp_strdup(said.cause), .todo = gp_strdup(todo)
	};
}

void gp_findings_release(struct gp_findings *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].file);
		free(l->v[i].what);
		free(l->v[i].todo);
	}
	free(l->v);
	*l = (struct gp_findings){ 0 };
}

/* --- the header --- */

static const struct gp_field *field(const struct gp_stanza_list *header, const char *name)
{
	for (size_t i = 0; i < header->n; i++) {
		const struct gp_field *f = gp_stanza_field(&header->v[i], name);

		if (f && *f->value)
			return f;
	}
	return NULL;
}

/* `gridpatch new-set` leaves fields to be filled in. */
static void lint_stub(const struct gp_stanza_list *header, const char *file, struct gp_findings *found)
{
	for (size_t i = 0; header->n && i < header->v[0].n; i++) {
		const struct gp_field *f = &header->v[0].v[i];

		if (strstr(f->value, "TODO"))
			gp_finding_add(found, file, f->lineno, "write what its TODO asks for", "%s is not filled in",
				       f->name);
	}
}

static void lint_header(struct gp_str text, const char *file, struct gp_findings *found)
{
	gp_auto(gp_stanza_list_release) struct gp_stanza_list header = { 0 };
	const struct gp_field *update;
	struct gp_err err = { 0 };

	if (gp_stanza_parse_header(text, file, &header, &err) < 0) {
		gp_finding_add(found, file, 0, "write it as DEP-3 says, one 'Field: value' a line",
			       "the header cannot be read: %s", err.cause);
		return;
	}
	if (!field(&header, "Description") && !field(&header, "Subject"))
		gp_finding_add(found, file, 1, "say what the patch does and why", "no Description");
	if (!field(&header, "Origin") && !field(&header, "Author"))
		gp_finding_add(found, file, 1, "say who wrote it, or where it comes from", "no Origin and no Author");
	update = field(&header, "Last-Update");
	if (!update)
		gp_finding_add(found, file, 1, "add Last-Update: YYYY-MM-DD", "no Last-Update");
	else if (!gp_str_is_date(gp_str_of(update->value)))
		gp_finding_add(found, file, update->lineno, "write it as YYYY-MM-DD", "Last-Update '%s' is not a date",
			       update->value);
	if (!field(&header, "Scope"))
		gp_finding_add(found, file, 1,
			       "add 'Scope: neutral' if it is guarded in its own code, else the kernels it is for",
			       "no Scope");
	lint_stub(&header, file, found);
}

/* --- the hunks --- */

static void lint_context(const struct gp_hunk *h, const char *file, struct gp_findings *found)
{
	size_t run = 0, most = 0;
	bool changed = false;

	for (size_t i = 0; i <= h->nline; i++) {
		bool context = i < h->nline && h->line[i].op == ' ';
		/* Between two changes the lines belong to both. */
		size_t sides = changed && i < h->nline ? 2 : 1;

		if (context) {
			run++;
			continue;
		}
		if ((run + sides - 1) / sides > most)
			most = (run + sides - 1) / sides;
		changed = true;
		run = 0;
	}
	if (most > CONTEXT_MAX)
		gp_finding_add(found, file, h->lineno, "make it again with diff -U3",
			       "the hunk quotes %zu lines of context on a side, and %d are the limit", most,
			       CONTEXT_MAX);
}

static bool names_licence(const struct gp_dline *l)
{
	return gp_str_find(l->text, GP_STR("MODULE_LICENSE")) >= 0;
}

/* Count the changed lines of a file: those with a licence, and the others. */
static void count_lines(const struct gp_filediff *f, size_t *licence, size_t *other)
{
	for (size_t i = 0; i < f->nhunk; i++) {
		for (size_t k = 0; k < f->hunk[i].nline; k++) {
			const struct gp_dline *l = &f->hunk[i].line[k];

			if (l->op == ' ')
				continue;
			if (names_licence(l))
				++*licence;
			else
				++*other;
		}
	}
}

static void lint_licence(const struct gp_diff *d, const char *file, unsigned strip, struct gp_findings *found,
			 struct gp_list *licensed)
{
	size_t changed = 0, other = 0, lineno = 0;

	for (size_t i = 0; i < d->nfile; i++) {
		size_t before = changed;
		char *target;

		count_lines(&d->file[i], &changed, &other);
		if (changed == before)
			continue;
		if (!lineno)
			lineno = d->file[i].lineno;
		target = gp_diff_target(&d->file[i], strip, false, NULL);
		if (target)
			gp_list_take(licensed, target);
	}
	if (changed && other)
		gp_finding_add(found, file, lineno, "move the licence line to a patch of its own",
			       "it changes a MODULE_LICENSE line and %zu others", other);
}

void gp_lint_patch(struct gp_str text, const char *file, unsigned strip, struct gp_findings *found,
		   struct gp_list *licensed)
{
	gp_auto(gp_diff_release) struct gp_diff d = { 0 };
	struct gp_err err = { 0 };

	lint_header(text, file, found);
	if (gp_diff_parse(text, &d, &err) < 0) {
		gp_finding_add(found, file, 0, "make it again with diff -u", "%s", err.cause);
		return;
	}
	for (size_t i = 0; i < d.nfile; i++)
		for (size_t k = 0; k < d.file[i].nhunk; k++)
			lint_context(&d.file[i].hunk[k], file, found);
	lint_licence(&d, file, strip, found, licensed);
}

bool gp_lint_is_mit(struct gp_str source)
{
	ssize_t end;

	while (source.len && strchr(" \t\r\n", *source.p)) {
		source.p++;
		source.len--;
	}
	end = gp_str_find(source, GP_STR("*/"));
	if (end < 0 || !gp_str_starts(source, "/*"))
		return false;
	source.len = (size_t)end;
	return gp_str_find(source, GP_STR("SPDX-License-Identifier: MIT")) >= 0 ||
	       gp_str_find(source, GP_STR("Permission is hereby granted, free of charge")) >= 0;
}
