/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_STANZA_H
#define GP_BASE_STANZA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* One `Name: value`. A folded value has one '\n' per fold. */
struct gp_field {
	char *name;
	char *value;
	unsigned lineno;
};

/* A paragraph of fields. */
struct gp_stanza {
	struct gp_field *v;
	size_t n, cap;
	unsigned lineno; /* of its first field */
	char *file;      /* the origin that the parser was given */
};

struct gp_stanza_list {
	struct gp_stanza *v;
	size_t n, cap;
};

void gp_stanza_list_release(struct gp_stanza_list *l);

/*
 * Parse paragraphs of fields.
 *
 * A line that starts with '#' is a comment. A line that starts with a blank
 * continues the value above; a lone '.' in it stands for an empty line. Blanks
 * at both ends of each line are dropped. An empty or all-blank line ends the
 * paragraph. CRLF line ends and a missing last newline are fine.
 *
 * In:     text: untrusted. origin: the file's name, for messages.
 * Out:    *out (zeroed before) belongs to the caller: gp_stanza_list_release();
 *         empty on failure.
 * Errors: GP_E_FORMAT with "origin:line" for a line without colon, a bad or
 *         doubled field name, a continuation of nothing, a NUL byte.
 * Source: deb822(5) of dpkg 1.21; comments as in its "Syntax" section.
 */
int gp_stanza_parse(struct gp_str text, const char *origin, struct gp_stanza_list *out, struct gp_err *err);

/*
 * Parse the fields at the head of a patch: stops before the first line that starts
 * a diff (`---`, `diff `, `Index:`), or at the end.
 *
 * Source: DEP-3 ("Patch Tagging Guidelines"), dep-team.pages.debian.net.
 */
int gp_stanza_parse_header(struct gp_str text, const char *origin, struct gp_stanza_list *out, struct gp_err *err);

/* A folded value as one line: prose is folded for the file's sake. free() it. */
char *gp_stanza_unfold(const char *value);

/*
 * The other way round: "NAME: value" folded at blanks to lines of at most width columns,
 * where words are no longer than that. In: value: blanks of any kind, line ends among
 * them, only part its words. Out: without a newline at its end; free() it.
 */
char *gp_stanza_fold(const char *name, const char *value, size_t width);

/* Is that its name, in whatever case? */
bool gp_field_is(const struct gp_field *f, const char *name);

/* The field of that name, in whatever case, or NULL; belongs to s. */
const struct gp_field *gp_stanza_field(const struct gp_stanza *s, const char *name);

/* Its value, or NULL; belongs to s. */
const char *gp_stanza_get(const struct gp_stanza *s, const char *name);

/* "field 'NAME' cannot be 'VALUE'": GP_E_FORMAT, -1. */
int gp_field_bad(const struct gp_field *f, struct gp_err *err);

/* Prose as one line, which may not be empty. Out: *out, free() it, also after a failure.
 * Errors: as gp_field_bad(). */
int gp_field_text(const struct gp_field *f, char **out, struct gp_err *err);

/* Are all fields of these names there? In: names: NULL after the last. whose: "a platform".
 * Errors: GP_E_FORMAT, with the paragraph's place. */
int gp_stanza_need(const struct gp_stanza *s, const char *const *names, const char *whose, struct gp_err *err);

#endif
