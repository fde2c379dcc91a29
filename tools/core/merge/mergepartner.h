/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MERGE_MERGEPARTNER_H
#define GP_CORE_MERGE_MERGEPARTNER_H

#include <stdbool.h>
#include <stddef.h>

#include "core/merge/mergetable.h"
#include "core/rules/branch.h"

/* A desktop driver that fits a host. */
struct gp_merge_desktop {
	struct gp_version version;
	bool same;     /* it has the host's version: nothing has to be allowed */
	bool released; /* NVIDIA released it with the host */
};

struct gp_merge_desktops {
	struct gp_merge_desktop *v;
	size_t n, cap;
};

void gp_merge_desktops_release(struct gp_merge_desktops *l);

/*
 * The desktops that are known and that fit a host: those that were released with it first,
 * then what the drivers file lists of its branch as general driver or guest.
 *
 * Out: gp_merge_desktops_release() it; empty: none is known.
 */
void gp_merge_desktops_find(const struct gp_merge_table *t, const struct gp_branch_list *branches,
			    const struct gp_version *host, struct gp_merge_desktops *out);

#endif
