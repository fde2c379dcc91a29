/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_DIRFD_H
#define GP_BASE_DIRFD_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/*
 * Directories below a root that somebody else may rearrange at any time. Each is
 * opened without following a link and without leaving the root; what happens in
 * it then takes its descriptor and one component. So whatever is swapped
 * meanwhile, nothing outside is reached.
 *
 * The last few stay open. Nothing here allocates memory.
 */
#define GP_DIRS_KEPT 16

struct gp_dirs {
	int root;  /* borrowed */
	bool walk; /* component by component: no openat2 here */
	unsigned long now;
	struct gp_dir_kept {
		int fd; /* -1: free */
		unsigned long used;
		char path[PATH_MAX];
	} kept[GP_DIRS_KEPT];
};

/* In: root, a directory's descriptor that outlives d; walk, do without openat2. */
void gp_dirs_init(struct gp_dirs *d, int root, bool walk);
void gp_dirs_release(struct gp_dirs *d);

/*
 * The directory at a path.
 *
 * In:     path in clean form; "" and "." are the root.
 * Out:    borrowed until the next call, and good as a place for the *at() calls
 *         only (O_PATH); -1 with errno.
 * Errors: ENOENT, ENOTDIR there is none; ELOOP the path runs through a symlink, or
 *         is one; everything else that open(2) says.
 */
int gp_dirs_open(struct gp_dirs *d, const char *path);

/* The one that path lies in; *name: what path is called there. */
int gp_dirs_parent(struct gp_dirs *d, const char *path, const char **name);

/* mkdir -p, mode 0777 & ~umask: as gp_dirs_open(). */
int gp_dirs_make(struct gp_dirs *d, const char *path);

/* path was removed or moved away: neither it nor what lay below it is kept. NULL: all. */
void gp_dirs_forget(struct gp_dirs *d, const char *path);

/* Without keeping it: a new descriptor, as gp_dirs_open(). */
int gp_dir_below(int root, const char *path, bool walk);

/*
 * Can only we, and root, change what lies in a directory? Where the file system keeps
 * no owners and modes (FAT; NFS for root) there is nothing to ask: yes.
 *
 * Out: 1 or 0; -1 with errno. *uid, its owner.
 */
int gp_dir_is_ours(int fd, uid_t *uid);

#endif
