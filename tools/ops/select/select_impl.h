/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_SELECT_IMPL_H
#define GP_OPS_SELECT_SELECT_IMPL_H

#include "ops/select/select.h"

/* Between the files of the selection. */

/*
 * Read c->files into a catalog without lines, each directory's over those before it;
 * what reaches further than its line yields to a rule of that line in a later one.
 *
 * Errors: as gp_catalog_load().
 */
int gp_lines_load(struct gp_catalog *c, struct gp_err *err);

/* The day that a file of rules says the data are of, where *newest is not later; free()
 * that. Errors: as gp_lines_load(), for the file's first paragraph. */
int gp_line_read_date(const char *path, char **newest, struct gp_err *err);

/* Is a file of kernel-versions/ read at all, by its name? */
bool gp_catalog_reads(const char *name);

/* No stable line has had more releases (4.4 and 4.9 passed 300). */
#define GP_SUBLEVELS 1000

/* Append a set, once; r: the rule that asks for it, or NULL. */
void gp_choose(struct gp_chosen_list *l, const struct gp_patchset *s, const struct gp_rule *r);

/* Order of patches/series; sets that it does not name keep the rules' order. */
void gp_sort_chosen(const struct gp_catalog *c, struct gp_chosen_list *l);

/* Who is asked about what, and what is known of the package. */
struct gp_asker {
	const struct gp_query *q;
	struct gp_headers *headers;    /* NULL: none */
	const struct gp_list *modules; /* NULL: not known */
	const struct gp_exports *exports;
	struct gp_err *failed; /* the first expression that could not be told */
};

/* Which modules the driver has: by the fourth line of its manifest, else those of a host
 * without CUDA and GL. Out: false when neither is known. */
bool gp_query_modules(const struct gp_query *q, struct gp_list *out);

/* Judge one release. Out: gp_choice_release() frees it. */
void gp_choice_make(const struct gp_catalog *c, struct gp_asker *a, const struct gp_release *release,
		    struct gp_choice *out);
void gp_choice_release(struct gp_choice *c);

/*
 * One answer to "what else": another driver for this kernel and another kernel for
 * this driver, each judged as the question itself was.
 *
 * In:  no: blocked, or its modules do not load. a: with its headers.
 *      lines: the driver's answer for every line of the catalog.
 * Out: free() it; NULL: there is none.
 */
char *gp_instead(const struct gp_catalog *c, const struct gp_asker *a, const struct gp_choice *no,
		 const struct gp_choice *lines);

/* next_unknown anew, after lines have lost a set. */
void gp_selection_find_next(struct gp_selection *s);

#endif
