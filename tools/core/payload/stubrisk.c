/* SPDX-License-Identifier: MIT */
#include "core/payload/stubrisk.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/payload/runheader.h"

void gp_stub_risks_release(struct gp_stub_risks *l)
{
	free(l->v);
	*l = (struct gp_stub_risks){ 0 };
}

/* --- what sh makes of a text --- */

static bool found(struct gp_stub_risk *r, enum gp_stub_risk_kind kind, const char *p, size_t n)
{
	r->kind = kind;
	memcpy(r->holds, p, n);
	r->holds[n] = '\0';
	return true;
}

/* A '$' or '`' at i that begins something, be it in double quotes or in a
 * here-document. */
static bool expands(struct gp_str s, size_t i, struct gp_stub_risk *r)
{
	char next = i + 1 < s.len ? s.p[i + 1] : '\0';

	if (s.p[i] == '`')
		return found(r, GP_STUB_RUNS, "`", 1);
	if (s.p[i] != '$' || !next)
		return false;
	if (next == '(')
		return found(r, GP_STUB_RUNS, "$(", 2);
	return (isalnum((unsigned char)next) || strchr("{_@*#?-$!", next)) && found(r, GP_STUB_EXPANDS, s.p + i, 2);
}

static bool is_comment(struct gp_str s, size_t i)
{
	struct gp_str rest = { s.p + i, s.len - i }, trimmed = gp_str_trim(rest);

	return trimmed.len < rest.len && trimmed.p[0] == '#';
}

/* The value of an assignment, without NUL bytes: one word, of parts with quotes and without. */
static bool word_risk(struct gp_str s, struct gp_stub_risk *r)
{
	char quote = '\0';

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == '\\' && quote != '\'') {
			i++;
		} else if (quote ? c == quote : c == '"' || c == '\'') {
			if (quote && i + 1 < s.len)
				return found(r, GP_STUB_QUOTE, &c, 1);
			quote = quote ? '\0' : c;
		} else if (quote != '\'' && expands(s, i, r)) {
			return true;
		} else if (!quote && strchr(" \t;&|<>()", c)) {
			return !is_comment(s, i) && found(r, GP_STUB_RUNS, &c, 1);
		}
	}
	return quote && found(r, GP_STUB_QUOTE, &quote, 1);
}

/* A line of a here-document whose word is not quoted: quotes mean nothing there. */
static bool line_risk(struct gp_str s, struct gp_stub_risk *r)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (expands(s, i, r))
			return true;
	}
	return false;
}

/* --- where such texts are --- */

static void add(struct gp_stub_risks *l, const struct gp_stub_risk *r)
{
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = *r;
}

/* Not those that are the stub's own code, as TMPROOT=${TMPDIR:=/tmp}. */
static const char *described_by(struct gp_str name)
{
	static const char *const known[] = { "CRCsum", "MD5",       "label",      "version_string", "pkg_version",
					     "script", "targetdir", "scriptargs", "TARGET_OS",      "TARGET_ARCH" };

	for (size_t i = 0; i < GP_COUNT(known); i++)
		if (gp_str_eq(name, known[i]))
			return known[i];
	return NULL;
}

static void find_in_variables(struct gp_str stub, struct gp_stub_risks *out)
{
	struct gp_stub_walk w = { stub, 1 };
	struct gp_stub_variable v;
	struct gp_str line;

	(void)gp_text_line_next(&w.rest, &line);
	while (gp_stub_variable_next(&w, &v)) {
		struct gp_stub_risk r = { .where = described_by(v.name), .lineno = v.lineno };

		if (r.where && word_risk(v.raw, &r))
			add(out, &r);
	}
}

static const struct here_doc {
	const char *begins, *ends, *where;
} here_docs[] = { { "<< EOF_PKG_HISTORY", "EOF_PKG_HISTORY", "pkg-history" },
		  { "<< EOF_LSM", "EOF_LSM", "lsm" },
		  { "<< EOLSM", "EOLSM", "lsm" } };

static const struct here_doc *begun_by(struct gp_str line)
{
	for (size_t i = 0; i < GP_COUNT(here_docs); i++)
		if (gp_str_find(line, gp_str_of(here_docs[i].begins)) >= 0)
			return &here_docs[i];
	return NULL;
}

static void find_in_here_docs(struct gp_str stub, struct gp_stub_risks *out)
{
	struct gp_str rest = stub, line;
	const struct here_doc *in = NULL;

	for (unsigned lineno = 1; gp_text_line_next(&rest, &line); lineno++) {
		struct gp_stub_risk r = { .lineno = lineno };

		if (!in) {
			in = begun_by(line);
			continue;
		}
		r.where = in->where;
		if (gp_str_eq(line, in->ends))
			in = NULL;
		else if (line_risk(line, &r))
			add(out, &r);
	}
}

void gp_stub_risks_find(struct gp_str stub, struct gp_stub_risks *out)
{
	*out = (struct gp_stub_risks){ 0 };
	find_in_variables(stub, out);
	find_in_here_docs(stub, out);
}

/* --- in words --- */

const char *gp_stub_risk_kind_name(enum gp_stub_risk_kind k)
{
	static const char *const name[] = { "run", "expand", "quote" };

	return name[k];
}

const char *gp_stub_risk_when(const struct gp_stub_risk *r)
{
	return strcmp(r->where, "pkg-history") == 0 ? "--pkg-history" :
	       strcmp(r->where, "lsm") == 0         ? "--lsm" :
						      "every start";
}

char *gp_stub_risk_text(const struct gp_stub_risk *r)
{
	static const char *const does[] = { "run it", "expand it", "end the text there" };

	return gp_asprintf("'%s' of the stub (line %u) holds '%s': sh would %s at %s", r->where, r->lineno, r->holds,
			   does[r->kind], gp_stub_risk_when(r));
}
