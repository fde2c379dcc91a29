/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_DKMSCONF_H
#define GP_CORE_DRIVER_DKMSCONF_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The names in PATCH[n]="…" lines of a dkms.conf, also where n is computed, and in
 * PATCH=(… …).
 *
 * In:     text: untrusted; it is shell code, of which only lines of this form
 *         are looked at.
 * Source: dkms(8), PATCH[#]; dkms.conf of the public merged 460.73.01 tree.
 */
void gp_dkms_patches(struct gp_str text, struct gp_list *names);

/* The names that others put there: without those of gp_dkms_patches_put(). */
void gp_dkms_patches_of_others(struct gp_str text, struct gp_list *names);

/*
 * What `name=` is set to last, as the shell would take it; free() it. NULL: it is not
 * set, or only a shell can tell.
 *
 * In: name: PACKAGE_NAME, PACKAGE_VERSION, …; no array.
 */
char *gp_dkms_value(struct gp_str text, const char *name);

/* The modules: BUILT_MODULE_NAME[n], appended in the order of the lines. */
void gp_dkms_modules(struct gp_str text, struct gp_list *names);

/* One patch that dkms.conf names. */
struct gp_dkms_patch {
	unsigned index; /* PATCH[index] */
	char *file;     /* below kernel/patches/ */
	char *match;    /* PATCH_MATCH[index]; "": for every kernel */
	bool ours;      /* gp_dkms_patches_put() wrote it */
};

struct gp_dkms_patch_list {
	struct gp_dkms_patch *v;
	size_t n, cap;
};

void gp_dkms_patch_list_release(struct gp_dkms_patch_list *l);
void gp_dkms_patch_add(struct gp_dkms_patch_list *l, unsigned index, const char *file, const char *match);

/*
 * The patches with numbers and expressions, in the order in which DKMS applies them.
 *
 * Out:    gp_dkms_patch_list_release() it; zeroed on failure.
 * Errors: GP_E_UNSUPPORTED the arrays are written in a form whose values only
 *         a shell knows, or with a gap in their numbers: DKMS counts the
 *         elements and stops early then.
 * Source: dkms 3.0.10, read_conf(): `for ((index=0; index < ${#PATCH[@]}; …`.
 */
int gp_dkms_patches_read(struct gp_str text, struct gp_dkms_patch_list *out, struct gp_err *err);

/* The text with lines for these patches at its end. In: file: of the bytes
 * [A-Za-z0-9._+-] only, since dkms hands it to a shell; match: one line. */
void gp_dkms_patches_put(struct gp_str text, const struct gp_dkms_patch_list *l, struct gp_buf *out);

/* A PATCH_MATCH for exactly these releases: "^5\.10\.0-32-amd64$". n ≥ 1. */
void gp_dkms_regex_of(const struct gp_list *releases, struct gp_buf *out);

/* The text without PATCH[n]= and PATCH_MATCH[n]= lines, and those of PATCH=(… …). */
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
 * An alternative to it: releases of a line that it leaves out and that are let through
 * all the same.
 *
 * In:  tail: an extended regular expression for what stands after the line's number.
 * Out: appended to out; put a '|' between.
 */
void gp_dkms_regex_also(const struct gp_kline *line, const char *tail, struct gp_buf *out);

/* The opposite: one that matches the releases of this line only. */
void gp_dkms_regex_only(const struct gp_kline *line, struct gp_buf *out);

/*
 * Put our BUILD_EXCLUSIVE_KERNEL at the end, instead of an earlier one of ours.
 *
 * In:  regex NULL: only take ours away.
 * Out: false (and out unchanged text) when a line that is not ours is there:
 *      the package's own limit stays.
 */
bool gp_dkms_set_exclusive(struct gp_str text, const char *regex, const char *why, struct gp_buf *out);

#endif
