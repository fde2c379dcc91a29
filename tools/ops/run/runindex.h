/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_RUNINDEX_H
#define GP_OPS_RUN_RUNINDEX_H

#include "ops/run/runfile.h"

/*
 * What the scan of an installer found, kept in a file: members, the kernel
 * sources, the place to continue from. Patching the same installer again, for
 * another kernel or with another set, then needs no decoding.
 *
 * An index only spares the decoding, never the check: it is taken for the
 * installer with this stub and size, and whoever writes from it takes both
 * sums of every byte on the way (rf->from_index). A file that is damaged, that
 * is for another installer or another version of gridpatch, or that is
 * somebody else's, counts as none.
 */

/* Fill rf as gp_runfile_scan() would. false: scan it; also where the index lacks a file that
 * keep wants: another run wanted others, or a gridpatch that knew of fewer. */
bool gp_index_load(struct gp_runfile *rf, const char *dir, const struct gp_keep *keep);

/* Keep what a scan of rf found. Whatever goes wrong, there is just no index;
 * the directory is kept below 512 MB, the oldest go first. */
void gp_index_store(const struct gp_runfile *rf, const char *dir);

#endif
