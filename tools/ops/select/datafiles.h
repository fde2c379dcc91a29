/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_DATAFILES_H
#define GP_OPS_SELECT_DATAFILES_H

#include "base/buf.h"

/* Where the data come from: their directories, and in which of them each file lies. */

/* A directory of data. */
struct gp_datadir {
	char *path;
	char *date;   /* the newest that its files of rules say; NULL: none says one */
	char *origin; /* what a package says of itself (DIR/origin), else "a checkout"; NULL */
	size_t nfiles, nsets;
};

/* A file of kernel-versions/, or a patch set. */
struct gp_datafile {
	char *name;           /* "kernel-versions/6.12", "patches/pfn-valid" */
	size_t *dirs, n, cap; /* where it lies, as places in dirs, the last one on top */
};

struct gp_datafiles {
	struct gp_datadir *dirs; /* in the order in which they lie upon each other */
	size_t ndirs, dirs_cap;
	struct gp_datafile *files; /* by name: kernel-versions/ first */
	size_t nfiles, files_cap;
};

void gp_datafiles_release(struct gp_datafiles *d);

/*
 * Look at the directories that gp_catalog_load() would load, and only list their files.
 *
 * Out:    gp_datafiles_release() frees it, after a failure, too.
 * Errors: as gp_catalog_read_date().
 */
int gp_datafiles_list(const struct gp_list *dirs, struct gp_datafiles *out, struct gp_err *err);

#endif
