/* SPDX-License-Identifier: MIT */
#include "base/scratch.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/outfile.h"
#include "base/path.h"

/* Whoever may rename in a directory can put a link in the place of what make works in. */
static bool may_be_moved(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return true;
	if (st->st_mode & S_ISVTX)
		return false;
	return (st->st_mode & 0002) || ((st->st_mode & 0020) && st->st_gid != 0 && st->st_gid != getegid());
}

/* make takes paths, so no directory on the way to the scratch may be another user's. */
static int check_way(const char *real, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(real);

	for (;;) {
		char *up;
		struct stat st;

		if (lstat(dir, &st) < 0)
			return gp_fail_sys(err, errno, "cannot look at '%s'", dir);
		if (may_be_moved(&st))
			return gp_fail(err, GP_E_SYSTEM,
				       "no build below '%s': others can change what lies there; set TMPDIR "
				       "to a directory of your own",
				       dir);
		if (strcmp(dir, "/") == 0)
			return 0;
		up = gp_path_dir(dir);
		free(dir);
		dir = up;
	}
}

/* The way to it, without links, and the same directory at its end. */
static char *real_path(const struct gp_tmpdir *t, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(t->path);
	gp_auto(gp_free_ptr) char *path = gp_path_join(dir, t->name);
	gp_auto(gp_free_ptr) char *real = realpath(path, NULL);
	struct stat here, there;

	if (!real || lstat(real, &there) < 0 || fstat(t->fd, &here) < 0)
		gp_fail_sys(err, errno, "cannot use '%s'", path);
	else if (here.st_ino != there.st_ino || here.st_dev != there.st_dev)
		gp_fail(err, GP_E_SYSTEM, "something removes what is made in '%s'", dir);
	else if (check_way(real, err) == 0)
		return gp_steal(&real);
	return NULL;
}

char *gp_scratch_dir(int *lock, struct gp_err *err)
{
	gp_auto(gp_tmpdir_release) struct gp_tmpdir t = { 0 };
	const char *tmp = getenv("TMPDIR");
	gp_auto(gp_free_ptr) char *name = gp_path_join(tmp && *tmp ? tmp : "/var/tmp", "build");
	char *real;

	*lock = -1;
	if (gp_tmpdir_open(&t, name, err) < 0)
		return NULL;
	real = real_path(&t, err);
	if (!real)
		return NULL;
	*lock = t.fd;
	t.fd = -1;
	gp_free_ptr(&t.name); /* the caller removes it */
	t.name = NULL;
	return real;
}
