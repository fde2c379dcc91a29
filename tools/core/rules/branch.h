/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_BRANCH_H
#define GP_CORE_RULES_BRANCH_H

#include <stddef.h>

#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "base/stanza.h"

/*
 * The `drivers` file of kernel-versions/: which drivers were released. It says
 * nothing of kernels; it only names what a table of all of them is about.
 */

/* The name of a release of the product: 16.4 is 535.161.05. */
struct gp_named {
	struct gp_version release, driver;
};

/* A driver branch, as one kind of driver. */
struct gp_branch {
	unsigned number;          /* 460 */
	unsigned kinds;           /* bits 1 << gp_kind; host and merged when not said */
	char *product, *evidence; /* "vGPU 12"; NULL when absent */
	char *file;               /* where it stands */
	unsigned lineno;
	struct gp_version *versions; /* oldest first; at least one */
	size_t n, cap;
	struct gp_named *named; /* in the order of the file; may be none */
	size_t nnamed, named_cap;
};

struct gp_branch_list {
	struct gp_branch *v; /* oldest first */
	size_t n, cap;
	const char *date; /* that the data are of, for messages; not its own; NULL */
};

void gp_branch_list_release(struct gp_branch_list *l);

/*
 * Read a drivers file and lay it over a list: a paragraph takes the place of
 * the one with the same Branch and Kind, the others are added.
 *
 * In:     stanzas of one file, each with Branch and Versions; Product, Kind,
 *         Releases ("16.4=535.161.05", blanks between), Evidence as they like.
 * Out:    gp_branch_list_release() frees *l, also after a failure.
 * Errors: GP_E_FORMAT with "file:line": unknown field, bad value, a version of
 *         another branch, versions that are not in ascending order, a release
 *         of a version that is not among them.
 */
int gp_branches_parse(const struct gp_stanza_list *stanzas, struct gp_branch_list *l, struct gp_err *err);

/* The branch of that number as that kind; NULL when it is not listed. */
const struct gp_branch *gp_branch_find(const struct gp_branch_list *l, unsigned number, enum gp_kind kind);

/* Is there a branch of that number, as any kind? An empty list says nothing of any. */
bool gp_branch_known(const struct gp_branch_list *l, unsigned number);

/* GP_E_NO when there is no branch of that number (gp_branch_known()). */
int gp_branch_check(const struct gp_branch_list *l, unsigned number, struct gp_err *err);

/* What a user calls a driver. */
struct gp_wanted {
	struct gp_version version;      /* n is 0 when a branch is meant */
	const struct gp_branch *branch; /* that is meant; NULL */
	const char *release;            /* "16.4", when it was called that; NULL */
};

/*
 * Find out which driver is meant: 535.161.05, a branch as 535 or R535, or a release
 * of vGPU as 16.4, vgpu-16.4 or "vGPU 16.4"; vGPU 16 is a branch.
 *
 * In:     text: untrusted. l: empty when the data list no drivers; then 535 is a version.
 *         kind: a vGPU release names its host's driver.
 * Out:    points into l.
 * Errors: GP_E_USAGE not the name of a driver, or a release and no host is meant;
 *         GP_E_NO a branch or a release that is not listed.
 */
int gp_wanted_parse(const char *text, const struct gp_branch_list *l, enum gp_kind kind, struct gp_wanted *out,
		    struct gp_err *err);

/* The release that a version is ("16.4"), the first of several; NULL: not said. */
const char *gp_branch_release_of(const struct gp_branch *b, const struct gp_version *version);

#endif
