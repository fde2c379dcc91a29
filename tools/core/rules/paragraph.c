/* SPDX-License-Identifier: MIT */
#include "core/rules/paragraph.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* --- how far it reaches --- */

/* A rule stands where it begins, and ends at a line, or not at all. */
static int check_reach(const struct gp_reach *r, const struct gp_line *home, struct gp_err *err)
{
	for (size_t i = 0; i < r->lines.n; i++) {
		const struct gp_range *l = &r->lines.v[i];

		if (!l->has_lo || l->lo_open || l->lo.n != 2 || (l->has_hi ? l->hi.n != 2 : !r->onward))
			return gp_fail(err, GP_E_FORMAT, "Lines '%s': neither like '5.10 - 5.12, 5.14' nor '>= 6.0'",
				       r->text);
		if (gp_version_cmp(&l->lo, &home->release.ver) < 0 ||
		    (i == 0 && gp_version_cmp(&l->lo, &home->release.ver) > 0))
			return gp_fail(err, GP_E_FORMAT, "Lines '%s' does not begin at %s, the line of this file",
				       r->text, home->name);
	}
	return 0;
}

static int find_reach(const struct gp_stanza *s, const struct gp_line *home, struct gp_reach *out, struct gp_err *err)
{
	const struct gp_field *f = gp_stanza_field(s, "Lines");

	*out = (struct gp_reach){ .given = f != NULL };
	if (!f)
		return 0;
	out->text = f->value;
	if (home->any)
		gp_fail(err, GP_E_FORMAT, "'Lines' of a rule for every line: it belongs where it begins");
	else if (gp_ranges_parse(gp_str_of(f->value), &out->lines, err) == 0) {
		out->onward = out->lines.n == 1 && !out->lines.v[0].has_hi;
		if (check_reach(out, home, err) == 0)
			return 0;
	}
	return gp_within(err, "'%s:%u'", s->file, f->lineno);
}

static bool reaches(const struct gp_reach *r, const struct gp_line *home, const struct gp_line *to)
{
	if (!r->given)
		return to == home;
	return r->onward ? to->any : !to->any && gp_ranges_hold(&r->lines, &to->release.ver);
}

/* --- what it asks about --- */

/* Runs of blanks become one, so that layout is no difference. */
static void add_squeezed(struct gp_buf *b, const char *s)
{
	struct gp_str rest = gp_str_of(s ? s : ""), word;

	while (gp_text_word_next(&rest, &word)) {
		gp_buf_add(b, word.p, word.len);
		gp_buf_putc(b, ' ');
	}
	gp_buf_putc(b, '\n');
}

static char *key_of(const struct gp_rule *r)
{
	struct gp_buf b = { 0 };

	add_squeezed(&b, r->driver_text);
	gp_buf_printf(&b, "%x\n", r->kinds);
	add_squeezed(&b, r->rhel_text);
	add_squeezed(&b, r->distro_text);
	for (size_t i = 0; i < r->modules.n; i++)
		add_squeezed(&b, r->modules.v[i]);
	for (size_t i = 0; i < r->nprobes; i++)
		add_squeezed(&b, r->probes[i].text);
	return gp_buf_detach(&b);
}

/* FNV-1a: most keys begin alike, and each is compared with all of its line. */
static uint32_t hash_of(const char *key)
{
	uint32_t h = 2166136261u;

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * 16777619u;
	return h;
}

static bool same_words(const char *a, const char *b)
{
	struct gp_str x = gp_str_of(a ? a : ""), y = gp_str_of(b ? b : ""), v, w;

	for (;;) {
		bool more = gp_text_word_next(&x, &v);

		if (gp_text_word_next(&y, &w) != more)
			return false;
		if (!more)
			return true;
		if (!gp_str_same(v, w))
			return false;
	}
}

bool gp_rule_same(const struct gp_rule *a, const struct gp_rule *b)
{
	if (a->from != b->from && (a->from->hash != b->from->hash || strcmp(a->from->key, b->from->key) != 0))
		return false;
	return same_words(a->release_text, b->release_text);
}

/* --- reading --- */

/* A rule's texts, in the order of `told`. */
static void texts_of(struct gp_rule *r, char **out[5])
{
	char **const texts[] = { &r->reason, &r->instead, &r->evidence, &r->load_evidence, &r->hooks_evidence };

	memcpy(out, texts, sizeof(texts));
}

static void find_told(struct gp_paragraph *p)
{
	char **texts[GP_COUNT(p->told)];

	texts_of(&p->says, texts);
	for (size_t i = 0; i < GP_COUNT(p->told); i++)
		p->told[i] = !*texts[i] || gp_told_alike(*texts[i]);
}

static void paragraph_free(struct gp_paragraph *p)
{
	gp_ranges_release(&p->reach.lines);
	gp_rule_fields_release(&p->says);
	free(p->key);
	free(p);
}

void gp_paragraph_drop(struct gp_paragraph *p)
{
	if (p && --p->refs == 0)
		paragraph_free(p);
}

void gp_paragraphs_release(struct gp_paragraphs *l)
{
	for (size_t i = 0; i < l->n; i++)
		gp_paragraph_drop(l->v[i]);
	free(l->v);
	*l = (struct gp_paragraphs){ 0 };
}

struct gp_paragraph *gp_paragraph_read(const struct gp_stanza *s, const struct gp_line *home, struct gp_err *err)
{
	struct gp_paragraph *p = gp_alloc(sizeof(*p));

	p->refs = 1;
	p->stanza = s;
	if (find_reach(s, home, &p->reach, err) < 0 || gp_rule_fields(s, &p->says, err) < 0) {
		paragraph_free(p);
		return NULL;
	}
	p->key = key_of(&p->says);
	p->hash = hash_of(p->key);
	gp_rule_fill_claims(&p->says);
	find_told(p);
	return p;
}

/* --- on a line --- */

/* Are the numbers of a window those of that line? */
static bool is_window_of(const struct gp_range *r, const struct gp_version *line)
{
	const struct gp_version *v = r->has_lo ? &r->lo : &r->hi;

	return v->part[0] == line->part[0] && v->part[1] == line->part[1];
}

/* Of the windows of a rule over several lines the one that counts on this one. */
static int pick_window(struct gp_rule *r, const struct gp_reach *reach, const struct gp_release *line,
		       struct gp_err *err)
{
	struct gp_str rest = gp_str_of(r->from->says.release_text), text;
	struct gp_range w;

	while (gp_ranges_next(&rest, &text)) {
		if (gp_range_parse_window(text, &w, err))
			return -1;
		if (!gp_ranges_hold(&reach->lines, w.has_lo ? &w.lo : &w.hi))
			return gp_fail(err, GP_E_FORMAT, "Release '%.*s' is of none of the rule's lines", (int)text.len,
				       text.p);
		if (!is_window_of(&w, &line->ver))
			continue;
		if (r->release_text)
			return gp_fail(err, GP_E_FORMAT, "Release has two windows of %s", line->text);
		r->release_text = gp_strndup(text.p, text.len);
		r->release = w;
	}
	return 0;
}

/* In: r: without a window. */
static int find_window(struct gp_rule *r, const struct gp_line *to, struct gp_err *err)
{
	const struct gp_reach *reach = &r->from->reach;
	char *written = r->from->says.release_text;

	if (written && reach->onward)
		return gp_fail(err, GP_E_FORMAT, "Release, and Lines '%s' without an end", reach->text);
	if (written && reach->given) {
		if (pick_window(r, reach, &to->release, err))
			return -1;
	} else {
		r->release_text = reach->onward ? gp_strdup(reach->text) : written;
		if (r->release_text && gp_range_parse_window(gp_str_of(r->release_text), &r->release, err))
			return -1;
	}
	r->has_release = r->release_text != NULL;
	return 0;
}

/* Of the texts what is told of the line, and what the rule claims by them. */
static void pick_texts(struct gp_rule *r, const struct gp_release *line)
{
	const struct gp_paragraph *p = r->from;
	char **texts[GP_COUNT(p->told)];
	bool alike = true;

	texts_of(r, texts);
	for (size_t i = 0; i < GP_COUNT(p->told); i++) {
		if (!p->told[i])
			*texts[i] = gp_told_of(*texts[i], &line->ver);
		alike &= p->told[i];
	}
	if (alike)
		return;
	memset(r->claims, 0, sizeof(r->claims));
	gp_rule_fill_claims(r);
}

static void drop_text(char **own, const char *shared)
{
	if (*own != shared)
		free(*own);
}

void gp_rule_release(struct gp_rule *r)
{
	struct gp_paragraph *p = r ? r->from : NULL;
	char **own[GP_COUNT(p->told)], **shared[GP_COUNT(p->told)];

	if (!p)
		return;
	texts_of(r, own);
	texts_of(&p->says, shared);
	for (size_t i = 0; i < GP_COUNT(p->told); i++)
		drop_text(own[i], *shared[i]);
	for (size_t i = 0; i < GP_CLAIM_COUNT; i++)
		drop_text((char **)&r->claims[i].source, p->says.claims[i].source);
	drop_text(&r->release_text, p->says.release_text);
	*r = (struct gp_rule){ 0 };
	gp_paragraph_drop(p);
}

int gp_paragraph_rule(struct gp_paragraph *p, const struct gp_line *home, const struct gp_line *to, struct gp_rule *out,
		      struct gp_err *err)
{
	const struct gp_field *release = gp_stanza_field(p->stanza, "Release");

	*out = (struct gp_rule){ 0 };
	if (!reaches(&p->reach, home, to))
		return 0;
	p->refs++;
	*out = p->says;
	out->from = p;
	out->any_line = to->any;
	out->release_text = NULL;
	if (find_window(out, to, err) < 0) {
		gp_rule_release(out);
		return gp_within(err, "'%s:%u'", p->stanza->file, release ? release->lineno : p->stanza->lineno);
	}
	if (p->reach.given && !to->any)
		pick_texts(out, &to->release);
	return 1;
}
