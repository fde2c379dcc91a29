/* SPDX-License-Identifier: MIT */
#include "core/rules/claim.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"

static const char *const claim_names[] = { "builds", "loads", "unlocks" };
static const char *const answer_names[] = { "unknown", "yes", "no" };
static const char *const kind_names[] = { "none", "inference", "source", "reported", "built", "booted" };

static const struct {
	const char *word;
	enum gp_evidence_kind kind;
	enum gp_claim_of most; /* the last claim that it can speak for */
} words[] = {
	{ "booted", GP_EVIDENCE_BOOTED, GP_CLAIM_LOADS },       { "built", GP_EVIDENCE_BUILT, GP_CLAIM_BUILDS },
	{ "reported", GP_EVIDENCE_REPORTED, GP_CLAIM_UNLOCKS }, { "peer", GP_EVIDENCE_REPORTED, GP_CLAIM_UNLOCKS },
	{ "source", GP_EVIDENCE_SOURCE, GP_CLAIM_UNLOCKS },     { "inference", GP_EVIDENCE_INFERENCE, GP_CLAIM_UNLOCKS }
};

const char *gp_claim_name(enum gp_claim_of of)
{
	return claim_names[of];
}

const char *gp_claim_answer_name(enum gp_claim_answer a)
{
	return answer_names[a];
}

const char *gp_evidence_kind_name(enum gp_evidence_kind k)
{
	return kind_names[k];
}

static size_t index_of(const char *word, const char *const *names, size_t n)
{
	size_t i = 0;

	while (i < n && (!word || strcmp(word, names[i]) != 0))
		i++;
	return i;
}

const char *gp_claim_note(const struct gp_claim *c, enum gp_claim_of of)
{
	return of == GP_CLAIM_UNLOCKS && c->answer == GP_CLAIM_YES ? "NVIDIA does not support it" : NULL;
}

bool gp_claim_parse(const char *answer, const char *kind, struct gp_claim *out)
{
	size_t a = index_of(answer, answer_names, GP_COUNT(answer_names));
	size_t k = kind ? index_of(kind, kind_names, GP_COUNT(kind_names)) : GP_EVIDENCE_NONE;

	if (a == GP_COUNT(answer_names) || k == GP_COUNT(kind_names))
		return false;
	out->answer = (enum gp_claim_answer)a;
	out->kind = (enum gp_evidence_kind)k;
	return true;
}

struct json_object *gp_json_claims(const struct gp_claim claims[GP_CLAIM_COUNT])
{
	struct json_object *all = json_object_new_object();

	for (const struct gp_claim *c = claims; c < claims + GP_CLAIM_COUNT; c++)
		gp_json_fill(all, GP_J(claim_names[c - claims],
				       gp_json_object(GP_J("claim", answer_names[c->answer]),
						      GP_J("kind", c->kind ? kind_names[c->kind] : NULL),
						      GP_J("source", c->source))));
	gp_json_fill(json_object_object_get(all, claim_names[GP_CLAIM_UNLOCKS]),
		     GP_J("note", gp_claim_note(&claims[GP_CLAIM_UNLOCKS], GP_CLAIM_UNLOCKS)));
	return all;
}

#define NO_WORD GP_COUNT(words)

/* A mark in a text: [built], [built 5.14, 5.16], or [5.14]. */
struct mark {
	const char *at;         /* its bracket; NULL: none */
	const char *end;        /* behind it */
	size_t word;            /* index in words, or NO_WORD */
	struct gp_ranges lines; /* of which it tells; none: of all */
};

static void mark_release(struct mark *m)
{
	gp_ranges_release(&m->lines);
}

/* In: text: at a '['. */
static bool read_mark(const char *text, struct mark *out)
{
	const char *close = strchr(text, ']');
	struct gp_str all, rest, word;

	if (!close)
		return false;
	all = rest = (struct gp_str){ text + 1, (size_t)(close - text - 1) };
	*out = (struct mark){ .at = text, .end = close + 1 };
	if (!gp_word_next(&rest, &word))
		return false;
	while (out->word < NO_WORD && !gp_str_eq(word, words[out->word].word))
		out->word++;
	rest = out->word == NO_WORD ? all : gp_str_trim(rest);
	if (!rest.len)
		return true;
	if (gp_ranges_parse(rest, &out->lines, NULL) == 0 && out->lines.v[0].lo.n == 2)
		return true;
	mark_release(out); /* [0] is none */
	return false;
}

/* The first one from text on; at its end when there is none. */
static struct mark next_mark(const char *text)
{
	struct mark m;

	for (const char *at = text; (at = strchr(at, '[')); at++)
		if (read_mark(at, &m))
			return m;
	return (struct mark){ .end = text + strlen(text) };
}

static struct gp_str trimmed(struct gp_str said)
{
	said = gp_str_trim(said);
	while (said.len && strchr(";.,", said.p[said.len - 1]))
		said.len--;
	return said;
}

/* From behind a mark to the next one. */
static char *words_of(const struct mark *m)
{
	gp_auto(mark_release) struct mark next = next_mark(m->end);
	const char *end = next.at ? next.at : next.end;
	struct gp_str said = trimmed((struct gp_str){ m->end, (size_t)(end - m->end) });

	return said.len ? gp_strndup(said.p, said.len) : NULL;
}

static char *all_of(const char *evidence)
{
	struct gp_str said = trimmed(gp_str_of(evidence));

	return said.len ? gp_strndup(said.p, said.len) : NULL;
}

enum gp_evidence_kind gp_evidence_kind(const char *evidence, enum gp_claim_of of, char **source)
{
	struct mark m = next_mark(evidence ? evidence : "");
	enum gp_evidence_kind kind = GP_EVIDENCE_INFERENCE;

	while (m.at && (m.word == NO_WORD || words[m.word].most < of)) {
		mark_release(&m);
		m = next_mark(m.end);
	}
	if (m.at)
		kind = words[m.word].kind;
	if (source)
		*source = m.at ? words_of(&m) : evidence ? all_of(evidence) : NULL;
	mark_release(&m);
	return kind;
}

/* Behind a stop, at the beginning, or behind another mark. */
static bool leads(const char *text, const char *mark)
{
	while (mark > text && mark[-1] == ' ')
		mark--;
	return mark == text || strchr(".;:]", mark[-1]);
}

bool gp_told_next(const char *text, size_t *off, struct gp_told *out)
{
	struct mark m = next_mark(text + *off), next = { 0 };
	const char *end;

	while (m.at && m.word == NO_WORD) {
		mark_release(&m);
		m = next_mark(m.end);
	}
	if (!m.at)
		return false;
	next = next_mark(m.end);
	end = next.at ? next.at : next.end;
	*out = (struct gp_told){ .kind = words[m.word].kind,
				 .leads = !*off || leads(text, m.at),
				 .was = strcmp(words[m.word].word, "peer") == 0 ? "[peer]" : NULL,
				 .words = trimmed((struct gp_str){ m.end, (size_t)(end - m.end) }) };
	*off = (size_t)(end - text);
	mark_release(&next);
	mark_release(&m);
	return true;
}

/* Append what stands behind a mark, with the mark less its lines. */
static void add_told(const struct mark *m, const char *end, struct gp_buf *out)
{
	const char *from = m->end;

	if (m->word < NO_WORD)
		gp_buf_printf(out, "[%s]", words[m->word].word);
	else
		from += strspn(from, " ");
	gp_buf_add(out, from, (size_t)(end - from));
}

char *gp_told_of(const char *text, const struct gp_version *line)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct mark m = next_mark(text);

	gp_buf_add(&out, text, (size_t)((m.at ? m.at : m.end) - text));
	while (m.at) {
		struct mark next = next_mark(m.end);

		if (!m.lines.n || gp_ranges_hold(&m.lines, line))
			add_told(&m, next.at ? next.at : next.end, &out);
		mark_release(&m);
		m = next;
	}
	while (out.len && strchr(" ;", out.data[out.len - 1]))
		out.data[--out.len] = '\0';
	return out.len ? gp_buf_detach(&out) : NULL;
}

bool gp_told_alike(const char *text)
{
	size_t len = strlen(text);
	bool alike = len && !strchr(" ;", text[len - 1]);
	struct mark m = next_mark(text);

	while (m.at && alike) {
		/* It says nothing of lines, and is written as gp_told_of() writes it. */
		alike = m.word < NO_WORD && !m.lines.n && (size_t)(m.end - m.at) == strlen(words[m.word].word) + 2;
		mark_release(&m);
		m = next_mark(m.end);
	}
	mark_release(&m);
	return alike;
}
