/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_INPUT_UNPACK_H
#define GP_OPS_INPUT_UNPACK_H

#include <signal.h>

#include "base/dirfd.h"
#include "base/err.h"
#include "ops/input/archive.h"

/*
 * Files of a package on their way to a directory of ours. Nothing is written through a
 * link, whatever the package, or one before it, has put there.
 */
struct gp_unpack {
	const char *name;  /* the package, for messages; borrowed */
	const char *what;  /* "source": what one of its files is called in messages */
	const char *below; /* only what lies below it is taken, and is put without it; "": all */
	bool whole;        /* directories by themselves and symbolic links are made, too; else a link is an error */
	const volatile sig_atomic_t *cancel; /* may be NULL */
	uint64_t bytes;                      /* that were written so far */
	struct gp_dirs dirs;
};

/* In: root: an open directory, which outlives u; the rest is set by then. */
void gp_unpack_begin(struct gp_unpack *u, int root);
void gp_unpack_end(struct gp_unpack *u);

/*
 * Put the current member of an archive: a regular file with its bytes, its time, and who
 * may execute it; a hard link to one that came before; with u->whole a directory that may
 * be empty, or a symbolic link. That is made relative, and what is absolute is meant from
 * the root on, as where the package would have been installed: none leads out of it.
 *
 * In:     path: the member's name in clean form; untrusted.
 * Errors: GP_E_FORMAT a name that cannot be: too long, a file and a directory, through a
 *         link, out of the root; a link to nothing. GP_E_UNSUPPORTED it is something else.
 *         GP_E_SYSTEM, GP_E_CANCELLED.
 */
int gp_unpack_member(struct gp_unpack *u, struct gp_archive *a, struct archive_entry *e, const char *path,
		     struct gp_err *err);

#endif
