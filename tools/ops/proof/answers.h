/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_ANSWERS_H
#define GP_OPS_PROOF_ANSWERS_H

#include "ops/proof/toolchain.h"
#include "ops/proof/headersum.h"

/*
 * What the driver's conftest.sh found out about a kernel, kept for the next build that
 * would ask it the same: of one driver's 1,000 calls of the compiler most are its own.
 *
 * The driver's Kbuild has a rule for each file in kernel/conftest/ and makes those that
 * are not there, so the answers plug in as these files, all of them, before make starts;
 * conftest.sh itself is as it was, and its sanity checks run each time. A rule is never
 * cut short by them: either the whole folder is what a build that succeeded left, or
 * there is none.
 *
 * They are found by everything that they depend on: the driver's files as they are after
 * patching (the sources in C aside, which no test may include), make's arguments and
 * surroundings, all of both directories of headers, the compiler and its headers, and
 * the programs that conftest.sh calls.
 *
 * Source: Kbuild and conftest.sh of 390.157, 460.106.00, 470.256.02, 535.261.03 and
 *         550.163.01.
 */
struct gp_answers {
	char *cache;          /* NULL: nothing is looked up or kept */
	struct gp_list roots; /* what sum is about */
	struct gp_headersum sum;
	char key[GP_SHA256_HEX];
	bool recalled;
};

/* Who asks. Borrowed. */
struct gp_answers_query {
	const char *work; /* with the patched sources in WORK/kernel, which are ours alone */
	const struct gp_headers *headers;
	const struct gp_toolchain *cc;
	const struct gp_list *argv, *env; /* make's */
};

/* Put the answers into WORK/kernel/conftest if they are known. Whatever goes wrong, they
 * are not. Out: gp_answers_release(). */
void gp_answers_recall(struct gp_answers *a, const struct gp_answers_query *q);

/* Keep those that make left behind; it succeeded. */
void gp_answers_keep(const struct gp_answers *a, const struct gp_answers_query *q);

void gp_answers_release(struct gp_answers *a);

#endif
