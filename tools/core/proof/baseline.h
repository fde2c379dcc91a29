/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_BASELINE_H
#define GP_CORE_PROOF_BASELINE_H

#include "core/proof/cell.h"

/*
 * The cells of a run beside those of an earlier one: which drivers built on which kernels
 * before and do not now, and the other way round. It judges nothing: --expect does.
 */
enum gp_change {
	GP_CHANGE_NONE,   /* or nobody can tell */
	GP_CHANGE_BROKEN, /* it was ok, and is not now, be it blocked */
	GP_CHANGE_MENDED,
};

/*
 * Look for each cell of l in earlier, and note how it fared there.
 *
 * The same cell is of the same driver, kernel release and file name; or of the same driver
 * and release alone, when earlier has one such cell only: files get other names. Patch
 * sets may be others. Where either run has no result, or only one of the two booted the
 * kernel that refuses the modules, nothing is compared.
 *
 * In:  file: the name of the earlier report, for people. earlier: untrusted.
 * Out: l->baseline, and was and compared of each cell; what they had goes.
 */
void gp_baseline_compare(const struct gp_cells *earlier, const char *file, struct gp_cells *l);

enum gp_change gp_cell_change(const struct gp_cell *c);

/* "newly broken", "newly mended"; NULL: neither. Borrowed for ever. */
const char *gp_cell_change_words(const struct gp_cell *c);

/* Append "460.106.00 on 6.1.0-56-amd64: compile, was ok" for each cell that changed so. */
void gp_baseline_list(const struct gp_cells *l, enum gp_change change, struct gp_list *out);

size_t gp_baseline_count(const struct gp_cells *l, enum gp_change change);

/* What the report says of it; NULL: there was no baseline. json_object_put() it. */
struct json_object *gp_baseline_json(const struct gp_cells *l);

#endif
