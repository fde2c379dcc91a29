/* SPDX-License-Identifier: MIT */
#include "base/outfile.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/dirfd.h"
#include "base/fsio.h"
#include "base/path.h"

#define COPY_BLOCK (256u << 10)
#define MARK ".gridpatch-"

/* --- what a killed run left --- */

/* ".NAME.gridpatch-" and letters or digits: mkstemp's, or a process number. */
static bool is_leftover(const char *entry, const char *name)
{
	size_t n = strlen(name), m = strlen(MARK);
	const char *p = entry;

	if (*p++ != '.' || strncmp(p, name, n) != 0 || strncmp(p + n, MARK, m) != 0)
		return false;
	for (p += n + m; isalnum((unsigned char)*p); p++)
		;
	return *p == '\0' && p[-1] != '-';
}

/* A run that is alive holds a lock on its file or directory. */
static void remove_leftover(int dir, const char *entry)
{
	int fd = openat(dir, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0)
		gp_remove_at(dir, entry);
	close(fd);
}

static void remove_leftovers(int dir, const char *name)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (gp_dir_list_at(dir, name, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++)
		if (is_leftover(names.v[i], name))
			remove_leftover(dir, names.v[i]);
}

/* --- names that nobody else has --- */

static char *new_name(const char *path)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	unsigned char random[6];
	char end[sizeof(random) + 1] = "";

	if (getrandom(random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		return gp_asprintf(".%s" MARK "%ld", gp_path_base(path), (long)getpid());
	for (size_t i = 0; i < sizeof(random); i++)
		end[i] = letters[random[i] % (sizeof(letters) - 1)];
	return gp_asprintf(".%s" MARK "%s", gp_path_base(path), end);
}

/* The directory that path lies in: the last time that its links are followed. */
static int open_place(const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *name = gp_path_dir(path);
	int fd = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 ? fd : gp_fail_sys(err, errno, "cannot write into '%s'", name);
}

static int fail_into(const char *path, int error, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);

	return gp_fail_sys(err, error, "cannot write into '%s'", dir);
}

/* As rename(2) that replaces nothing. */
static int rename_new(int dir, const char *from, const char *to)
{
	struct stat st;

	if (renameat2(dir, from, dir, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (fstatat(dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOENT ? renameat(dir, from, dir, to) : -1;
}

/*
 * Lock what was just made; false: another run took it for a leftover, and has removed it
 * or is about to. Where nothing can be locked (NFS of old), nobody takes it for one either.
 */
static bool lock_new(int dir, const char *name, int fd)
{
	struct stat now, made;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno != EWOULDBLOCK;
	return fstat(fd, &made) == 0 && fstatat(dir, name, &now, AT_SYMLINK_NOFOLLOW) == 0 &&
	       now.st_ino == made.st_ino && now.st_dev == made.st_dev;
}

/* --- room --- */

/* Reserve it where the file system can; else believe what it says is free. */
int gp_outfile_reserve(const struct gp_outfile *f, uint64_t expect, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(f->path);
	int fd = f->fd;
	struct statvfs vfs;
	uint64_t space;

	if (!expect || fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)expect) == 0)
		return 0;
	if (fstatvfs(fd, &vfs) < 0)
		return 0;
	space = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (errno != ENOSPC && space >= expect)
		return 0;
	return gp_fail_sys(err, ENOSPC, "'%s' has %" PRIu64 " MB free, %" PRIu64 " MB are needed", dir, space / 1000000,
			   expect / 1000000 + 1);
}

static void forget_tmp(struct gp_outfile *f)
{
	free(f->tmp);
	f->tmp = NULL;
}

static int open_named(struct gp_outfile *f)
{
	for (int tries = 0; tries < 100; tries++) {
		forget_tmp(f);
		f->tmp = new_name(f->path);
		f->fd = openat(f->dir, f->tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (f->fd < 0 && errno == EEXIST)
			continue;
		if (f->fd < 0 || lock_new(f->dir, f->tmp, f->fd))
			break;
		close(f->fd);
		f->fd = -1;
	}
	if (f->fd < 0)
		forget_tmp(f);
	return f->fd;
}

/* Takes dir, where path lies; -1: there is none, err says why. */
static int open_in(struct gp_outfile *f, int dir, const char *path, uint64_t expect, struct gp_err *err)
{
	*f = (struct gp_outfile){ .fd = -1, .dir = dir, .path = gp_strdup(path) };
	if (f->dir < 0) {
		gp_outfile_release(f);
		return -1;
	}
	remove_leftovers(f->dir, gp_path_base(path));
	/* An unnamed file gets its name through /proc, or by root's right. */
	if (geteuid() == 0 || access("/proc/self/fd", X_OK) == 0)
		f->fd = openat(f->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	else
		errno = EOPNOTSUPP;
	if (f->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		open_named(f);
	if (f->fd < 0)
		fail_into(path, errno, err);
	if (f->fd >= 0 && gp_outfile_reserve(f, expect, err) == 0)
		return 0;
	gp_outfile_release(f);
	return -1;
}

int gp_outfile_open(struct gp_outfile *f, const char *path, uint64_t expect, struct gp_err *err)
{
	return open_in(f, open_place(path, err), path, expect, err);
}

int gp_outfile_spool(struct gp_outfile *f, uint64_t expect, struct gp_err *err)
{
	const char *env = getenv("TMPDIR"), *dir = env && *env ? env : "/var/tmp";

	*f = (struct gp_outfile){ .fd = -1, .path = gp_asprintf("%s/gridpatch", dir) };
	f->dir = open_place(f->path, err);
	if (f->dir >= 0) {
		f->fd = openat(f->dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (f->fd < 0 && open_named(f) >= 0) {
			unlinkat(f->dir, f->tmp, 0);
			forget_tmp(f);
		}
		if (f->fd < 0)
			fail_into(f->path, errno, err);
	}
	if (f->fd >= 0 && gp_outfile_reserve(f, expect, err) == 0)
		return 0;
	gp_outfile_release(f);
	return -1;
}

int gp_outfile_copy(struct gp_outfile *f, int fd, const char *name, const volatile sig_atomic_t *cancel,
		    struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(COPY_BLOCK);
	uint64_t off = 0;

	for (;;) {
		ssize_t n = gp_pread(f->fd, block, COPY_BLOCK, off, f->path, err);

		if (n <= 0)
			return (int)n;
		if (gp_check_cancel(cancel, err) < 0 || gp_write_fd(fd, block, (size_t)n, name, err) < 0)
			return -1;
		off += (uint64_t)n;
	}
}

/* 0, or -1 with errno. */
static int link_unnamed(const struct gp_outfile *f, const char *name)
{
	char proc[64];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", f->fd);
	if (linkat(AT_FDCWD, proc, f->dir, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	/* No /proc (a chroot): root may name the file by its descriptor. */
	return errno == ENOENT ? linkat(f->fd, "", f->dir, name, AT_EMPTY_PATH) : -1;
}

/* A name of its own beside the final one, to be renamed. */
static int name_beside(struct gp_outfile *f)
{
	int rc = -1, error = EEXIST;

	for (int tries = 0; tries < 100 && rc < 0 && error == EEXIST; tries++) {
		forget_tmp(f);
		f->tmp = new_name(f->path);
		rc = link_unnamed(f, f->tmp);
		error = errno;
	}
	if (rc < 0)
		forget_tmp(f);
	errno = error;
	return rc;
}

/* From the name beside it. */
static int give_name(struct gp_outfile *f, const char *name, bool replace)
{
	if (replace)
		return renameat(f->dir, f->tmp, f->dir, name);
	if (linkat(f->dir, f->tmp, f->dir, name, 0) == 0) {
		unlinkat(f->dir, f->tmp, 0);
		return 0;
	}
	if (errno != EPERM && errno != EOPNOTSUPP)
		return -1;
	return rename_new(f->dir, f->tmp, name); /* no hard links here: FAT */
}

static int commit_name(struct gp_outfile *f, bool replace, struct gp_err *err)
{
	const char *name = gp_path_base(f->path);
	int rc;

	if (!f->tmp && !replace)
		rc = link_unnamed(f, name);
	else
		rc = f->tmp || name_beside(f) == 0 ? give_name(f, name, replace) : -1;
	if (rc == 0) {
		forget_tmp(f);
		return 0;
	}
	if (errno == EEXIST && !replace)
		return gp_fail(err, GP_E_NO, "'%s' exists already", f->path);
	return gp_fail_sys(err, errno, "cannot %s '%s'", replace ? "replace" : "create", f->path);
}

/* A file system that cannot fsync directories says so; that is not a failure. */
static int sync_place(const struct gp_outfile *f, struct gp_err *err)
{
	int fd = openat(f->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;

	if (fd < 0 && errno == EACCES)
		return 0; /* one that may be written and not be read */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL && errno != EROFS && errno != EOPNOTSUPP))
		rc = gp_fail_sys(err, errno, "cannot sync the directory of '%s'", f->path);
	if (fd >= 0)
		close(fd);
	return rc;
}

int gp_outfile_commit(struct gp_outfile *f, unsigned mode, bool replace, struct gp_err *err)
{
	struct stat st;
	int fd = f->fd, rc;

	gp_assert(f->path && fd >= 0);
	if (fchmod(fd, mode & ~gp_umask()) < 0)
		return gp_fail_sys(err, errno, "cannot set the mode of '%s'", f->path);
	/* Give back what was reserved and not needed. */
	if (fstat(fd, &st) < 0 || ftruncate(fd, st.st_size) < 0)
		return gp_fail_sys(err, errno, "cannot write '%s'", f->path);
	if (fsync(fd) < 0)
		return gp_fail_sys(err, errno, "cannot write '%s'", f->path);
	if (commit_name(f, replace, err) < 0)
		return -1;
	rc = sync_place(f, err);
	f->fd = -1;
	if (close(fd) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot close '%s'", f->path);
	return rc == 0 ? 0 : gp_besides(err, "; it is there all the same, and complete");
}

void gp_outfile_release(struct gp_outfile *f)
{
	if (!f || !f->path)
		return;
	if (f->fd >= 0)
		close(f->fd);
	if (f->tmp)
		unlinkat(f->dir, f->tmp, 0);
	if (f->dir >= 0)
		close(f->dir);
	free(f->tmp);
	free(f->path);
	*f = (struct gp_outfile){ 0 };
}

int gp_file_write(const char *path, const void *data, size_t len, unsigned mode, bool replace, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { 0 };

	if (gp_outfile_open(&f, path, len, err) < 0 || gp_write_fd(f.fd, data, len, path, err) < 0)
		return -1;
	return gp_outfile_commit(&f, mode, replace, err);
}

/* The directory of path below root, made as far as it is missing; a new descriptor. */
static int make_place(const char *root, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *below = gp_path_dir(path);
	struct gp_dirs *d;
	int top, fd;

	if (gp_mkdirs(root, err) < 0)
		return -1;
	top = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (top < 0)
		return gp_fail_sys(err, errno, "cannot write into '%s'", root);
	d = gp_alloc(sizeof(*d));
	gp_dirs_init(d, top, false);
	fd = gp_dirs_make(d, below);
	if (fd >= 0)
		fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		gp_fail_sys(err, errno, "cannot write into '%s/%s'", root, below);
	gp_dirs_release(d);
	free(d);
	close(top);
	return fd;
}

int gp_file_write_below(const char *root, const char *path, const void *data, size_t len, unsigned mode, bool replace,
			struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { 0 };
	gp_auto(gp_free_ptr) char *full = gp_path_join(root, path);

	if (open_in(&f, make_place(root, path, err), full, len, err) < 0 || gp_write_fd(f.fd, data, len, full, err) < 0)
		return -1;
	return gp_outfile_commit(&f, mode, replace, err);
}

/* --- directories --- */

static void forget_dir(struct gp_tmpdir *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	free(t->name);
	t->name = NULL;
}

/*
 * Hold what was just made. Until it is locked another run may take it for a leftover.
 * Another one may have come into its place: whoever owns dir can do that.
 *
 * Out: 1 it is ours; 0 a run that begins at the same time has removed it; -1 failure.
 */
static int take_dir(struct gp_tmpdir *t, struct gp_err *err)
{
	uid_t owner;
	int ours;

	t->fd = openat(t->dir, t->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (t->fd < 0 && errno == ENOENT)
		return 0;
	ours = t->fd >= 0 ? gp_dir_is_ours(t->fd, &owner) : -1;
	if (ours > 0)
		return lock_new(t->dir, t->name, t->fd);
	if (ours < 0)
		gp_fail_sys(err, errno, "cannot open what was made beside '%s'", t->path);
	else
		gp_fail(err, GP_E_SYSTEM, "something removes what is made beside '%s'", t->path);
	unlinkat(t->dir, t->name, AT_REMOVEDIR); /* it is empty, if it is ours */
	return -1;
}

static int make_dir(struct gp_tmpdir *t, struct gp_err *err)
{
	int rc = 0;

	for (int tries = 0; tries < 100; tries++) {
		forget_dir(t);
		t->name = new_name(t->path);
		if (mkdirat(t->dir, t->name, 0700) == 0)
			rc = take_dir(t, err);
		else if (errno != EEXIST)
			rc = fail_into(t->path, errno, err);
		if (rc)
			break;
	}
	if (rc > 0)
		return 0;
	if (rc == 0)
		gp_fail(err, GP_E_SYSTEM, "something removes what is made beside '%s'", t->path);
	forget_dir(t);
	return -1;
}

int gp_tmpdir_open(struct gp_tmpdir *t, const char *path, struct gp_err *err)
{
	*t = (struct gp_tmpdir){ .fd = -1, .dir = open_place(path, err), .path = gp_strdup(path) };
	if (t->dir >= 0) {
		remove_leftovers(t->dir, gp_path_base(path));
		if (make_dir(t, err) == 0)
			return 0;
	}
	gp_tmpdir_release(t);
	return -1;
}

int gp_tmpdir_commit(struct gp_tmpdir *t, struct gp_err *err)
{
	if (rename_new(t->dir, t->name, gp_path_base(t->path)) == 0) {
		free(t->name);
		t->name = NULL;
		return 0;
	}
	if (errno == EEXIST || errno == ENOTEMPTY)
		return gp_fail(err, GP_E_NO, "'%s' exists already", t->path);
	return gp_fail_sys(err, errno, "cannot create '%s'", t->path);
}

int gp_tmpdir_replace(struct gp_tmpdir *t, struct gp_err *err)
{
	if (renameat2(t->dir, t->name, t->dir, gp_path_base(t->path), RENAME_EXCHANGE) == 0)
		return 0;
	if (errno == EINVAL || errno == ENOSYS)
		return gp_fail(err, GP_E_SYSTEM, "this file system cannot swap directories: remove '%s' first",
			       t->path);
	return gp_fail_sys(err, errno, "cannot replace '%s'", t->path);
}

void gp_tmpdir_release(struct gp_tmpdir *t)
{
	if (!t || !t->path)
		return;
	if (t->name)
		gp_remove_at(t->dir, t->name);
	if (t->fd >= 0)
		close(t->fd);
	if (t->dir >= 0)
		close(t->dir);
	free(t->name);
	free(t->path);
	*t = (struct gp_tmpdir){ 0 };
}
