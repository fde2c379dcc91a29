/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_CACHEDIR_H
#define GP_BASE_CACHEDIR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * What earlier runs found out, in files that may be deleted at any time. Nobody but us
 * may have written there; what is in a file its reader checks all the same.
 */

/* $XDG_CACHE_HOME/gridpatch or ~/.cache/gridpatch, made when missing; free() it.
 * Root keeps out of directories of others, as sudo may name them, and takes its own
 * home. NULL: there is none that is ours alone to write. */
char *gp_cache_dir(void);

/* A file of it, which counts as used now. false: there is none, it is longer than max
 * bytes, or somebody else's. */
bool gp_cache_read(const char *path, size_t max, struct gp_buf *out);

/* Whatever goes wrong, there is just no file; those of its suffix are kept below max
 * bytes, the oldest go first. */
void gp_cache_write(const char *path, struct gp_str bytes, const char *suffix, uint64_t max);

#endif
