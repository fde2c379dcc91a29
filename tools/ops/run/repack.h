/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_REPACK_H
#define GP_OPS_RUN_REPACK_H

#include "core/payload/codec.h"
#include "ops/run/append.h"
#include "ops/run/runfile.h"
#include "ops/run/tarout.h"
#include "ops/tree/tree.h"

enum gp_repack_mode { GP_REPACK_AUTO, GP_REPACK_SPLICE, GP_REPACK_FULL };
extern const char *const gp_repack_names[]; /* of them; NULL after the last */

struct gp_repack {
	const struct gp_runfile *rf; /* what the tree is over */
	const char *out;             /* path of the new .run; NULL: standard output, in the end */
	bool replace;                /* an existing one may be replaced */
	enum gp_repack_mode mode;
	const char *targetdir; /* for the stub */
	const char *history;   /* for the stub, lines */
	unsigned threads;
	int64_t new_mtime; /* of new files: seconds since the epoch */
	/* Of an installer with members that are elsewhere: */
	struct gp_append *append; /* they are in it: for a splice, which ends it; NULL */
	/* Put all of them: for a full repack. NULL: there are none. */
	int (*stream)(void *arg, struct gp_tarout *to, struct gp_err *err);
	void *arg;
};

struct gp_repack_report {
	uint64_t in_size, out_size;
	enum gp_codec codec;
	bool spliced;
	uint64_t added; /* bytes after what a splice kept */
	char *why;      /* of a full repack; free() it */
	int level;      /* of a full repack */
};

/*
 * Begin to write while the scan of tree's runfile has not ended: a thread of
 * its own copies and sums up the payload, except its end, after the stub that
 * this tree gives. A guess: what comes later in the scan may change the stub.
 *
 * Out:    NULL when it cannot be, or is not worth it; else for
 *         gp_repack_write(), or gp_output_free(). It does not need tree any
 *         more; opts->rf, which is being scanned, must outlive it.
 */
struct gp_output;
struct gp_output *gp_repack_begin(const struct gp_tree *tree, const struct gp_repack *opts);
void gp_output_free(struct gp_output *out);

/* Which way it would be, and why; as gp_repack_write() without writing. */
int gp_repack_choose(const struct gp_tree *tree, const struct gp_repack *opts, struct gp_repack_report *report,
		     struct gp_err *err);

/*
 * Write the new .run, by splice or by a full repack.
 *
 * Splice: the payload's bytes are kept up to a place near its end and continued there
 * (core/payload/splice.h); changed and new files become later members, which win.
 * Full: the payload is compressed again. Members that did not change are
 * copied byte for byte, headers included; changed ones keep their place; new
 * ones come last, sorted. Members that were added to the installer's list
 * (gp_runfile_put()) are like new ones.
 *
 * In:     tree: scanned and changed; the installer is read again. begun: from
 *         gp_repack_begin(), or NULL; it is used when its guess was right, and
 *         freed.
 * Out:    the file appears complete, mode 0755 & ~umask, or not at all.
 * Errors: GP_E_NO it exists and replace is false, or a splice was asked for
 *         and is impossible; GP_E_FORMAT the input changed since the scan;
 *         GP_E_SYSTEM I/O, no space; GP_E_CANCELLED.
 */
int gp_repack_write(const struct gp_tree *tree, const struct gp_repack *opts, struct gp_output *begun,
		    struct gp_repack_report *report, struct gp_err *err);

#endif
