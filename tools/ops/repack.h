/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_REPACK_H
#define GP_OPS_REPACK_H

#include "ops/tree.h"

struct gp_repack {
	const char *out;       /* path of the new .run */
	bool replace;          /* an existing one may be replaced */
	const char *targetdir; /* for the stub */
	const char *history;   /* for the stub, lines */
	unsigned threads;
	int64_t new_mtime;     /* of new files: seconds since the epoch */
};

struct gp_repack_report {
	uint64_t in_size, out_size;
	int level;
	enum gp_codec codec;
};

/*
 * Write the new .run: a full repack with the input's compression. Members that
 * did not change are copied byte for byte, headers included; changed ones keep
 * their place; new ones come last, sorted.
 *
 * In:     tree: scanned and changed; its runfile is read again.
 * Out:    the file appears complete, mode 0755 & ~umask, or not at all.
 * Errors: GP_E_NO it exists and replace is false; GP_E_SYSTEM I/O, no space;
 *         GP_E_CANCELLED.
 */
int gp_repack_write(const struct gp_tree *tree, const struct gp_repack *opts,
		    struct gp_repack_report *report, struct gp_err *err);

#endif
