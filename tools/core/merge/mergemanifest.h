/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MERGE_MERGEMANIFEST_H
#define GP_CORE_MERGE_MERGEMANIFEST_H

#include "core/driver/manifest.h"
#include "core/merge/mergepaths.h"

/* What became of the two manifests. */
struct gp_merge_listed {
	size_t host, desktop;   /* entries that came from each */
	size_t left_out;        /* of the host: their file is the desktop's or was left out */
	struct gp_list modules; /* that line 4 got from the host */
};

void gp_merge_listed_release(struct gp_merge_listed *l);

/*
 * Does a manifest name what its package does not have?
 *
 * In:     s: all members of that side.
 * Errors: GP_E_FORMAT the first such path, and how many there are; a word of line 4 that
 *         cannot be a module's name.
 */
int gp_merge_manifest_check(const struct gp_manifest *m, enum gp_side side, const struct gp_merge_paths *s,
			    struct gp_err *err);

/*
 * The manifest of the merged driver: the desktop's header, with the modules of the host's
 * line 4, and its entries in their order. The host's for what it has alone, or what is its
 * own, stand behind the last entry of their type that is before them in the host's
 * manifest, else behind the desktop's last of that type.
 *
 * Where both list a file as the same type (and architecture), the entry is that of the one
 * whose file it is; a type that only one lists is another install of it, and stays, as with
 * nvidia_icd.json, which is listed twice. A symlink of the host's is left out where the
 * desktop has it, or where what it leads to was left out.
 *
 * In:     c: both sides are complete.
 * Out:    out, the whole text; listed, gp_merge_listed_release() it.
 * Errors: as gp_merge_manifest_check(), of either.
 * Source: manifest.c and files.c of nvidia-installer 460.73.01 (fields by TYPE); the
 *         manifest of the public merged 460.73.01 (where a host's entries are).
 */
int gp_merge_manifest(const struct gp_merge_case *c, const struct gp_manifest *host, const struct gp_manifest *desktop,
		      struct gp_buf *out, struct gp_merge_listed *listed, struct gp_err *err);

#endif
