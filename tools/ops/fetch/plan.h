/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_FETCH_PLAN_H
#define GP_OPS_FETCH_PLAN_H

#include <signal.h>

#include "base/digest.h"
#include "core/rules/headerwish.h"

/* A package that is wanted. */
struct gp_fetch_package {
	char *name, *version;    /* plain words: they may stand on a command line */
	char sum[GP_SHA256_HEX]; /* as the archive says, which is signed; "": it is not known before */
};

/* The packages that have the headers of a kernel. */
struct gp_fetch_plan {
	const struct gp_header_distro *distro;
	struct gp_release release;
	struct gp_fetch_package *v;
	size_t n, cap;
};

void gp_fetch_plan_release(struct gp_fetch_plan *p);

/* Append one; its strings are copied. In: sum: hex, or "". */
void gp_fetch_plan_add(struct gp_fetch_plan *p, struct gp_str name, struct gp_str version, const char *sum);

/* What the packages are, in a word that may be a file's name: the same packages, the same
 * word. free() it. */
char *gp_fetch_plan_key(const struct gp_fetch_plan *p);

/*
 * "there is 6.1.0-57-amd64, …": those of a distribution's kernels that are nearest to the
 * one that somebody wished for.
 *
 * In:  packages: as gp_headerwish_sort() leaves them.
 * Out: free() it; "there is none" when there is none.
 */
char *gp_fetch_nearest(const struct gp_headerwish *w, const struct gp_list *packages);

/*
 * Run a package manager, and keep what it says.
 *
 * In:     argv: its words. dir: where, or NULL. cancel: may be NULL.
 * Out:    out: its standard output and error, appended. Its exit status, or -1.
 * Errors: GP_E_NOTFOUND it is missing, with what to do; GP_E_SYSTEM, GP_E_CANCELLED.
 */
int gp_fetch_run(const struct gp_list *argv, const char *dir, const volatile sig_atomic_t *cancel, struct gp_buf *out,
		 struct gp_err *err);

/*
 * The same, of one that must succeed: what is not status 0 is GP_E_SYSTEM, "TOOL failed: "
 * and the line of what it said that says why.
 *
 * Out: 0 or -1.
 */
int gp_fetch_ask(const char *tool, const struct gp_list *argv, const char *dir, const volatile sig_atomic_t *cancel,
		 struct gp_buf *out, struct gp_err *err);

#endif
