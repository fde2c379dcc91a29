/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_EXPORTS_H
#define GP_CORE_RULES_EXPORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/stanza.h"
#include "core/rules/probe.h"
#include "core/rules/release.h"

/*
 * The `exports` file of kernel-versions/: which of a few symbols kernels export, and to
 * whom, for those whose Module.symvers is not at hand. gridpatch-kernel-versions(5) describes it.
 */

/* An export, as far as whoever was asked can tell. */
struct gp_export {
	enum gp_tri exported;
	enum gp_tri gpl;  /* to GPL modules only; of an export */
	bool ns_known;    /* else a list without that column */
	struct gp_str ns; /* its namespace, or empty; borrowed */
};

/* What a probe `exports` asks for: all of its words. Unknown beside yes is unknown. */
enum gp_tri gp_export_answer(const struct gp_export *e, const struct gp_probe *p);

struct gp_export_named {
	char *name, *ns; /* ns: "" none, NULL: not known */
	enum gp_tri gpl;
};

/* From one release that was read to another one; all that were read between them are alike. */
struct gp_export_span {
	struct gp_release lo, hi;
};

/* A paragraph: kernels that export the same. */
struct gp_exports_alike {
	unsigned lineno;
	struct gp_export_span *spans;
	size_t nspans, spans_cap;
	char *source;
	struct gp_export_named *v;
	size_t n, cap;
	struct gp_list unknown; /* symbols that its lists could not tell of */
};

/* A file. What is in symbols and nowhere in a paragraph is not exported there. */
struct gp_exports_file {
	char *path;
	struct gp_list symbols;
	struct gp_exports_alike *v;
	size_t n, cap;
};

struct gp_exports {
	struct gp_exports_file *v; /* a later one is asked first */
	size_t n, cap;
};

void gp_exports_release(struct gp_exports *t);

/*
 * Read an exports file, and lay it over a table.
 *
 * In:     stanzas of one file: first Symbols, then a paragraph each for kernels that are
 *         alike. None: nothing is laid over.
 * Out:    gp_exports_release() frees *t, also after a failure.
 * Errors: GP_E_FORMAT with "file:line": unknown field, bad value, no Source, a symbol that
 *         is not among Symbols or stands in a paragraph twice, a range over two lines or
 *         between names of different forms, a kernel in two paragraphs.
 */
int gp_exports_parse(const struct gp_stanza_list *stanzas, struct gp_exports *t, struct gp_err *err);

/* Where an answer is from. */
struct gp_exports_found {
	const struct gp_exports_file *file;
	const struct gp_exports_alike *alike;
	const struct gp_export_span *span;
};

/*
 * Answer a probe `exports` for a kernel without its headers: it was read itself, or lies
 * between two that were. These are of its line, their names have the form of its own
 * (6.8.0-31-generic is no neighbour of 6.8.0-1030-aws), and what was read between them
 * is alike.
 *
 * In:     r: a kernel; a line is none.
 * Out:    the answer without p->negated; unknown: no such kernel in the table, or it
 *         does not say. found: only when it is yes or no.
 */
enum gp_tri gp_exports_ask(const struct gp_exports *t, const struct gp_release *r, const struct gp_probe *p,
			   struct gp_exports_found *found);

/* Is the symbol one that the table is about? */
bool gp_exports_knows(const struct gp_exports *t, const char *name);

#endif
