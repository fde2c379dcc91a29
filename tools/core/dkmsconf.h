/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DKMSCONF_H
#define GP_CORE_DKMSCONF_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * The names in PATCH[n]="…" lines of a dkms.conf.
 *
 * In:     text: untrusted; it is shell code, of which only lines of this form
 *         are looked at.
 * Source: dkms(8), PATCH[#]; dkms.conf of the public merged 460.73.01 tree.
 */
void gp_dkms_patches(struct gp_str text, struct gp_list *names);

/* The same text without PATCH[n]= and PATCH_MATCH[n]= lines. */
void gp_dkms_drop_patches(struct gp_str text, struct gp_buf *out);

/* Kernel lines that DKMS must leave alone. */
struct gp_kline {
	unsigned major, minor;
	bool and_later; /* this one and every newer one, newer majors too */
};

/*
 * An extended regular expression that matches every kernel release except those
 * of the given lines. DKMS has no negative form (dkms(8), BUILD_EXCLUSIVE_KERNEL:
 * bash's =~ on the whole release), so the numbers that remain are spelt out.
 *
 * In:  line, n: may be in any order; n ≥ 1.
 * Out: appended to out.
 */
void gp_dkms_regex_except(const struct gp_kline *line, size_t n, struct gp_buf *out);

/*
 * Put our BUILD_EXCLUSIVE_KERNEL at the end, instead of an earlier one of ours.
 *
 * In:  regex NULL: only take ours away.
 * Out: false (and out unchanged text) when a line that is not ours is there:
 *      the package's own limit stays.
 */
bool gp_dkms_set_exclusive(struct gp_str text, const char *regex, const char *why, struct gp_buf *out);

#endif
