/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_INPUT_H
#define GP_CMD_REPORT_INPUT_H

#include "core/driver/package.h"
#include "ops/input/input.h"
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
int gp_take_input(struct gp_args *a, enum gp_input_use use, const char **word, struct gp_err *err);

/* The same for an element of a list. */
int gp_take_listed(struct gp_args *a, enum gp_input_use use, struct gp_list *l, size_t i, struct gp_err *err);

/* Where an input came from: its name, and the archive. */
struct json_object *gp_json_input(const struct gp_args *a, const char *name);

/* What a .deb or .rpm is, and what can be done with it. In: d, its sources; NULL: none. */
struct gp_driver;
void gp_report_package(const struct gp_args *a, const char *name, const struct gp_package *p,
		       const struct gp_driver *d);
struct json_object *gp_json_package(const struct gp_package *p, const struct gp_driver *d);

#endif
