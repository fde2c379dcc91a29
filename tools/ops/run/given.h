/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_GIVEN_H
#define GP_OPS_RUN_GIVEN_H

#include <stddef.h>

#include "core/driver/package.h"

/*
 * Inputs that no path leads to: an installer out of an archive or a pipe, and a
 * package's sources. Each has one name, which stands for it in messages, reports and
 * commands; who opens an input by its name asks here before the disk.
 */
struct gp_given_one {
	char *name;                 /* "g.zip/Host_Drivers/X.run", "-", "x.deb" */
	char *file;                 /* what it would be called in a directory: "X.run"; NULL: not known */
	char *container, *member;   /* the archive and the path in it, or NULL */
	int fd;                     /* the installer: a file without a name; -1: a directory */
	char *dir;                  /* the sources: a directory of ours, which goes with this; NULL: an installer */
	int lock;                   /* that dir is in use; -1 */
	struct gp_package *package; /* whose sources these are, or would be if it had any; NULL: of none */
};

/* Zeroed is empty. */
struct gp_given {
	struct gp_given_one *v;
	size_t n, cap;
};

/* Closes and removes all of it. */
void gp_given_release(struct gp_given *g);

/* Take one over; what it owns is g's from here on. */
void gp_given_add(struct gp_given *g, const struct gp_given_one *one);

/* NULL: the name is one of the disk. g may be NULL. */
const struct gp_given_one *gp_given_find(const struct gp_given *g, const char *name);

/* What an input is called where no directory matters; the caller's or g's own. */
const char *gp_given_file(const struct gp_given *g, const char *name);

/* The directory that a name stands for: one of ours, or its own; NULL: it is none. */
const char *gp_given_dir(const struct gp_given *g, const char *name);

#endif
