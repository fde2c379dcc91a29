/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_SUPPORT_H
#define GP_OPS_SELECT_SUPPORT_H

#include "core/rules/branch.h"
#include "core/rules/rule.h"
#include "ops/select/select.h"

/*
 * The whole table: every driver of the `drivers` file on every kernel line.
 * gp_catalog_select() is asked about each, by version; nothing is judged here.
 */

/* What is said of one driver on one kernel. */
struct gp_support_cell {
	const struct gp_choice *choice; /* belongs to the table */
	/* How it is known that it builds: of the rules about it that hold; when there
	 * are none, of those that hold on a part of the line. None when it is blocked
	 * or not known. */
	enum gp_known known;
	/* A rule that blocks, and whose window is met or open, needs the driver's
	 * sources or a patch level to tell. */
	bool may_block;
	struct gp_list sets;    /* names: of the whole line or of a part of it */
	struct gp_list perhaps; /* sets that only a probe of the headers can ask for */
	struct gp_list parts;   /* the parts of the line that rules are about ("RHEL
				  * >= 9.1"); empty when they are about all of it */
	struct gp_list no_load; /* the parts where the modules do not load */
};

/* A driver version. */
struct gp_support_driver {
	const struct gp_version *version;
	struct gp_selection answer;
	struct gp_support_cell *cells; /* one per kernel */
};

struct gp_support_branch {
	const struct gp_branch *branch; /* belongs to the catalog, or to the table */
	struct gp_support_driver *drivers;
	size_t n;
};

struct gp_support {
	const char *date;       /* the day that the data are of; belongs to the catalog */
	struct gp_list kernels; /* lines ("5.10"), or what was asked about */
	struct gp_support_branch *v;
	size_t n, cap;
	struct gp_branch own; /* of a version that was asked about */
};

/* What to put into it. */
struct gp_support_opts {
	enum gp_kind kind;
	unsigned branch;                  /* 0: all of that kind */
	const struct gp_version *version; /* NULL; else this one alone, listed or not */
	const struct gp_release *kernels; /* NULL: every line of the catalog */
	size_t nkernels;
	bool instead; /* find out what else there is, where it is blocked */
};

/*
 * Make the table.
 *
 * Out:    gp_support_release() frees it; it points into c and o->version.
 * Errors: GP_E_USAGE no such branch in the drivers file.
 */
int gp_support_make(const struct gp_catalog *c, const struct gp_support_opts *o, struct gp_support *out,
		    struct gp_err *err);
void gp_support_release(struct gp_support *t);

/* How many drivers of b, from index first on, have the same said of them on
 * that kernel; at least 1. Reasons and evidence may differ. */
size_t gp_support_span(const struct gp_support_branch *b, size_t kernel, size_t first);

/* "built", "reported", "expected", "unsure"; "blocked", "no evidence", "unknown"; or
 * "untested" for a gap between two lines. */
const char *gp_support_word(const struct gp_support_cell *cell);

/* Something builds there, as far as is known. */
bool gp_support_builds(const struct gp_support_cell *cell);

#endif
