/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_MERGE_H
#define GP_CORE_PROOF_MERGE_H

#include "core/proof/cell.h"

/*
 * Join the cells of two runs.
 *
 * A cell that both have (the same gp_cell_key()) is named in into->twice: a
 * result wins over none (cancelled, environment), else the later one, from's.
 * Durations are those of the longer run, jobs add up: shards run side by side.
 *
 * Out: into; from is empty.
 */
void gp_cells_merge(struct gp_cells *into, struct gp_cells *from);

/* Put the cells into the order of into->planned; those that are not in it stay behind. */
void gp_cells_by_plan(struct gp_cells *l);

/* Keys of l->planned for which there is no cell, in order; out is added to. Of a part
 * nothing is missing: only those who join it can tell. */
void gp_cells_missing(const struct gp_cells *l, struct gp_list *out);

#endif
