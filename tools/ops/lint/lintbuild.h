/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_LINT_LINTBUILD_H
#define GP_OPS_LINT_LINTBUILD_H

#include "core/proof/cell.h"
#include "ops/lint/lintset.h"

/*
 * Judge patch sets by builds of the same drivers for the same kernels, without them
 * and with them: a neutral set breaks nothing that built before.
 *
 * In:     without, with: cells as gp_matrix_run() gives them, in the same order. The
 *         sets in question are those that only the second ones have.
 * Out:    into l: what was built, by set; a finding for each pair that builds without
 *         the sets and not with them; what says nothing, as skipped. All neutral sets
 *         that no pair has are told there, too.
 */
void gp_lint_builds(struct gp_lint *l, const struct gp_cells *without, const struct gp_cells *with);

#endif
