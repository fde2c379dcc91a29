/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_SOURCE_H
#define GP_OPS_PROOF_SOURCE_H

#include "base/progress.h"
#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "ops/run/runfile.h"

/*
 * A driver's kernel sources on disk, as they are before any patch: what all
 * builds of one driver start from. Nothing changes them.
 */
struct gp_source {
	char *name;           /* the installer or directory, as it was given */
	char *dir;            /* with .manifest and kernel/, or an installed tree */
	bool temporary;       /* dir is ours: an installer's */
	struct gp_runfile rf; /* its list of files */
	struct gp_version version;
	enum gp_kind kind;
	bool installed;
	double decode_s;
};

/* How to open one. */
struct gp_source_opts {
	const struct gp_list *also;   /* clean paths, or NULL */
	const char *store;            /* where an installer's files are to go: a name below a scratch directory */
	const struct gp_given *given; /* NULL */
	const volatile sig_atomic_t *cancel;
	const struct gp_progress *progress; /* NULL */
};

/*
 * Decode an installer once, check its sums, and store what patching and building
 * need of it: kernel/, the manifest, and the paths in also. Of a directory (an
 * extracted installer, or an installed tree), list what is there.
 *
 * In:     path: a .run or a directory, or one of o->given; untrusted, nothing of it
 *         is run here. What is stored the owner of o->store removes.
 * Errors: as gp_driver_open(); GP_E_SYSTEM, GP_E_CANCELLED; GP_E_UNSUPPORTED
 *         there is no kernel/ in it.
 */
int gp_source_open(struct gp_source *s, const char *path, const struct gp_source_opts *o, struct gp_err *err);
void gp_source_release(struct gp_source *s);

/* Where a file of its list lies; free() it. */
char *gp_source_place(const struct gp_source *s, const char *path);

/* What a file of the package has for its mode where modules are built: 0755 if its
 * owner may execute it, else 0644. Newer drivers have make run their pahole.sh. */
unsigned gp_source_mode(unsigned mode);

#endif
