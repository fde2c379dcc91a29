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
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

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
static void remove_leftovers(const char *dir, const char *name)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };

	if (gp_dir_list(dir, &names, NULL) < 0)
		return;
	for (size_t i = 0; i < names.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(dir, names.v[i]);
		struct stat st;
		int fd;

		if (!is_leftover(names.v[i], name))
			continue;
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) &&
		    flock(fd, LOCK_EX | LOCK_NB) == 0)
			gp_remove_tree(path);
		close(fd);
	}
}

/* Lock what was just made; false: another run took it for a leftover. */
static bool lock_new(int fd)
{
	struct stat st;

	return flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &st) == 0 && st.st_nlink > 0;
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
	return gp_fail_sys(err, ENOSPC, "'%s' has %" PRIu64 " MB free, %" PRIu64 " MB are needed", dir,
			   space / 1000000, expect / 1000000 + 1);
}

static int open_named(struct gp_outfile *f, const char *dir)
{
	for (int tries = 0; tries < 3; tries++) {
		free(f->tmp);
		f->tmp = gp_asprintf("%s/.%s" MARK "XXXXXX", dir, gp_path_base(f->path));
		f->fd = mkostemp(f->tmp, O_CLOEXEC);
		if (f->fd < 0 || lock_new(f->fd))
			break;
		close(f->fd);
		f->fd = -1;
	}
	return f->fd;
}

int gp_outfile_open(struct gp_outfile *f, const char *path, uint64_t expect, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);

	*f = (struct gp_outfile){ .fd = -1, .path = gp_strdup(path) };
	remove_leftovers(dir, gp_path_base(path));
	/* An unnamed file gets its name through /proc, or by root's right. */
	if (geteuid() == 0 || access("/proc/self/fd", X_OK) == 0)
		f->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	else
		errno = EOPNOTSUPP;
	if (f->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		open_named(f, dir);
	if (f->fd < 0) {
		gp_fail_sys(err, errno, "cannot write into '%s'", dir);
		gp_free_ptr(&f->tmp);
		f->tmp = NULL;
		gp_outfile_release(f);
		return -1;
	}
	if (gp_outfile_reserve(f, expect, err) < 0) {
		gp_outfile_release(f);
		return -1;
	}
	return 0;
}

int gp_outfile_spool(struct gp_outfile *f, uint64_t expect, struct gp_err *err)
{
	const char *env = getenv("TMPDIR"), *dir = env && *env ? env : "/var/tmp";

	*f = (struct gp_outfile){ .fd = -1, .path = gp_asprintf("%s/gridpatch", dir) };
	f->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (f->fd < 0 && open_named(f, dir) >= 0) {
		unlink(f->tmp);
		gp_free_ptr(&f->tmp);
		f->tmp = NULL;
	}
	if (f->fd >= 0 && gp_outfile_reserve(f, expect, err) == 0)
		return 0;
	if (f->fd < 0)
		gp_fail_sys(err, errno, "cannot write into '%s'", dir);
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

/* Give an unnamed file a name of its own beside the final one. */
static int name_unnamed(struct gp_outfile *f, const char *name, struct gp_err *err)
{
	char proc[64];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", f->fd);
	if (linkat(AT_FDCWD, proc, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	/* No /proc (a chroot): root may name the file by its descriptor. */
	if (errno == ENOENT && linkat(f->fd, "", AT_FDCWD, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno == EEXIST)
		return gp_fail(err, GP_E_NO, "'%s' exists already", name);
	return gp_fail_sys(err, errno, "cannot create '%s'", name);
}

static int commit_name(struct gp_outfile *f, bool replace, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = NULL;

	if (!f->tmp && !replace)
		return name_unnamed(f, f->path, err);
	if (!f->tmp) {
		dir = gp_path_dir(f->path);
		f->tmp = gp_asprintf("%s/.%s.gridpatch-%ld", dir, gp_path_base(f->path), (long)getpid());
		unlink(f->tmp);
		if (name_unnamed(f, f->tmp, err) < 0) {
			gp_free_ptr(&f->tmp);
			f->tmp = NULL;
			return -1;
		}
	}
	if (!replace) {
		if (link(f->tmp, f->path) == 0) {
			unlink(f->tmp);
		} else if (errno == EEXIST) {
			return gp_fail(err, GP_E_NO, "'%s' exists already", f->path);
		} else if (errno != EPERM && errno != EOPNOTSUPP) {
			return gp_fail_sys(err, errno, "cannot create '%s'", f->path);
		} else if (access(f->path, F_OK) == 0) { /* no hard links here: FAT */
			return gp_fail(err, GP_E_NO, "'%s' exists already", f->path);
		} else if (rename(f->tmp, f->path) < 0) {
			return gp_fail_sys(err, errno, "cannot create '%s'", f->path);
		}
	} else if (rename(f->tmp, f->path) < 0) {
		return gp_fail_sys(err, errno, "cannot replace '%s'", f->path);
	}
	gp_free_ptr(&f->tmp);
	f->tmp = NULL;
	return 0;
}

int gp_outfile_commit(struct gp_outfile *f, unsigned mode, bool replace, struct gp_err *err)
{
	struct stat st;

	if (fchmod(f->fd, mode & ~gp_umask()) < 0)
		return gp_fail_sys(err, errno, "cannot set the mode of '%s'", f->path);
	/* Give back what was reserved and not needed. */
	if (fstat(f->fd, &st) < 0 || ftruncate(f->fd, st.st_size) < 0)
		return gp_fail_sys(err, errno, "cannot write '%s'", f->path);
	if (fsync(f->fd) < 0)
		return gp_fail_sys(err, errno, "cannot write '%s'", f->path);
	if (commit_name(f, replace, err) < 0)
		return -1;
	if (close(f->fd) < 0) {
		f->fd = -1;
		return gp_fail_sys(err, errno, "cannot write '%s'", f->path);
	}
	f->fd = -1;
	return 0;
}

void gp_outfile_release(struct gp_outfile *f)
{
	if (!f || !f->path)
		return;
	if (f->fd >= 0)
		close(f->fd);
	if (f->tmp)
		unlink(f->tmp);
	free(f->tmp);
	free(f->path);
	*f = (struct gp_outfile){ .fd = -1 };
}

int gp_file_write(const char *path, const void *data, size_t len, unsigned mode,
		  bool replace, struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { .fd = -1 };

	if (gp_outfile_open(&f, path, len, err) < 0 ||
	    gp_write_fd(f.fd, data, len, path, err) < 0)
		return -1;
	return gp_outfile_commit(&f, mode, replace, err);
}

char *gp_tmpdir_beside(const char *path, int *lock, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);
	char *tmp = gp_asprintf("%s/.%s" MARK "XXXXXX", dir, gp_path_base(path));

	remove_leftovers(dir, gp_path_base(path));
	*lock = -1;
	if (mkdtemp(tmp)) {
		*lock = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (*lock >= 0)
			flock(*lock, LOCK_EX | LOCK_NB);
		return tmp;
	}
	gp_fail_sys(err, errno, "cannot make a directory in '%s'", dir);
	free(tmp);
	return NULL;
}
