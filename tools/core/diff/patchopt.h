/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_PATCHOPT_H
#define GP_CORE_DIFF_PATCHOPT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* What options for GNU patch, as quilt hands them on, come to. */
struct gp_patch_flags {
	unsigned strip; /* 1 when not given; -pab counts as 1 */
	bool strip_given;
	bool reverse;
	int fuzz; /* -1: not given */
};

/*
 * Parse options of GNU patch: the words after a patch's name in a series file,
 * or $QUILT_PATCH_OPTS. The last one of a kind counts.
 *
 * In:     text, untrusted: words between blanks and newlines, without a comment.
 * Errors: GP_E_UNSUPPORTED an option that would change the result in a way that is
 *         not built here, by name; GP_E_FORMAT no option of patch's, an operand, a
 *         number that is not one. Options without effect on the result (-s, -f,
 *         --reject-format, …) are passed over.
 * Source: patch 2.7.6 under quilt 0.66, each option by experiment; getopt_long(3)
 *         for how words are read ("-NF0", "--fu=0", "-F 0"). quilt puts -p1 after
 *         the words unless one of them begins with "-p": --strip and -Rp0 alone
 *         say nothing.
 */
int gp_patch_flags_parse(struct gp_str text, struct gp_patch_flags *out, struct gp_err *err) GP_MUST_CHECK;

#endif
