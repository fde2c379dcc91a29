/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_INPUT_H
#define GP_CMD_REPORT_INPUT_H

#include "cmd/front/opt.h"

struct json_object;

/*
 * Take a word for an input: gp_input_take() into a->given, which is told of when it comes
 * out of something. Verbs call it before they open anything by that name.
 *
 * In:     *word, a word of the command line.
 * Out:    *word: the input's name from here on; a keeps it.
 * Errors: as gp_input_take().
 */
int gp_take_input(struct gp_args *a, const char **word, struct gp_err *err);

/* The same for an element of a list. */
int gp_take_listed(struct gp_args *a, struct gp_list *l, size_t i, struct gp_err *err);

/* Where an input came from: its name, and the archive. */
struct json_object *gp_json_input(const struct gp_args *a, const char *name);

#endif
