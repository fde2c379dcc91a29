/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PATCH_PATCHSET_H
#define GP_OPS_PATCH_PATCHSET_H

#include "base/buf.h"
#include "core/diff/series.h"

/* A quilt folder of the user's own, read into memory. */
struct gp_patchset {
	char *dir;
	struct gp_series series;
	struct gp_buf series_text; /* the series file's bytes */
	struct gp_buf *text;       /* one per entry of series */
	bool single;               /* one patch, which is not a folder; dir is its path */
	const char *below;         /* its names are relative to this folder; NULL: not known */
	char sha256[65];           /* "" until gp_patchset_sum() */
};

/*
 * Read DIR/series and the patches it names.
 *
 * Errors: GP_E_NOTFOUND no series, or a patch of it is missing (named);
 *         GP_E_FORMAT.
 */
int gp_patchset_load(const char *dir, struct gp_patchset *out, struct gp_err *err);
/* The same of one patch file, as a series of one. Errors: as gp_patch_read(). */
int gp_patchset_load_single(const char *path, struct gp_patchset *out, struct gp_err *err);

void gp_patchset_release(struct gp_patchset *p);

/* Fill in p->sha256: of the series file's bytes and of each patch, in order. Not
 * part of loading, since few want it and it takes its time. */
void gp_patchset_sum(struct gp_patchset *p);

/* All files that its patches name, as seen from the package's root and, since
 * users' patches may be relative to kernel/, from there too; of a single patch
 * with and without the first part of each name. */
int gp_patchset_paths(const struct gp_patchset *p, struct gp_list *paths, struct gp_err *err);

#endif
