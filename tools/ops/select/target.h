/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_TARGET_H
#define GP_OPS_SELECT_TARGET_H

#include "ops/select/select.h"

/* The kernels a run is for. */
struct gp_targets {
	struct gp_query_kernel *v;
	struct gp_headers *headers; /* one slot per kernel */
	size_t n, cap;
	bool *may_skip;         /* per kernel: it came from "-k installed" */
	bool running;           /* neither -k nor --headers: this machine's */
	struct gp_list skipped; /* "RELEASE: why", of "-k installed" */
};

/*
 * Find the kernels and their headers.
 *
 * kernels: releases, or "installed" for all of /lib/modules; none: those of the
 * headers; none of these either: the running kernel. A release without headers
 * on this machine is judged by version.
 *
 * In:     kernels, headers: from the command line.
 * Errors: GP_E_USAGE not a release; GP_E_NOTFOUND headers that were named are
 *         not there, or "installed" finds none; GP_E_SYSTEM some cannot be looked at.
 */
int gp_targets_find(const struct gp_list *kernels, const struct gp_list *headers, struct gp_targets *out,
		    struct gp_err *err);
/* " (did you mean '6.1.0-57-amd64'?)" for a release that nothing is known of here: an
 * installed kernel's name is near. "" where none is, or where it is only a number, which
 * asks about no machine; free() it. */
char *gp_target_hint(const char *release);

void gp_targets_release(struct gp_targets *t);

#endif
