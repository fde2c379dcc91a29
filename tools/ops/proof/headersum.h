/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_HEADERSUM_H
#define GP_OPS_PROOF_HEADERSUM_H

#include "base/buf.h"
#include "base/digest.h"

/* What lies in directories of headers, as one sum that an earlier run may know. */
struct gp_headersum {
	char bytes[GP_SHA256_HEX]; /* gp_treesum() of names and contents */
	char stat[GP_SHA256_HEX];  /* of inodes and times; "": something is too new to tell */
	bool known;                /* an earlier run had read them */
};

/*
 * Take the sum of all that lies below the roots. One that gp_headersum_keep() kept of the
 * same files is looked up in the cache, and nothing is read.
 *
 * In:     roots: untrusted. cache: gp_cache_dir(), or NULL.
 * Errors: as gp_treesum().
 */
int gp_headersum_take(const struct gp_list *roots, const char *cache, struct gp_headersum *out, struct gp_err *err);

/* Keep one that holds. */
void gp_headersum_keep(const struct gp_headersum *sum, const char *cache);

/* Has nothing been changed since? Only the file system is asked. */
bool gp_headersum_holds(const struct gp_headersum *sum, const struct gp_list *roots);

#endif
