/* SPDX-License-Identifier: MIT */
/* Between the files of core/rules: nobody else includes this. */
#ifndef GP_CORE_RULES_PARAGRAPH_H
#define GP_CORE_RULES_PARAGRAPH_H

#include <stdint.h>

#include "core/rules/rule.h"

/* How far a rule reaches: Lines, by default the line of its file. */
struct gp_reach {
	bool given, onward;     /* onward: Lines is ">= 6.0", for every line from there on */
	const char *text;       /* as written; belongs to the stanza */
	struct gp_ranges lines; /* empty unless given */
};

/*
 * A rule as it stands in its file. Most of what it says is the same on all of its lines,
 * of which there may be thirty: it is read once, and kept for as long as one of them
 * has it.
 */
struct gp_paragraph {
	unsigned refs;
	const struct gp_stanza *stanza; /* lives as long as files are being read */
	struct gp_reach reach;
	struct gp_rule says; /* on no line yet: its window and its texts are as written */
	bool told[5];        /* of its texts, in the order of the fields: the same of all lines */
	char *key;           /* what it asks about, less its window */
	uint32_t hash;       /* of that */
};

/*
 * Read one.
 *
 * In:     s: a rule's, with `Driver`; outlives all calls for the paragraph. home: the line
 *         of its file.
 * Out:    gp_paragraph_drop() gives it back; NULL on failure.
 * Errors: GP_E_FORMAT with "file:line": unknown field, bad value, no Driver, blocked
 *         without Reason, Lines that does not begin at home.
 */
struct gp_paragraph *gp_paragraph_read(const struct gp_stanza *s, const struct gp_line *home, struct gp_err *err);
void gp_paragraph_drop(struct gp_paragraph *p); /* NULL */

/*
 * The rule on a line. Of one over several lines a window of Release counts on the line
 * that its numbers are of, and what its texts say behind a mark for lines on those
 * (gp_told_of()).
 *
 * Out:    1; 0: it does not reach that line. gp_rule_release() frees it; zeroed but for 1.
 *         file stays NULL.
 * Errors: GP_E_FORMAT with "file:line": a bad window.
 */
int gp_paragraph_rule(struct gp_paragraph *p, const struct gp_line *home, const struct gp_line *to, struct gp_rule *out,
		      struct gp_err *err);

/* --- of rule.c --- */

/* The fields as they are written. Out: gp_rule_fields_release() frees it, also after a
 * failure. Errors: GP_E_FORMAT with "file:line". */
int gp_rule_fields(const struct gp_stanza *s, struct gp_rule *r, struct gp_err *err);
void gp_rule_fields_release(struct gp_rule *r);

/* What it claims, by its other fields. In: claims: zeroed. */
void gp_rule_fill_claims(struct gp_rule *r);

#endif
