/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PATCH_UNDO_H
#define GP_CMD_PATCH_UNDO_H

#include "cmd/front/opt.h"

/*
 * patch --undo: of an installed tree, take the last run back; of an installer, which
 * was never changed, say how to go back to the driver before.
 *
 * In:     a->patch.run is set.
 * Errors: as gp_undo_run(); GP_E_NO gridpatch has not made that installer; GP_E_USAGE.
 */
int gp_patch_undo(struct gp_args *a, struct gp_report *r, struct gp_err *err);

#endif
