/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_FRONT_VALUES_H
#define GP_CMD_FRONT_VALUES_H

#include "cmd/front/option.h"

/*
 * Words that this machine and the data have for an option's argument, each on a line of
 * standard output with a tab and what it is: for the completion. What cannot be looked at
 * is left out without a word.
 */

/* For o of cmd, by its argument's name; nothing for an argument that anything may be. */
void gp_values_print(const struct gp_cmd *cmd, const struct gp_option *o);

/* Kernels that are installed or have their headers here; all: and the word for them. */
void gp_values_kernels(bool all);

/* Patch sets of the data; all: and the word for them. */
void gp_values_sets(bool all);

#endif
