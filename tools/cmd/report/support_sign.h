/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_SUPPORT_SIGN_H
#define GP_CMD_REPORT_SUPPORT_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "ops/select/support.h"

/* A place of the table in one sign. */
enum gp_sign {
	GP_SIGN_LOADS,
	GP_SIGN_BUILDS,
	GP_SIGN_EXPECTED,
	GP_SIGN_UNSURE,
	GP_SIGN_LOADS_NOT,
	GP_SIGN_BLOCKED,
	GP_SIGN_NOTHING
};
#define GP_SIGNS (GP_SIGN_NOTHING + 1)

struct gp_sign_look {
	const char *sign;    /* one character that any terminal has */
	int colour;          /* of a terminal: SGR of ECMA-48, 8.3.117 */
	const char *tone;    /* of a page: a class of its style */
	const char *meaning; /* a few words */
};

extern const struct gp_sign_look gp_signs[GP_SIGNS];

#define GP_SIGN_MIXED "* not on all releases"

enum gp_sign gp_sign_of(const struct gp_support_cell *cell);

/* What is known of the newest release of a branch that is listed is the sign of the branch,
 * because that is the one to take. */
enum gp_sign gp_sign_of_branch(const struct gp_support_branch *b, size_t kernel);

/* Does something else hold of another release, or on a part of the line? */
bool gp_sign_is_mixed(const struct gp_support_branch *b, size_t kernel);

#endif
