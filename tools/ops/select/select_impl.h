/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_IMPL_H
#define GP_OPS_SELECT_IMPL_H

#include "ops/select/select.h"

/* Between the files of the selection. */

/* Append a set, once; r: the rule that asks for it, or NULL. */
void gp_choose(struct gp_chosen_list *l, const struct gp_set *s, const struct gp_rule *r);

/* Order of patches/series; sets that it does not name keep the rules' order. */
void gp_sort_chosen(const struct gp_catalog *c, struct gp_chosen_list *l);

/* next_unknown anew, after lines have lost a set. */
void gp_selection_find_next(struct gp_selection *s);

#endif
