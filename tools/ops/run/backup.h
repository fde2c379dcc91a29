/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_BACKUP_H
#define GP_OPS_RUN_BACKUP_H

#include <signal.h>

#include "base/buf.h"
#include "base/digest.h"
#include "ops/tree/disktree.h"

/* All of a directory as one file, NAME.tar.zst, with a folder of its name at the top. */
struct gp_backup {
	char *path;
	char sha256[GP_SHA256_HEX];
	uint64_t size; /* bytes, packed */
	size_t files;
	int dir; /* the one that it lies in; -1: there is none */
};

/*
 * Write one: owners, modes, times; files, directories and symlinks. It is on the disk
 * and has its name when this returns.
 *
 * In:     top: the name of the folder. path: where to; nothing may be there.
 * Out:    gp_backup_release() it, also after a failure; the file stays.
 * Errors: GP_E_NO there is something; GP_E_UNSUPPORTED a device or the like, or a file that is
 *         too large to be read back;
 *         GP_E_SYSTEM, GP_E_CANCELLED: nothing is left.
 */
int gp_backup_write(const struct gp_disktree *d, const char *top, const char *path, const volatile sig_atomic_t *cancel,
		    struct gp_backup *out, struct gp_err *err);
void gp_backup_release(struct gp_backup *b);

/* Take the file away: what it is a backup of has not changed. */
void gp_backup_drop(struct gp_backup *b);

/* One thing in it; all is borrowed for the call. */
struct gp_backup_item {
	const char *path; /* below the top, clean */
	enum gp_node node;
	unsigned mode; /* 07777 */
	uid_t uid;
	gid_t gid;
	struct gp_str data; /* of a file; of a symlink, where it leads */
};

/*
 * Read one, if it is the one that was written.
 *
 * In:     fd: the file, open; name: for messages. sha256: of the whole file, which is
 *         checked before anything is read. visit: -1 ends it, with err.
 * Errors: GP_E_FORMAT another one, or damaged.
 */
int gp_backup_read(int fd, const char *name, const char *sha256,
		   int (*visit)(void *arg, const struct gp_backup_item *item, struct gp_err *err), void *arg,
		   struct gp_err *err);

#endif
