/* SPDX-License-Identifier: MIT */
#include "core/rules/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define PATTERN_MAX 200
/* A pattern that stands on a few letters would be found in everybody's log. */
#define PIECE_MIN 3
#define FIRST_MIN 6

static const char *const WRITERS[] = { "loader", "modules", "daemons", "unlock" };
static const char *const KINDS[] = { "fault", "doubt", "fine" };

static void message_release(struct gp_message *m)
{
	free(m->name);
	gp_list_release(&m->patterns);
	free(m->cause);
	free(m->next);
	free(m->evidence);
	free(m->file);
	*m = (struct gp_message){ 0 };
}

void gp_messages_release(struct gp_message_list *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		message_release(&l->v[i]);
	free(l->v);
	*l = (struct gp_message_list){ 0 };
}

/* --- patterns --- */

/* Take the next literal piece off a pattern. Out: false: there are no more. */
static bool piece_next(struct gp_str *rest, struct gp_str *piece)
{
	while (rest->len && *rest->p == '*')
		*rest = gp_str_skip(*rest, 1);
	*piece = (struct gp_str){ rest->p, 0 };
	while (piece->len < rest->len && rest->p[piece->len] != '*')
		piece->len++;
	*rest = gp_str_skip(*rest, piece->len);
	return piece->len;
}

static bool says_enough(const char *pattern)
{
	struct gp_str rest = gp_str_of(pattern), piece;
	size_t n = 0;

	if (!*pattern || *pattern == '*' || strstr(pattern, "**") || strlen(pattern) > PATTERN_MAX)
		return false;
	for (; piece_next(&rest, &piece); n++)
		if (piece.len < (n ? PIECE_MIN : FIRST_MIN))
			return false;
	return true;
}

/* The first place of each piece leaves the most room for those behind it. */
static bool fits(const char *pattern, struct gp_str line)
{
	struct gp_str rest = gp_str_of(pattern), piece;

	while (piece_next(&rest, &piece)) {
		ssize_t at = gp_str_find(line, piece);

		if (at < 0)
			return false;
		line = gp_str_skip(line, (size_t)at + piece.len);
	}
	return true;
}

const struct gp_message *gp_message_find(const struct gp_message_list *l, struct gp_str line)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t k = 0; k < l->v[i].patterns.n; k++)
			if (fits(l->v[i].patterns.v[k], line))
				return &l->v[i];
	return NULL;
}

/* --- reading --- */

static int take_name(struct gp_message *m, const struct gp_field *f, struct gp_err *err)
{
	m->name = gp_strdup(f->value);
	return *m->name && strspn(m->name, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(m->name) ?
		       0 :
		       gp_field_bad(f, err);
}

static int take_patterns(struct gp_message *m, const struct gp_field *f, struct gp_err *err)
{
	struct gp_str rest = gp_str_of(f->value), line;

	while (gp_text_line_next(&rest, &line)) {
		if (line.len)
			gp_list_take(&m->patterns, gp_strndup(line.p, line.len));
		if (line.len && !says_enough(m->patterns.v[m->patterns.n - 1]))
			return gp_fail(err, GP_E_FORMAT, "the pattern '%s' says too little, or too much",
				       m->patterns.v[m->patterns.n - 1]);
	}
	return m->patterns.n ? 0 : gp_field_bad(f, err);
}

/* Which of these words it is; -1. */
static int word_of(const char *const *words, size_t n, const struct gp_field *f, struct gp_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(f->value, words[i]) == 0)
			return (int)i;
	return gp_field_bad(f, err);
}

static int take_from(struct gp_message *m, const struct gp_field *f, struct gp_err *err)
{
	int w = word_of(WRITERS, GP_COUNT(WRITERS), f, err);

	m->from = (enum gp_writer)(w < 0 ? 0 : w);
	return w < 0 ? -1 : 0;
}

static int take_kind(struct gp_message *m, const struct gp_field *f, struct gp_err *err)
{
	int k = word_of(KINDS, GP_COUNT(KINDS), f, err);

	m->kind = (enum gp_message_kind)(k < 0 ? 0 : k);
	return k < 0 ? -1 : 0;
}

static int take_field(struct gp_message *m, const struct gp_field *f, struct gp_err *err)
{
	if (gp_field_is(f, "Message"))
		return take_name(m, f, err);
	if (gp_field_is(f, "From"))
		return take_from(m, f, err);
	if (gp_field_is(f, "Kind"))
		return take_kind(m, f, err);
	if (gp_field_is(f, "Pattern"))
		return take_patterns(m, f, err);
	if (gp_field_is(f, "Cause"))
		return gp_field_text(f, &m->cause, err);
	if (gp_field_is(f, "Next"))
		return gp_field_text(f, &m->next, err);
	if (gp_field_is(f, "Evidence"))
		return gp_field_text(f, &m->evidence, err);
	return gp_fail(err, GP_E_FORMAT, "unknown field '%s' of a message", f->name);
}

static int parse_one(const struct gp_stanza *s, struct gp_message *m, struct gp_err *err)
{
	static const char *const needed[] = { "Message", "From", "Kind", "Pattern", "Cause", "Evidence", NULL };

	m->file = gp_strdup(s->file);
	m->lineno = s->lineno;
	for (size_t i = 0; i < s->n; i++)
		if (take_field(m, &s->v[i], err) < 0)
			return gp_within(err, "'%s:%u'", s->file, s->v[i].lineno);
	if (gp_stanza_need(s, needed, "a message", err) < 0)
		return -1;
	if (m->kind != GP_MESSAGE_FINE && !m->next)
		return gp_fail(err, GP_E_FORMAT, "'%s:%u': 'Kind: %s' needs 'Next'", s->file, s->lineno,
			       KINDS[m->kind]);
	return 0;
}

static struct gp_message *named(const struct gp_message_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++) {
		gp_assert(l->v[i].name && name);
		if (strcmp(l->v[i].name, name) == 0)
			return &l->v[i];
	}
	return NULL;
}

static int read_all(const struct gp_stanza_list *stanzas, struct gp_message_list *l, struct gp_err *err)
{
	for (size_t i = 0; i < stanzas->n; i++) {
		struct gp_message m = { 0 };
		const struct gp_message *twin = NULL;

		if (parse_one(&stanzas->v[i], &m, err) < 0 || (twin = named(l, m.name))) {
			if (twin)
				gp_fail(err, GP_E_FORMAT, "'%s:%u': message '%s' is there already, in line %u", m.file,
					m.lineno, m.name, twin->lineno);
			message_release(&m);
			return -1;
		}
		GP_GROW(l->v, l->n, l->cap);
		l->v[l->n++] = m;
	}
	return 0;
}

int gp_messages_parse(const struct gp_stanza_list *stanzas, struct gp_message_list *l, struct gp_err *err)
{
	gp_auto(gp_messages_release) struct gp_message_list all = { 0 };
	int rc = read_all(stanzas, &all, err);
	size_t own = all.n;

	for (size_t i = 0; rc == 0 && i < l->n; i++) {
		struct gp_message *later;

		gp_assert(l->v[i].name);
		later = named(&all, l->v[i].name);
		if (later && later < all.v + own)
			continue;
		GP_GROW(all.v, all.n, all.cap);
		all.v[all.n++] = l->v[i];
		l->v[i] = (struct gp_message){ 0 };
	}
	if (rc == 0)
		GP_SWAP(*l, all);
	return rc;
}
