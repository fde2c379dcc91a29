/* SPDX-License-Identifier: MIT */
#include "core/module/symvers.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* A distribution's kernel has up to 40,000. */
#define MAX_SYMBOLS (4u << 20)
/* At half load a chain this long does not happen by itself. */
#define MAX_PROBES 4096
#define MAX_FIELDS 5

void gp_symvers_release(struct gp_symvers *s)
{
	if (!s)
		return;
	free(s->v);
	free(s->slot);
	*s = (struct gp_symvers){ 0 };
}

/* FNV-1a, 64 bit, folded: the table is never longer than 2^23. */
static size_t hash_of(struct gp_str name)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < name.len; i++)
		h = (h ^ (unsigned char)name.p[i]) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

/* The slot that has name, or the empty one where it belongs; -1: too many collide. */
static ssize_t probe(const struct gp_symvers *s, struct gp_str name)
{
	size_t mask = s->nslot - 1, i = hash_of(name) & mask;

	for (size_t tries = 0; tries < MAX_PROBES; tries++, i = (i + 1) & mask)
		if (!s->slot[i] || gp_str_same(s->v[s->slot[i] - 1].name, name))
			return (ssize_t)i;
	return -1;
}

const struct gp_symver *gp_symvers_find(const struct gp_symvers *s, struct gp_str name)
{
	ssize_t i = s->nslot ? probe(s, name) : -1;

	return i < 0 || !s->slot[i] ? NULL : &s->v[s->slot[i] - 1];
}

static bool parse_crc(struct gp_str s, uint32_t *out)
{
	uint32_t v = 0;

	if (s.len < 3 || s.len > 10 || s.p[0] != '0' || s.p[1] != 'x')
		return false;
	for (size_t i = 2; i < s.len; i++) {
		char c = s.p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (uint32_t)(c - 'A' + 10);
		else
			return false;
	}
	*out = v;
	return true;
}

/* The parts between tabs; MAX_FIELDS + 1 when there are more. */
static size_t split(struct gp_str line, struct gp_str field[MAX_FIELDS])
{
	size_t n = 0;

	for (;;) {
		const char *tab = line.len ? memchr(line.p, '\t', line.len) : NULL;
		size_t len = tab ? (size_t)(tab - line.p) : line.len;

		if (n == MAX_FIELDS)
			return n + 1;
		field[n++] = (struct gp_str){ line.p, len };
		if (!tab)
			return n;
		line.p += len + 1;
		line.len -= len + 1;
	}
}

/* A CR at the end of a line would become a part of its namespace, or hide that an export
 * is for the GPL; a NUL ends a name for others. */
static bool has_control(struct gp_str line)
{
	for (size_t i = 0; i < line.len; i++)
		if ((unsigned char)line.p[i] < ' ' && line.p[i] != '\t')
			return true;
	return false;
}

/* Is it a type of export? gpl: only GPL modules may take the symbol. */
static bool parse_export(struct gp_str s, bool *gpl)
{
	/* EXPORT_UNUSED_* and _GPL_FUTURE, which only warns, until 5.11. */
	static const struct {
		const char *type;
		bool gpl;
	} known[] = { { "EXPORT_SYMBOL", false },
		      { "EXPORT_SYMBOL_GPL", true },
		      { "EXPORT_UNUSED_SYMBOL", false },
		      { "EXPORT_UNUSED_SYMBOL_GPL", true },
		      { "EXPORT_SYMBOL_GPL_FUTURE", false } };

	for (size_t i = 0; i < GP_COUNT(known); i++)
		if (gp_str_eq(s, known[i].type)) {
			*gpl = known[i].gpl;
			return true;
		}
	return false;
}

static bool parse_line(struct gp_str line, struct gp_symver *out)
{
	struct gp_str field[MAX_FIELDS] = { { 0 } }, export;
	size_t n = split(line, field);

	if (n < 4 || n > MAX_FIELDS || !field[1].len || !parse_crc(field[0], &out->crc) || has_control(line))
		return false;
	out->name = field[1];
	if (n == 5 && !gp_str_starts(field[3], "EXPORT_")) {
		out->ns = field[2];
		out->module = field[3];
		export = field[4];
	} else {
		out->module = field[2];
		export = field[3];
		out->ns = n == 5 ? field[4] : (struct gp_str){ "", 0 };
	}
	return out->module.len && parse_export(export, &out->gpl_only);
}

static int fill_table(struct gp_symvers *s, struct gp_err *err)
{
	for (s->nslot = 64; s->nslot < 2 * s->n; s->nslot *= 2)
		;
	s->slot = gp_alloc(s->nslot * sizeof(*s->slot));
	for (size_t i = 0; i < s->n; i++) {
		ssize_t at = probe(s, s->v[i].name);

		if (at < 0)
			return gp_fail(err, GP_E_FORMAT, "the symbols' names were made to collide");
		if (!s->slot[at])
			s->slot[at] = (uint32_t)(i + 1);
	}
	return 0;
}

int gp_symvers_parse(struct gp_str text, struct gp_symvers *out, struct gp_err *err)
{
	struct gp_str line;

	*out = (struct gp_symvers){ 0 };
	/* Lines have 60 to 70 bytes: seldom grown, and bounded by what is there. */
	out->cap = text.len / 64 + 8;
	out->v = gp_realloc(NULL, out->cap, sizeof(*out->v));
	for (size_t lineno = 1; gp_text_line_next(&text, &line); lineno++) {
		struct gp_symver sym;

		if (out->n == MAX_SYMBOLS || !parse_line(line, &sym)) {
			bool many = out->n == MAX_SYMBOLS;

			gp_symvers_release(out);
			return many ? gp_fail(err, GP_E_FORMAT, "more than %u symbols", MAX_SYMBOLS) :
				      gp_fail(err, GP_E_FORMAT, "line %zu is not a symbol", lineno);
		}
		GP_GROW(out->v, out->n, out->cap);
		out->v[out->n++] = sym;
	}
	if (fill_table(out, err) < 0) {
		gp_symvers_release(out);
		return -1;
	}
	return 0;
}
