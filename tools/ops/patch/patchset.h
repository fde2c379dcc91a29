/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PATCH_PATCHSET_H
#define GP_OPS_PATCH_PATCHSET_H

#include "base/buf.h"
#include "base/digest.h"
#include "core/diff/series.h"
#include "ops/patch/apply.h"
#include "ops/patch/patchfile.h"

/*
 * Patches in their order: a quilt folder of the data or of the user's, or one patch.
 * They are read once. Whoever applies, sums up or looks at them takes these bytes,
 * whatever becomes of the files.
 */
struct gp_patchset {
	char *dir;        /* where it lies; of a single patch that patch's path */
	const char *name; /* the last part of dir */
	struct gp_series series;
	struct gp_buf series_text; /* the series file's bytes */
	struct gp_buf *text;       /* one per entry of series, unpacked */
	bool single;               /* one patch, which is not a folder */
	const char *below;         /* its names are relative to this folder; NULL: not known */
	bool neutral;              /* it has patches, and each one's header says Scope: neutral */
	bool hooks;                /* the same with Scope: hooks: it is for the user's copy of the hooks */
	char *caution;             /* a patch's Caution: what whoever asks for the set is told; or NULL */
	char *replaces;            /* a patch's Replaces: a set that does not go in with it; or NULL */
	char *requires;            /* a patch's Requires: a set that a driver which needs it needs with it; or NULL */
};

/*
 * Read DIR/series and the patches it names.
 *
 * Errors: GP_E_NOTFOUND no series, or a patch of it is missing (named);
 *         GP_E_FORMAT; as gp_patch_read().
 */
int gp_patchset_load(const char *dir, struct gp_patchset *out, struct gp_err *err);
/* Read one patch file as a series of one. In: read, how. Errors: its. */
int gp_patchset_load_single(const char *path, gp_patch_reader *read, struct gp_patchset *out, struct gp_err *err);

void gp_patchset_release(struct gp_patchset *p);

/* The sum of the series file's bytes and then each patch's text, in series order: `(cat
 * series; each patch, unpacked) | sha256sum`. Not part of loading, since few want it and it
 * takes its time. */
void gp_patchset_sum(const struct gp_patchset *p, char out[GP_SHA256_HEX]);

/* The i-th patch as gp_apply_patch() takes it; it borrows from p. */
struct gp_patch gp_patchset_patch(const struct gp_patchset *p, size_t i);

/* All files that its patches name, as seen from the package's root and, since
 * users' patches may be relative to kernel/, from there too; of a single patch
 * with and without the first part of each name. */
int gp_patchset_paths(const struct gp_patchset *p, struct gp_list *paths, struct gp_err *err);

#endif
