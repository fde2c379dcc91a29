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
	const char *mark;
	enum gp_evidence_kind kind;
	enum gp_claim_of most; /* the last claim that it can speak for */
} marks[] = { { "[booted]", GP_EVIDENCE_BOOTED, GP_CLAIM_LOADS },
	      { "[built]", GP_EVIDENCE_BUILT, GP_CLAIM_BUILDS },
	      { "[reported]", GP_EVIDENCE_REPORTED, GP_CLAIM_UNLOCKS },
	      { "[peer]", GP_EVIDENCE_REPORTED, GP_CLAIM_UNLOCKS },
	      { "[source]", GP_EVIDENCE_SOURCE, GP_CLAIM_UNLOCKS },
	      { "[inference]", GP_EVIDENCE_INFERENCE, GP_CLAIM_UNLOCKS } };

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
	return all;
}

/* The mark that text begins with, or none: GP_COUNT(marks). */
static size_t mark_at(const char *text)
{
	size_t i = 0;

	while (i < GP_COUNT(marks) && strncmp(text, marks[i].mark, strlen(marks[i].mark)) != 0)
		i++;
	return i;
}

/* From behind a mark to the next one. */
static char *words_of(const char *text)
{
	const char *end = text;
	struct gp_str words;

	while (*end && (*end != '[' || mark_at(end) == GP_COUNT(marks)))
		end++;
	words = gp_str_trim((struct gp_str){ text, (size_t)(end - text) });
	while (words.len && strchr(";.,", words.p[words.len - 1]))
		words.len--;
	return words.len ? gp_strndup(words.p, words.len) : NULL;
}

enum gp_evidence_kind gp_evidence_kind(const char *evidence, enum gp_claim_of of, char **source)
{
	if (source)
		*source = NULL;
	for (const char *at = evidence; at && (at = strchr(at, '[')) != NULL; at++) {
		size_t i = mark_at(at);

		if (i == GP_COUNT(marks) || marks[i].most < of)
			continue;
		if (source && marks[i].kind == GP_EVIDENCE_REPORTED)
			*source = words_of(at + strlen(marks[i].mark));
		return marks[i].kind;
	}
	return GP_EVIDENCE_INFERENCE;
}
