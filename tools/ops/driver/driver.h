/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_DRIVER_DRIVER_H
#define GP_OPS_DRIVER_DRIVER_H

#include "core/driver/manifest.h"
#include "core/driver/treerecord.h"
#include "core/payload/sums.h"
#include "core/rules/release.h"
#include "ops/run/ahead.h"
#include "ops/run/runfile.h"
#include "ops/tree/disktree.h"
#include "ops/tree/subtree.h"
#include "ops/driver/unlock.h"

/* What the versions of host drivers have in common: their files. */
struct gp_driver {
	struct gp_runfile rf;
	struct gp_tree tree;
	struct gp_manifest manifest; /* the pristine one, text borrowed from rf */
	struct gp_version version;
	struct gp_version host; /* of a merged driver, where the host's half has another one; else n is 0 */
	enum gp_kind kind;
	bool has_kernel, has_kernel_open; /* source trees */
	struct gp_altered altered;
	/* Of gp_driver_open_dir() and gp_driver_open_tree() only: */
	struct gp_disktree disk;
	bool installed;              /* a /usr/src/nvidia-VERSION: see ops/driver/installed.h */
	char *package, *release;     /* then: dkms.conf's PACKAGE_NAME and PACKAGE_VERSION, as written; NULL */
	struct gp_treerecord record; /* then: of the last run that changed it; date is NULL: there was none */
	struct gp_buf modules;       /* then: what manifest.modules points at */
	struct gp_subtree subtree;   /* then: what tree is over */
	size_t recovered;            /* gp_driver_open_tree(): files that an interrupted run had left changed */
};

/* How to open one; zeroed is fine. */
struct gp_driver_opts {
	const struct gp_list *also; /* clean paths: files to keep in memory as well */
	bool cut;                   /* find out where the payload can be continued */
	const char *index_dir;      /* where an index may be (gp_cache_dir()) */
	const struct gp_keep *keep; /* NULL; how to scan, instead of also, cut, index_dir and ready */
	const struct gp_given *given;
	/* Called once, in the middle of the scan, when the manifest and all kernel
	 * sources that it lists have been seen. */
	void (*ready)(void *arg, struct gp_runfile *rf);
	/* Called before that runfile goes, should the rest of it be bad. */
	void (*abandon)(void *arg);
	void *arg;
	struct gp_sums *sums;   /* those of several; NULL: it has its own */
	struct gp_ahead *ahead; /* NULL */
	const volatile sig_atomic_t *cancel;
	const struct gp_progress *progress;
};

/*
 * Open an installer and find out what it is: stub, sums, members, manifest.
 * The sources below kernel/ are kept in memory.
 *
 * Errors: as gp_runfile_open() and gp_runfile_scan(); GP_E_UNSUPPORTED no
 *         .manifest in it, or no version.
 */
int gp_driver_open(struct gp_driver *d, const char *path, const struct gp_driver_opts *o, struct gp_err *err);
void gp_driver_release(struct gp_driver *d);

/* Know it anew: its runfile's list has other files now (gp_runfile_put()). Errors: as
 * gp_driver_open(). */
int gp_driver_look_again(struct gp_driver *d, struct gp_err *err);

/* Are a file's bytes wanted to judge, patch and build a driver? Blobs are not: they only
 * get in the way in memory. arg: a gp_list of clean paths that are, too, or NULL. */
bool gp_driver_wants(void *arg, const char *path, uint64_t size);

/*
 * Open a directory that nothing changes: an extracted installer, what was stored of
 * one, or an installed tree (ops/driver/installed.h).
 *
 * In:     rf lists its files as gp_driver_list() does, stays its owner's, and may be
 *         shared by several threads, each with a driver of its own.
 * Errors: GP_E_NOTFOUND; GP_E_UNSUPPORTED it is none of these, or has no version; GP_E_NO
 *         an interrupted run left it half changed.
 */
int gp_driver_open_dir(struct gp_driver *d, const char *dir, const struct gp_runfile *rf, struct gp_err *err);
void gp_driver_close_dir(struct gp_driver *d);

/*
 * The same with a list of its own. gp_driver_release() closes it.
 *
 * In: name: what it is called, in messages too: dir, or the package that dir is of.
 *     lock: to change it: against another gridpatch, and what an interrupted run left
 *     is rolled back first (d->recovered).
 */
int gp_driver_open_tree(struct gp_driver *d, const char *dir, const char *name, bool lock, struct gp_err *err);

/* A driver over what a scan has found so far: rf stays its owner's, and must not
 * change meanwhile. gp_driver_return() instead of release. */
int gp_driver_borrow(struct gp_driver *d, const struct gp_runfile *rf, struct gp_err *err);
void gp_driver_return(struct gp_driver *d);

/* A file of the (changed) tree, for gp_query.driver_file; arg is the driver. */
bool gp_driver_file(void *arg, const char *path, struct gp_str *out);

#endif
