/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_REGEX_H
#define GP_BASE_REGEX_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * POSIX extended regular expressions that come from outside: is there a match?
 *
 * Not regcomp(3): of glibc's the cost cannot be told from the expression.
 * "(a|b)*a(a|b){62}c" takes 350 MB and 9 seconds for 4 KB of text, and 250 times
 * "\ba*" 1.3 GB before any text is seen. Here all states of an automaton are
 * followed at once, so memory goes by the expression's size, and time by that
 * times the text; both have limits.
 */

#define GP_REGEX_LEN 4096u               /* bytes of an expression */
#define GP_REGEX_STEPS 16384u            /* of it, with all repetitions written out */
#define GP_REGEX_NEST 64u                /* groups in groups, operators after operators */
#define GP_REGEX_WORK (INT64_C(1) << 25) /* steps in all matching: an eighth of a second */

struct gp_regex_set {
	unsigned char bits[32];
};

struct gp_regex_step;

struct gp_regex {
	struct gp_regex_step *step; /* the automaton */
	size_t n, cap;
	struct gp_regex_set *set; /* of bytes, that steps refer to */
	size_t nset, set_cap;
	struct gp_regex_set first;    /* bytes that a match may start with */
	bool always_look;             /* a match may be empty: first says nothing */
	uint64_t *mark, round;        /* which steps are in the list that is made */
	uint32_t *now, *next, *stack; /* lists of steps, each of n */
	int64_t left;                 /* of GP_REGEX_WORK */
	char *text;                   /* the expression, for messages */
};

/*
 * Read an expression.
 *
 * In:     ere, untrusted.
 * Out:    gp_regex_release() frees it; zeroed on failure. An error's cause has the
 *         expression in it.
 * Errors: GP_E_FORMAT it is none; GP_E_UNSUPPORTED it is too long, too deep, too
 *         large with its repetitions written out, has back-references (POSIX has
 *         none here) or collating symbols.
 * Source: POSIX.1-2017, XBD 9.4; where POSIX leaves it open, and for \w \W \s \S
 *         \b \B \< \> \` \', as glibc's regcomp(3) in the C locale, which the
 *         tests compare with.
 */
int gp_regex_compile(const char *ere, struct gp_regex *out, struct gp_err *err);

/*
 * Does a part of the text match? ^ and $ are the text's ends, newlines are bytes
 * like others.
 *
 * In:     re: not shared by threads. text: untrusted, may hold NUL bytes.
 * Out:    1 yes, 0 no, -1 it cannot be told.
 * Errors: GP_E_UNSUPPORTED: all calls with this re together took GP_REGEX_WORK.
 */
int gp_regex_match(struct gp_regex *re, struct gp_str text, struct gp_err *err);

void gp_regex_release(struct gp_regex *re);

#endif
