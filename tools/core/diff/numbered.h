/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_NUMBERED_H
#define GP_CORE_DIFF_NUMBERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define GP_NO_LINE UINT32_MAX
#define GP_NUMBERED_RADIX 0x9e3779b97f4a7c15ull /* of the hashes in sum */

/* A file as numbered lines: equal lines have equal numbers. Zero is not a valid
 * state: gp_numbered_init() first. */
struct gp_numbered {
	struct gp_str text;
	size_t n;
	size_t *start; /* n + 1 offsets into text */
	uint32_t *id;  /* of each line */
	uint64_t *sum; /* n + 1 hashes of id[0..i) */
	uint32_t nid;
	uint64_t *hash;   /* of each id */
	uint32_t *sample; /* a line with that id */
	uint32_t *slot;   /* hash table of ids; GP_NO_LINE is free */
	size_t mask;
	uint64_t tries; /* places that searches have looked at */
	size_t *first;  /* where[first[id]..first[id + 1]): lines with that id; NULL until needed */
	uint32_t *where;
};

/*
 * Number the lines of a text.
 *
 * In:     text, untrusted; must outlive *in.
 * Out:    gp_numbered_release() it, also after a failure.
 * Errors: GP_E_UNSUPPORTED 2^32 - 2 lines or more.
 */
int gp_numbered_init(struct gp_numbered *in, struct gp_str text, struct gp_err *err);
void gp_numbered_release(struct gp_numbered *in);

/* Line i (from 0) without its newline; *nl tells whether it has one. */
struct gp_str gp_numbered_text(const struct gp_numbered *in, size_t i, bool *nl);

/* The number of a line, GP_NO_LINE when the file has no such line. */
uint32_t gp_numbered_find(const struct gp_numbered *in, struct gp_str s, bool nl);

/* Collect the lines of each number, ascending: fills first and where. */
void gp_numbered_index(struct gp_numbered *in);

/* How many lines have this number; after gp_numbered_index(). */
size_t gp_numbered_count(const struct gp_numbered *in, uint32_t id);

/* The first k in where[lo..hi) whose line is at least min, else hi. */
size_t gp_numbered_from(const struct gp_numbered *in, size_t lo, size_t hi, int64_t min);

#endif
