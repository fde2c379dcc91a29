/* SPDX-License-Identifier: MIT */
#include "ops/proof/fact.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "core/rules/release.h"
#include "core/rules/rule.h"
#include "ops/patch/patchset.h"

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* name in s, not as a part of a longer word. */
static bool names(struct gp_str s, const char *name)
{
	struct gp_str needle = gp_str_of(name);
	ssize_t at;

	while ((at = gp_str_find(s, needle)) >= 0) {
		const char *p = s.p + at, *end = s.p + s.len;

		if ((p == s.p || !is_word(p[-1])) && (p + needle.len == end || !is_word(p[needle.len])))
			return true;
		s.len -= (size_t)at + 1;
		s.p = p + 1;
	}
	return false;
}

/* An empty line: what follows is about another release. */
static bool paragraph_ends(struct gp_str s)
{
	size_t n = 1;

	if (s.p[0] != '\n')
		return false;
	while (n < s.len && (s.p[n] == ' ' || s.p[n] == '\t'))
		n++;
	return n < s.len && s.p[n] == '\n';
}

static bool sentence_ends(struct gp_str s)
{
	return s.p[0] == ';' || (s.p[0] == '.' && (s.len == 1 || isspace((unsigned char)s.p[1]))) || paragraph_ends(s);
}

/* The next sentence, or part of one up to ';'. */
static bool next_sentence(struct gp_str *rest, struct gp_str *out)
{
	size_t n = 0;

	*rest = gp_str_trim(*rest);
	while (n < rest->len && !sentence_ends((struct gp_str){ rest->p + n, rest->len - n }))
		n++;
	*out = (struct gp_str){ rest->p, n };
	if (n < rest->len)
		n++;
	rest->p += n;
	rest->len -= n;
	return n > 0;
}

/* On one line, blanks squeezed. */
static void add_sentence(struct gp_buf *out, struct gp_str s)
{
	struct gp_str word;
	const char *between = "";

	while (gp_text_word_next(&s, &word)) {
		if (gp_str_eq(word, "."))
			continue;
		gp_buf_puts(out, between);
		gp_buf_add(out, word.p, word.len);
		between = " ";
	}
}

static bool line_tells(const struct gp_line *l, const char *name, struct gp_buf *out)
{
	struct gp_str rest = gp_str_of(l->changes ? l->changes : ""), s;

	while (next_sentence(&rest, &s)) {
		if (!names(s, name))
			continue;
		gp_buf_printf(out, "%s: ", l->name);
		add_sentence(out, s);
		return true;
	}
	return false;
}

static void ask_lines(const struct gp_catalog *c, const char *name, const struct gp_release *release,
		      struct gp_buf *out)
{
	for (size_t i = c->nlines; i-- > 0;) {
		const struct gp_version *line = &c->lines[i].release.ver, *own = &release->ver;

		if (line->part[0] > own->part[0] || (line->part[0] == own->part[0] && line->part[1] > own->part[1]))
			continue;
		if (line_tells(&c->lines[i], name, out))
			return;
	}
	line_tells(&c->any, name, out);
}

/* In the header of a patch, or on a line that it takes out. */
static bool patch_is_about(struct gp_str text, const char *name)
{
	struct gp_str line;
	bool header = true;

	while (gp_text_line_next(&text, &line)) {
		header = header && !gp_str_starts(line, "--- ");
		if ((header || (gp_str_starts(line, "-") && !gp_str_starts(line, "--- "))) && names(line, name))
			return true;
	}
	return false;
}

static bool set_is_about(const struct gp_patchset *set, const char *name)
{
	for (size_t i = 0; i < set->series.n; i++)
		if (patch_is_about(gp_buf_str(&set->text[i]), name))
			return true;
	return false;
}

char *gp_fact_find(const struct gp_catalog *c, const char *name, const struct gp_release *release,
		   const struct gp_list *applied)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	ask_lines(c, name, release, &out);
	for (size_t i = 0; i < c->nsets; i++) {
		const struct gp_patchset *set = &c->sets[i];

		if (gp_list_has(applied, set->name) || !set_is_about(set, name))
			continue;
		gp_buf_printf(&out, "%spatch set %s is about %s", out.len ? "; " : "", set->name, name);
		break;
	}
	return out.len ? gp_buf_detach(&out) : NULL;
}
