/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_OUTFILE_H
#define GP_BASE_OUTFILE_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A file that appears under its name only when it is complete: an unnamed
 * O_TMPFILE in the target's directory, linked by gp_outfile_commit(); where
 * the file system has no O_TMPFILE, a ".NAME.gridpatch-XXXXXX" beside it. Such
 * a name that a killed run left is removed by the next one for the same file.
 */
struct gp_outfile {
	int fd;
	int dir;    /* where it will lie: from here on its path is for messages */
	char *path; /* the final name */
	char *tmp;  /* name of the temporary file in dir, NULL when unnamed */
};

/*
 * Begin a file.
 *
 * In:     path, the final name; expect, bytes that will probably be needed
 *         (they are reserved, so that a full disk shows at once), 0 if unknown.
 * Errors: GP_E_NOTFOUND no such directory, GP_E_SYSTEM not writable, no space.
 */
int gp_outfile_open(struct gp_outfile *f, const char *path, uint64_t expect, struct gp_err *err);

/* Reserve room for a file that was begun without; on some file systems that
 * takes a while. Errors: GP_E_SYSTEM, no space. */
int gp_outfile_reserve(const struct gp_outfile *f, uint64_t expect, struct gp_err *err);

/*
 * fsync, set mode, give it its name, fsync the directory.
 *
 * In:     mode, before the umask; replace: may an existing file be replaced.
 * Errors: GP_E_NO it exists and replace is false. When something fails after the
 *         name, the message says that the file is there.
 */
int gp_outfile_commit(struct gp_outfile *f, unsigned mode, bool replace, struct gp_err *err);

/*
 * Begin a file without a name, in $TMPDIR or /var/tmp, whose bytes go to a pipe
 * in the end: gp_outfile_copy() instead of commit.
 */
int gp_outfile_spool(struct gp_outfile *f, uint64_t expect, struct gp_err *err);

/* Write all of it to fd; name is for messages. Errors: GP_E_SYSTEM, GP_E_CANCELLED. */
int gp_outfile_copy(struct gp_outfile *f, int fd, const char *name, const volatile sig_atomic_t *cancel,
		    struct gp_err *err);

/* Forget it: closes, and removes the temporary file. Fine after commit. */
void gp_outfile_release(struct gp_outfile *f);

/* Write a small file that appears complete or not at all. */
int gp_file_write(const char *path, const void *data, size_t len, unsigned mode, bool replace, struct gp_err *err);

/*
 * Write a small file at a path below root, and make the directories that are missing;
 * no link is followed below root.
 *
 * In: path in clean form; untrusted, as far as that goes.
 */
int gp_file_write_below(const char *root, const char *path, const void *data, size_t len, unsigned mode, bool replace,
			struct gp_err *err);

/* A directory "DIR/.NAME.gridpatch-XXXXXX", mode 0700, on its way to be DIR/NAME. */
struct gp_tmpdir {
	int fd;     /* open for reading, and locked: other runs see that it is in use */
	int dir;    /* the one it lies in */
	char *path; /* the final name */
	char *name; /* what it is called in dir; NULL: it is gone, or somebody else's */
};

/* Errors: GP_E_NOTFOUND, GP_E_SYSTEM; also when somebody took it away at once. */
int gp_tmpdir_open(struct gp_tmpdir *t, const char *path, struct gp_err *err);

/* Give it its final name, when there is nothing of that name. Errors: GP_E_NO there is. */
int gp_tmpdir_commit(struct gp_tmpdir *t, struct gp_err *err);

/*
 * Give it its final name, and take that from the directory that has it now: the two are
 * swapped in one step, and gp_tmpdir_release() removes the old one.
 *
 * In:     whoever calls has looked what the old one is.
 * Errors: GP_E_SYSTEM, also where the file system cannot swap; nothing has changed then.
 */
int gp_tmpdir_replace(struct gp_tmpdir *t, struct gp_err *err);

/* Closes, and removes it unless it has its final name. */
void gp_tmpdir_release(struct gp_tmpdir *t);

#endif
