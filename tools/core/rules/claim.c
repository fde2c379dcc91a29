/* SPDX-License-Identifier: MIT */
#include "core/rules/claim.h"

#include <string.h>

#include "base/buf.h"
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

/* A mark in an evidence: [built], or [built 5.14, 5.16]. */
struct mark {
	const char *at;      /* its bracket; NULL: none */
	const char *end;     /* behind it */
	size_t word;         /* index in words */
	struct gp_str lines; /* of which it tells; empty: of all */
};

static bool read_mark(const char *text, struct mark *out)
{
	const char *close = strchr(text, ']');
	struct gp_str rest, word;

	if (*text != '[' || !close)
		return false;
	rest = (struct gp_str){ text + 1, (size_t)(close - text - 1) };
	*out = (struct mark){ .at = text, .end = close + 1 };
	if (!gp_word_next(&rest, &word))
		return false;
	while (out->word < GP_COUNT(words) && !gp_str_eq(word, words[out->word].word))
		out->word++;
	out->lines = gp_str_trim(rest);
	return out->word < GP_COUNT(words) && (!out->lines.len || (out->lines.p[0] >= '0' && out->lines.p[0] <= '9'));
}

/* The first one from text on; at its end when there is none. */
static struct mark next_mark(const char *text)
{
	struct mark m;

	for (; *text; text++)
		if (read_mark(text, &m))
			return m;
	return (struct mark){ .end = text };
}

/* From behind a mark to the next one. */
static char *words_of(const struct mark *m)
{
	const struct mark next = next_mark(m->end);
	const char *end = next.at ? next.at : next.end;
	struct gp_str said = gp_str_trim((struct gp_str){ m->end, (size_t)(end - m->end) });

	while (said.len && strchr(";.,", said.p[said.len - 1]))
		said.len--;
	return said.len ? gp_strndup(said.p, said.len) : NULL;
}

enum gp_evidence_kind gp_evidence_kind(const char *evidence, enum gp_claim_of of, char **source)
{
	struct mark m = next_mark(evidence ? evidence : "");

	if (source)
		*source = NULL;
	while (m.at && words[m.word].most < of)
		m = next_mark(m.end);
	if (!m.at)
		return GP_EVIDENCE_INFERENCE;
	if (source && words[m.word].kind == GP_EVIDENCE_REPORTED)
		*source = words_of(&m);
	return words[m.word].kind;
}

static bool tells_of(const struct mark *m, const struct gp_version *line)
{
	gp_auto(gp_ranges_release) struct gp_ranges lines = { 0 };

	return !m->lines.len || (gp_ranges_parse(m->lines, &lines, NULL) == 0 && gp_ranges_hold(&lines, line));
}

char *gp_evidence_on(const char *evidence, const struct gp_version *line)
{
	struct gp_buf out = { 0 };
	struct mark m = next_mark(evidence);

	gp_buf_add(&out, evidence, (size_t)((m.at ? m.at : m.end) - evidence));
	while (m.at) {
		const struct mark next = next_mark(m.end);

		if (tells_of(&m, line)) {
			gp_buf_printf(&out, "[%s]", words[m.word].word);
			gp_buf_add(&out, m.end, (size_t)((next.at ? next.at : next.end) - m.end));
		}
		m = next;
	}
	while (out.len && strchr(" ;", out.data[out.len - 1]))
		out.data[--out.len] = '\0';
	return out.len ? gp_buf_detach(&out) : NULL;
}
