/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_CONFTEST_H
#define GP_CORE_RULES_CONFTEST_H

#include "base/buf.h"

/*
 * Which release of NVIDIA's modules has which test of the kernel, evidence says in one
 * form, so that a program can compare it with a checkout (tests/conftests.py):
 *
 *	conftest NAME[, NAME...] from|in|not in VERSION[, VERSION...]
 *
 * Find the first clause that begins with the word conftest and is not of that form. A
 * clause begins behind a mark, a semicolon, or a full stop and a blank.
 *
 * In:     evidence: unfolded.
 * Out:    what stands there up to the end of the clause, borrowed; empty: all is well.
 */
struct gp_str gp_conftest_misquoted(const char *evidence);

#endif
