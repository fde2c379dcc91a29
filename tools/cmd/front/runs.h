/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_FRONT_RUNS_H
#define GP_CMD_FRONT_RUNS_H

#include "cmd/front/opt.h"

/* The installers of a command line of patch, and the names of what they become. */

/*
 * Tell them from kernel headers: the first word is an installer, after it directories
 * are headers. An -o that is a directory says where outputs go.
 *
 * Out:    a: headers and out_dir are set. names: in their order, appended.
 * Errors: GP_E_USAGE; GP_E_NOTFOUND the directory.
 */
int gp_runs_find(struct gp_args *a, struct gp_list *names, struct gp_err *err);

/* Is -o a directory? Then it is a->patch.out_dir. Errors: GP_E_NOTFOUND it ends in a slash,
 * and is none. */
int gp_runs_find_dir(struct gp_args *a, struct gp_err *err);

/*
 * Can each have an output of its own, which is no input and no report? Nothing is
 * made here.
 *
 * Errors: GP_E_USAGE, also for options that several installers cannot have.
 */
int gp_runs_check(const struct gp_cmd *cmd, struct gp_args *a, const struct gp_list *names, struct gp_err *err);

#endif
