/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_CLAIM_H
#define GP_CORE_RULES_CLAIM_H

#include "core/rules/release.h"

struct json_object;

/* What is claimed of a driver on a kernel, and how that is known. */

enum gp_claim_of { GP_CLAIM_BUILDS, GP_CLAIM_LOADS, GP_CLAIM_UNLOCKS };
#define GP_CLAIM_COUNT (GP_CLAIM_UNLOCKS + 1)

enum gp_claim_answer { GP_CLAIM_UNKNOWN, GP_CLAIM_YES, GP_CLAIM_NO };

/* How a claim is known, the stronger the greater. */
enum gp_evidence_kind {
	GP_EVIDENCE_NONE,
	GP_EVIDENCE_INFERENCE, /* concluded from something near by */
	GP_EVIDENCE_SOURCE,    /* read in source */
	GP_EVIDENCE_REPORTED,  /* somebody else says so */
	GP_EVIDENCE_BUILT,     /* by gridpatch's authors */
	GP_EVIDENCE_BOOTED     /* by them: the kernel was asked */
};

struct gp_claim {
	enum gp_claim_answer answer;
	enum gp_evidence_kind kind; /* none when the answer is unknown */
	const char *source;         /* what was built, who reports it and where, what was read,
				     * from what it is concluded; NULL when unknown, or nobody says */
};

const char *gp_claim_name(enum gp_claim_of of);             /* "builds", "loads", "unlocks" */
const char *gp_claim_answer_name(enum gp_claim_answer a);   /* "unknown", "yes", "no" */
const char *gp_evidence_kind_name(enum gp_evidence_kind k); /* "none", "inference", … */

/*
 * Read what these names say; the source stays as it is.
 *
 * In:  answer; kind may be NULL: none.
 * Out: false when one of them is not known.
 */
bool gp_claim_parse(const char *answer, const char *kind, struct gp_claim *out);

/* What must be said beside a claim: that a card unlocks nobody answers for. NULL: nothing. */
const char *gp_claim_note(const struct gp_claim *c, enum gp_claim_of of);

/* "claims" of a report, {"builds": {"claim": "yes", "kind": "built", "source": "…"}, …}. */
struct json_object *gp_json_claims(const struct gp_claim claims[GP_CLAIM_COUNT]);

/*
 * How a claim is known: by the first mark in its evidence that can speak for it. Later
 * marks may be about something else ("[inference] …; 5.11 builds with it [built]").
 * [built] cannot speak for loading, [booted] not for unlocking.
 *
 * In:  evidence: with marks [booted], [built], [reported] (or [peer], as it was called),
 *      [source], [inference]; may be NULL, or have none: inference.
 * Out: *source: a copy of the words behind that mark, up to the next one; of all of the
 *      evidence when no mark can speak for the claim. free() it; NULL: no words. May be
 *      NULL.
 */
enum gp_evidence_kind gp_evidence_kind(const char *evidence, enum gp_claim_of of, char **source);

/* A mark of evidence, and what stands behind it up to the next one. */
struct gp_told {
	enum gp_evidence_kind kind;
	bool leads;          /* it begins what is said; else it reminds: "as on 5.11 [built]". The
			      * first one of a text always leads */
	const char *was;     /* an old word for the kind, "[peer]"; NULL */
	struct gp_str words; /* trimmed */
};

/* The next mark of a kind from *off on, which goes behind its words. Out: false: none. */
bool gp_told_next(const char *text, size_t *off, struct gp_told *out);

/*
 * What of a text is told of a line: all but what stands behind a mark for other lines,
 * like [built 5.14, 5.16 - 5.17] or [5.14], up to the next mark. Marks lose the lines.
 *
 * Out: free() it; NULL: nothing.
 */
char *gp_told_of(const char *text, const struct gp_version *line);

/* Is that the text itself, whatever the line? In doubt: no. */
bool gp_told_alike(const char *text);

#endif
