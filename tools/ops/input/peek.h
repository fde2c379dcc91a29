/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_INPUT_PEEK_H
#define GP_OPS_INPUT_PEEK_H

#include <stdbool.h>

/* What can be told of a word before it is taken (ops/input/input.h): nothing is unpacked,
 * and nothing of standard input is read. */

/* Was it meant for an input? By its name, or its first bytes; whether it is one, who takes it
 * will say. */
bool gp_input_may_be(const char *word);

/*
 * What the installer is called: for a .zip the member that would be taken.
 *
 * In:  member: --member, or NULL.
 * Out: free() it; NULL: it is not known yet, or nothing can be taken.
 */
char *gp_input_peek(const char *word, const char *member);

#endif
