/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_LINTPATCH_H
#define GP_CORE_DIFF_LINTPATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* One thing that is wrong with a patch set or a rule, and what to do about it. */
struct gp_finding {
	char *file;
	size_t lineno; /* 0: the file as a whole */
	char *what, *todo;
};

struct gp_findings {
	struct gp_finding *v;
	size_t n, cap;
};

/* Append one. Untrusted text in fmt's arguments is masked. */
void gp_finding_add(struct gp_findings *l, const char *file, size_t lineno, const char *todo, const char *fmt, ...)
	GP_PRINTF(5, 6);
void gp_findings_release(struct gp_findings *l);

/*
 * Look at one patch of a set: its header and its hunks.
 *
 *  - the header has Description (or Subject), Origin or Author, Last-Update as
 *    YYYY-MM-DD, and Scope;
 *  - no hunk quotes more than 3 lines of context on a side;
 *  - a patch that changes a MODULE_LICENSE line changes nothing else.
 *
 * In:     text: untrusted. file: its name, for the findings. strip: of the series.
 * Out:    found: appended to; a text that is not a patch is a finding, too.
 *         licensed: the paths, stripped, of files whose licence line is changed.
 * Source: DEP-3 for the fields; README "The data files" for Scope.
 */
void gp_lint_patch(struct gp_str text, const char *file, unsigned strip, struct gp_findings *found,
		   struct gp_list *licensed);

/*
 * Does the source file say in its own header, its first comment, that it is
 * MIT-licensed: by SPDX, or by the licence's first words?
 *
 * Source: headers of nvidia-vgpu-vfio.c in 460.73.01 (the words) and of
 *         open-gpu-kernel-modules (SPDX); the licence's text at opensource.org.
 */
bool gp_lint_is_mit(struct gp_str source);

#endif
