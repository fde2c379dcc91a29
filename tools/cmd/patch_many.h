/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PATCH_MANY_H
#define GP_CMD_PATCH_MANY_H

#include "cmd/front/opt.h"

/*
 * Patch several installers, one after the other: that one fails keeps no other from
 * its turn, but a signal does.
 *
 * In:     names: of two or more. one: what patches one of them, and tells of it.
 * Out:    r: a report whose jobs are the reports of each.
 * Errors: GP_E_NO some could not be patched; GP_E_CANCELLED.
 */
int gp_patch_many(struct gp_args *a, const struct gp_list *names,
		  int (*one)(struct gp_args *a, const char *name, struct gp_report *r, struct gp_err *err),
		  struct gp_report *r, struct gp_err *err);

#endif
