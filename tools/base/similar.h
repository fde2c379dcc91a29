/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_SIMILAR_H
#define GP_BASE_SIMILAR_H

#include "base/buf.h"

/*
 * Which of some names a mistyped word was meant to be.
 *
 * In:  word: somebody's. names: the words that are known there.
 * Out: borrowed from names: of those that are nearest, the first; NULL: none is near, or
 *      it is one of them.
 */
const char *gp_similar(struct gp_str word, const struct gp_list *names);

/* " (did you mean 'NAME'?)", or "" when no name is near; free() it. */
char *gp_similar_hint(struct gp_str word, const struct gp_list *names);

#endif
