/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_HUNK_H
#define GP_CORE_DIFF_HUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/diff/diff.h"

/* Where one hunk went. GNU patch prints the same three numbers:
 * "Hunk #N succeeded at <at> with fuzz <fuzz> (offset <offset> lines)". */
struct gp_place {
	size_t hunk; /* index in the gp_filediff */
	bool ok;
	int64_t offset;    /* at - expected, in lines; 0 when not ok */
	unsigned fuzz;     /* 0 when not ok */
	uint64_t at;       /* its first line (context included) in the new file, from 1; 0 when not ok */
	uint64_t expected; /* the line in the new file where it was expected */
};

enum gp_hunk_result {
	GP_HUNKS_APPLIED,
	GP_HUNKS_ALREADY, /* every hunk is already present: reversed or previously applied */
	GP_HUNKS_FAILED,
};

struct gp_hunk_report {
	struct gp_place *place; /* one per hunk; for ALREADY: where each is present */
	size_t n;
	enum gp_hunk_result result;
	size_t failed;          /* how many hunks failed; 0 with FAILED: the file as a whole */
	size_t near_hunk;       /* index of the first failed hunk */
	uint64_t near_expected; /* line of the old file where it was expected */
	uint64_t near_line;     /* line of the old file that resembles it most, from 1; 0 none */
	char *why;              /* lines that end in '\n': expected and found; masked; or NULL */
};

/* How hunks are to be applied. */
struct gp_hunk_how {
	unsigned max_fuzz; /* GNU patch's default is 2 */
	bool reverse;
};

/*
 * Apply all hunks of f to a file in memory, as GNU patch 2.7.6 does.
 *
 * A hunk is looked for at its line plus the last hunk's offset, then 1, 2, …
 * lines below and above, never above the last line already written. Only when
 * the whole file has been searched one line of context may differ at each end,
 * then two, up to how.max_fuzz. A hunk with less context before (after) its
 * changes than on the other side belongs to the start (end) of the file.
 *
 * In:     old, untrusted; empty for a file that is created.
 *         out, empty and owned by the caller.
 * Out:    0 with rep->result APPLIED (out: the new file), ALREADY (out: old) or
 *         FAILED (out: empty). ALREADY: some hunk does not match without fuzz,
 *         but the reverse of each one does; or the file is all that a hunk adds
 *         which starts from nothing ("@@ -0,0"). gp_hunk_report_release(rep) in any case.
 *         FAILED also when f creates a file and old has content, when f deletes
 *         a file and content is left, and for hunks that are not found among the
 *         first 2^27 places that look like them. Renames and copies are never
 *         ALREADY: whether they are done is a question to the tree.
 * Errors: GP_E_FORMAT when f's hunks contradict their counts, GP_E_UNSUPPORTED
 *         for a file of 2^32 - 2 lines or more.
 * Source: patch(1) of GNU patch 2.7.6, "DESCRIPTION", and its behaviour by experiment
 *         (tests/unit/ops/patch/test_differential.c compares bytes, offsets and fuzz). Stricter:
 *         a hunk is not placed above line 1, where GNU patch may "succeed at -1".
 */
int gp_hunks_apply(struct gp_str old, const struct gp_filediff *f, struct gp_hunk_how how, struct gp_buf *out,
		   struct gp_hunk_report *rep, struct gp_err *err) GP_MUST_CHECK;

/* gp_hunks_apply() without the short cut of core/diff/direct.h: always numbers the
 * lines of old. For the tests, which compare the two byte for byte. */
int gp_hunks_search(struct gp_str old, const struct gp_filediff *f, struct gp_hunk_how how, struct gp_buf *out,
		    struct gp_hunk_report *rep, struct gp_err *err) GP_MUST_CHECK;

void gp_hunk_report_release(struct gp_hunk_report *rep);

#endif
