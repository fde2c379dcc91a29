/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_FACT_H
#define GP_OPS_PROOF_FACT_H

#include "core/rules/release.h"
#include "ops/select/catalog.h"

/*
 * What the data know about a name that a compiler stumbled over.
 *
 * The Changes of the kernel's line are asked, then those of older lines, nearest
 * first; and the patch sets, whether one that was not applied takes that name out
 * of the driver or describes it.
 *
 * In:     name: an identifier, or a header's path. release: the kernel. applied:
 *         names of the sets that were.
 * Out:    one line: "5.10: x86 has no set_fs() since 5.10 (…); patch set X is about
 *         it"; free() it. NULL: nothing is known.
 */
char *gp_fact_find(const struct gp_catalog *c, const char *name, const struct gp_release *release,
		   const struct gp_list *applied);

#endif
