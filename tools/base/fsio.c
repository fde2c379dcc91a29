/* SPDX-License-Identifier: MIT */
#include "base/fsio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/path.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int gp_fd_read(int fd, size_t expect, size_t max, const char *name, struct gp_buf *out,
	       struct gp_err *err)
{
	size_t start = out->len;

	gp_buf_reserve(out, expect + 2);
	for (;;) {
		size_t want;
		ssize_t n;

		if (out->cap - out->len < 2)
			gp_buf_reserve(out, 65536); /* more than expected */
		want = out->cap - out->len - 1;
		n = read(fd, out->data + out->len, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return gp_fail_sys(err, errno, "cannot read %s", name);
		out->len += (size_t)n;
		if (out->len - start > max)
			return gp_fail(err, GP_E_FORMAT, "%s is larger than %zu bytes", name, max);
		/* A short read at the expected size is a file's end. */
		if (n == 0 || ((size_t)n < want && out->len - start == expect))
			break;
	}
	out->data[out->len] = '\0';
	return 0;
}

int gp_regular_read(int fd, size_t max, const char *path, struct gp_buf *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *name = gp_asprintf("'%s'", path);
	struct stat st;

	if (fstat(fd, &st) < 0)
		return gp_fail_sys(err, errno, "cannot stat %s", name);
	if (!S_ISREG(st.st_mode))
		return gp_fail(err, GP_E_FORMAT, "%s is not a regular file", name);
	if ((uint64_t)st.st_size > max)
		return gp_fail(err, GP_E_FORMAT, "%s is larger than %zu bytes", name, max);
	return gp_fd_read(fd, (size_t)st.st_size, max, name, out, err);
}

int gp_file_read(const char *path, size_t max, struct gp_buf *out, struct gp_err *err)
{
	gp_auto(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", path);
	return gp_regular_read(fd, max, path, out, err);
}

int gp_dir_list(const char *path, struct gp_list *names, struct gp_err *err)
{
	DIR *d = opendir(path);
	struct dirent *e;

	if (!d)
		return gp_fail_sys(err, errno, "cannot open directory '%s'", path);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			gp_list_add(names, e->d_name);
	closedir(d);
	gp_list_sort(names);
	return 0;
}

bool gp_is_dir(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool gp_is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool gp_same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	       sa.st_ino == sb.st_ino;
}

int gp_mkdirs(const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);

	for (char *s = p + 1; *p; s++) {
		char end = *s;

		if (end != '/' && end != '\0')
			continue;
		*s = '\0';
		if (mkdir(p, 0777) < 0 && errno != EEXIST)
			return gp_fail_sys(err, errno, "cannot make directory '%s'", p);
		*s = end;
		if (!end)
			break;
	}
	if (!gp_is_dir(path))
		return gp_fail(err, GP_E_SYSTEM, "'%s' is not a directory", path);
	return 0;
}

static void remove_at(int dirfd, const char *name)
{
	int fd;
	DIR *d;
	struct dirent *e;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return;
	fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	/* A package may carry directories without write permission. */
	fchmod(fd, 0700);
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return;
	}
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			remove_at(fd, e->d_name);
	closedir(d);
	unlinkat(dirfd, name, AT_REMOVEDIR);
}

void gp_remove_tree(const char *path)
{
	remove_at(AT_FDCWD, path);
}

ssize_t gp_pread(int fd, void *buf, size_t len, uint64_t off, const char *name, struct gp_err *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, (char *)buf + done, len - done, (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return gp_fail_sys(err, errno, "cannot read '%s'", name);
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int gp_write_fd(int fd, const void *buf, size_t len, const char *name, struct gp_err *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const char *)buf + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return gp_fail_sys(err, errno, "cannot write '%s'", name);
		done += (size_t)n;
	}
	return 0;
}

int gp_pwrite_fd(int fd, const void *buf, size_t len, uint64_t off, const char *name, struct gp_err *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = pwrite(fd, (const char *)buf + done, len - done, (off_t)(off + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return gp_fail_sys(err, errno, "cannot write '%s'", name);
		done += (size_t)n;
	}
	return 0;
}

static int check_space(int fd, uint64_t expect, const char *dir, struct gp_err *err)
{
	struct statvfs vfs;
	uint64_t free;

	if (!expect || fstatvfs(fd, &vfs) < 0)
		return 0;
	free = (uint64_t)vfs.f_bavail * vfs.f_frsize;
	if (free >= expect)
		return 0;
	return gp_fail_sys(err, ENOSPC, "'%s' has %" PRIu64 " MB free, %" PRIu64 " MB are needed", dir,
			   free / 1000000, expect / 1000000 + 1);
}

int gp_outfile_open(struct gp_outfile *f, const char *path, uint64_t expect, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);

	*f = (struct gp_outfile){ .fd = -1, .path = gp_strdup(path) };
	/* An unnamed file gets its name through /proc, or by root's right. */
	f->fd = -1;
	errno = EOPNOTSUPP;
	if (geteuid() == 0 || access("/proc/self/fd", X_OK) == 0)
		f->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (f->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		f->tmp = gp_asprintf("%s/.%s.gridpatch-XXXXXX", dir, gp_path_base(path));
		f->fd = mkostemp(f->tmp, O_CLOEXEC);
	}
	if (f->fd < 0) {
		gp_fail_sys(err, errno, "cannot write into '%s'", dir);
		gp_free_ptr(&f->tmp);
		f->tmp = NULL;
		gp_outfile_release(f);
		return -1;
	}
	if (check_space(f->fd, expect, dir, err) < 0) {
		gp_outfile_release(f);
		return -1;
	}
	return 0;
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
	if (fchmod(f->fd, mode & ~gp_umask()) < 0)
		return gp_fail_sys(err, errno, "cannot set the mode of '%s'", f->path);
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
	close_fd(&f->fd);
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

char *gp_tmpdir_beside(const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);
	char *tmp = gp_asprintf("%s/.%s.gridpatch-XXXXXX", dir, gp_path_base(path));

	if (mkdtemp(tmp))
		return tmp;
	gp_fail_sys(err, errno, "cannot make a directory in '%s'", dir);
	free(tmp);
	return NULL;
}

unsigned gp_umask(void)
{
	mode_t m = umask(022);

	umask(m);
	return m;
}

int gp_check_cancel(const volatile sig_atomic_t *flag, struct gp_err *err)
{
	if (!flag || !*flag)
		return 0;
	return gp_fail(err, GP_E_CANCELLED, "stopped by a signal");
}

bool gp_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}
