/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MERGE_MERGEMANIFEST_H
#define GP_CORE_MERGE_MERGEMANIFEST_H

#include "core/driver/manifest.h"
#include "core/merge/mergepaths.h"

/* What became of the two manifests. */
struct gp_merge_listed {
	size_t host, desktop;   /* entries that came from each */
	size_t left_out;        /* of the host: the file is the desktop's, or was left out */
	struct gp_list modules; /* that line 4 got from the host */
};

void gp_merge_listed_release(struct gp_merge_listed *l);

/*
 * Does a manifest name what its package does not have?
 *
 * In:     s: all members of that side.
 * Errors: GP_E_FORMAT the first such path, and how many there are.
 */
int gp_merge_manifest_check(const struct gp_manifest *m, enum gp_side side, const struct gp_merge_paths *s,
			    struct gp_err *err);

/*
 * The manifest of the merged driver: the desktop's header and entries in their order; the
 * host's entries for what comes from it, each behind the last entry of its type that stands
 * before it in the host's own order, with the modules of the host's line 4.
 *
 * Entries are the same when path, type and the fields that say where it goes are: a file
 * may be installed twice, as nvidia_icd.json is.
 *
 * In:     c: both sides are complete.
 * Out:    out, the whole text; listed.
 * Errors: as gp_merge_manifest_check(), of either; GP_E_UNSUPPORTED the result has an entry
 *         without a file.
 */
int gp_merge_manifest(const struct gp_merge_case *c, const struct gp_manifest *host, const struct gp_manifest *desktop,
		      struct gp_buf *out, struct gp_merge_listed *listed, struct gp_err *err);

#endif
