/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_FRONT_OUTPUTS_H
#define GP_CMD_FRONT_OUTPUTS_H

#include "cmd/front/opt.h"

/* The files that a command line says will be written: an installer, its lock, reports. */

/*
 * Is none of them an input, or another output, and can the reports be written? Asked
 * before the work, so that nothing is lost, and no hour, to a name. Nothing is made here.
 *
 * Directories count: into headers, hooks, patches and data no report goes, and in a
 * tree, or where work is done, nothing is replaced but what gridpatch wrote, or an
 * empty file.
 *
 * Errors: GP_E_USAGE; GP_E_NOTFOUND, GP_E_SYSTEM a report cannot be written.
 */
int gp_outputs_check(const struct gp_cmd *cmd, const struct gp_args *a, struct gp_err *err);

/*
 * Write a report: a file is replaced by a whole new one or not at all. A device or a
 * FIFO ($GITHUB_STEP_SUMMARY is a file, /dev/fd/3 is none) is written to, and so is
 * standard output for "-".
 */
int gp_output_write(const char *path, const void *data, size_t len, struct gp_err *err);

#endif
