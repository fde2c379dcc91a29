/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_INPUT_SPOOL_H
#define GP_OPS_INPUT_SPOOL_H

#include <signal.h>
#include <stdint.h>

#include "base/err.h"

/* A file without a name, in $TMPDIR or /var/tmp: it goes when it is closed, whatever
 * ends us. */
struct gp_spool_file {
	char *name; /* for messages, with quotes */
	int fd;
};

/* In: expect, bytes that are reserved; 0: unknown. Errors: GP_E_SYSTEM, no space. */
int gp_spool_file_open(struct gp_spool_file *s, uint64_t expect, struct gp_err *err);

/* Its descriptor is the caller's now, and the file as long as what was written. */
int gp_spool_file_take(struct gp_spool_file *s);

void gp_spool_file_release(struct gp_spool_file *s);

/*
 * Read a pipe to its end into such a file.
 *
 * In:     from, its descriptor; name, with quotes.
 * Errors: GP_E_FORMAT it has more than GP_RUN_MAX_UNPACKED bytes; GP_E_SYSTEM,
 *         GP_E_CANCELLED.
 */
int gp_spool_pipe(int from, const char *name, const volatile sig_atomic_t *cancel, int *fd, struct gp_err *err);

#endif
