/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_BRANCH_H
#define GP_CORE_BRANCH_H

#include <stddef.h>

#include "core/driver/manifest.h"
#include "core/rules/release.h"
#include "core/rules/stanza.h"

/*
 * The `drivers` file of kernel-versions/: which drivers were released. It says
 * nothing of kernels; it only names what a table of all of them is about.
 */

/* A driver branch, as one kind of driver. */
struct gp_branch {
	unsigned number;              /* 460 */
	unsigned kinds;               /* bits 1 << gp_kind; host and merged when not said */
	char *product, *evidence;     /* "vGPU 12"; NULL when absent */
	struct gp_version *versions;  /* oldest first; at least one */
	size_t n, cap;
};

struct gp_branch_list {
	struct gp_branch *v;          /* oldest first */
	size_t n, cap;
};

void gp_branch_list_release(struct gp_branch_list *l);

/*
 * Read a drivers file and lay it over a list: a paragraph takes the place of
 * the one with the same Branch and Kind, the others are added.
 *
 * In:     stanzas of one file, each with Branch and Versions; Product, Kind,
 *         Evidence as they like.
 * Out:    gp_branch_list_release() frees *l, also after a failure.
 * Errors: GP_E_FORMAT with "file:line": unknown field, bad value, a version of
 *         another branch, versions that are not in ascending order.
 */
int gp_branches_parse(const struct gp_stanza_list *stanzas, struct gp_branch_list *l,
		      struct gp_err *err);

#endif
