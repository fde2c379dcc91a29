/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_EVIDENCE_H
#define GP_CORE_PROOF_EVIDENCE_H

#include "core/proof/cell.h"

/*
 * What the cells of a matrix prove, as text for kernel-versions/: an Evidence field for
 * each driver, and the sets, compiler and hooks that it was built with; what was not
 * built, or would not load, as comments behind it.
 */

struct gp_evidence {
	char *driver, *kind; /* kind: NULL when the report has none */
	char *verdict;       /* of select: what the rules said before; NULL */
	const char *name;    /* of the field: "Evidence", "Load-Evidence" */
	char *field;         /* "[built] 2026-11-30: …", "[booted] …", on one line; NULL: nothing was built */
	struct gp_list builds, fails; /* releases; "RELEASE: class: why" */
};

struct gp_evidence_list {
	struct gp_evidence *v;
	size_t n, cap;
};

void gp_evidence_list_release(struct gp_evidence_list *l);

/* A new one at the end. In: its driver, untrusted. Out: belongs to l. */
struct gp_evidence *gp_evidence_add(struct gp_evidence_list *l, const char *driver);

/*
 * In:  cells, of a report: untrusted. Those that were cancelled say nothing.
 *      date: YYYY-MM-DD.
 * Out: appended in the order of the cells; gp_evidence_list_release() frees it.
 */
void gp_cells_evidence(const struct gp_cells *cells, const char *date, struct gp_evidence_list *out);

/* The day of "2026-11-30T03:04:05Z", NULL when it is none; free() it. */
char *gp_evidence_day(const char *started);

#endif
