/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_TERMINAL_H
#define GP_CMD_REPORT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

#include "cmd/front/opt.h"

/* What is known of the terminal that somebody reads on. */

/* How many columns it has: what the window has, and no more than COLUMNS says; 80 when
 * neither is known. Asked every time: windows change. */
size_t gp_terminal_columns(int fd);

/* Is it to be written for a reader at a terminal? Yes for a terminal, and with
 * CLICOLOR_FORCE for whatever stands before one (less -R). */
bool gp_terminal_read(int fd);

/* What --color says, once for the whole run. */
void gp_terminal_set_colours(enum gp_colour_when when);

/*
 * May it have colours?
 *
 * In:     fd: where it is written. --color is before the environment.
 * Source: no-color.org: NO_COLOR, not empty, forbids them; bixense.com/clicolors:
 *         CLICOLOR_FORCE asks for them, CLICOLOR=0 forbids them.
 */
bool gp_terminal_has_colours(int fd);

#endif
