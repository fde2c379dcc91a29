/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_EXPECT_H
#define GP_CORE_PROOF_EXPECT_H

#include "core/proof/cell.h"

/* One line of a list: `DRIVER RELEASE CLASS`. */
struct gp_expect_rule {
	char *driver, *release; /* globs: '*' any run of bytes, '?' any byte */
	enum gp_cell_class cls;
	bool any_class; /* the class was "*" */
	unsigned line;
};

/*
 * Which cells may fail: a list, or the JSON report of an earlier run, in which
 * case a cell may fail as it failed there.
 */
struct gp_expect {
	struct gp_expect_rule *v;
	size_t n, cap;
	struct gp_cells earlier;
	bool is_report; /* of the two, earlier counts */
};

/*
 * Read either; a report is known by its '{'.
 *
 * In:     text, untrusted; name, of the file, for messages.
 * Out:    release it, also after an error.
 * Errors: GP_E_FORMAT with file and line; as gp_cells_from_json().
 */
int gp_expect_parse(struct gp_str text, const char *name, struct gp_expect *out, struct gp_err *err);
void gp_expect_release(struct gp_expect *e);

/* What became of the expectations. Zeroed before use. */
struct gp_expect_result {
	size_t failed;         /* cells */
	size_t unexpected;     /* of these: nobody said that they may */
	size_t regressions;    /* of these: not new, so that something was better before */
	struct gp_list passes; /* "460.106.00 on 6.1.0-56-amd64, was compile": one line for each cell or rule */
};

/*
 * Compare, and set `expected` of every cell of l.
 *
 * In: e, NULL: nothing is expected, and marks that cells have stay as they are.
 *     With a list every unexpected failure is a regression; with a report those
 *     are whose cell was in it. Cells that a signal cancelled are never expected.
 */
void gp_expect_compare(const struct gp_expect *e, struct gp_cells *l, struct gp_expect_result *out);
void gp_expect_result_release(struct gp_expect_result *j);

/* Does text match the glob, all of it? In: both untrusted; time is at most the
 * product of their lengths. */
bool gp_glob(const char *glob, const char *text);

#endif
