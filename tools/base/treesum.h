/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_TREESUM_H
#define GP_BASE_TREESUM_H

#include <signal.h>

#include "base/buf.h"
#include "base/digest.h"

/*
 * One sum of files and directories, and of all that lies below these: are they what
 * they were? Links are followed, since compilers do; a directory that is met again
 * counts by its number.
 */

/* How it is known. */
enum gp_treesum_how {
	GP_TREESUM_BYTES, /* names, who may execute, every byte: the same on every machine */
	/* Names, inode numbers, sizes, times of the last change: quick, and of this file
	 * system only. Nobody can set a ctime back, so nothing is the same by mistake. */
	GP_TREESUM_STAT,
};

/*
 * In:     paths, in their order; how; cancel, or NULL.
 * Out:    out, hex. With GP_TREESUM_STAT it is "" when something changed in the last two
 *         seconds: a change in the same tick of the clock would not show.
 * Errors: GP_E_NOTFOUND one of paths is not there; GP_E_UNSUPPORTED there is more than one
 *         would want to read; GP_E_SYSTEM, also when a file changes meanwhile; GP_E_CANCELLED.
 */
int gp_treesum(const struct gp_list *paths, enum gp_treesum_how how, const volatile sig_atomic_t *cancel,
	       char out[GP_SHA256_HEX], struct gp_err *err);

#endif
