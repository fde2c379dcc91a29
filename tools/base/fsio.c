/* SPDX-License-Identifier: MIT */
#include "base/fsio.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dirfd.h"
#include "base/path.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

int gp_fd_read(int fd, size_t expect, size_t max, const char *name, struct gp_buf *out, struct gp_err *err)
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

int gp_regular_open(const char *path, struct gp_err *err)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return gp_fail(err, GP_E_FORMAT, "'%s' is not a regular file", path);
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

static bool is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Takes fd. */
static int list_fd(int fd, const char *path, struct gp_list *names, struct gp_err *err)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;
	int error;

	if (!d) {
		error = errno;
		close(fd);
		return gp_fail_sys(err, error, "cannot read directory '%s'", path);
	}
	while (errno = 0, (e = readdir(d)))
		if (!is_dots(e->d_name))
			gp_list_add(names, e->d_name);
	error = errno;
	closedir(d);
	if (error)
		return gp_fail_sys(err, error, "cannot read directory '%s'", path);
	gp_list_sort(names);
	return 0;
}

int gp_dir_list(const char *path, struct gp_list *names, struct gp_err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open directory '%s'", path);
	return list_fd(fd, path, names, err);
}

int gp_dir_list_at(int dir, const char *path, struct gp_list *names, struct gp_err *err)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open directory '%s'", path);
	return list_fd(fd, path, names, err);
}

/* What kinds the names of a directory are, in *modes, which the caller frees: 0 for
 * what has gone away. */
static int look_at_all(int dir, const char *path, struct gp_list *names, mode_t **modes, struct gp_err *err)
{
	if (gp_dir_list_at(dir, path, names, err) < 0)
		return -1;
	*modes = gp_alloc((names->n + 1) * sizeof(**modes));
	for (size_t i = 0; i < names->n; i++) {
		struct stat st;

		if (fstatat(dir, names->v[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			(*modes)[i] = st.st_mode;
		else if (errno != ENOENT)
			return gp_fail_sys(err, errno, "cannot look at '%s/%s'", path, names->v[i]);
	}
	return 0;
}

/* No descriptor stays open on the way down. */
static int walk(int root, const char *name, const char *below, struct gp_list *files, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = *below ? gp_path_join(name, below) : gp_strdup(name);
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	gp_auto(gp_free_ptr) mode_t *modes = NULL;
	int fd = gp_dir_below(root, *below ? below : ".", false), rc;

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open directory '%s'", dir);
	rc = look_at_all(fd, dir, &names, &modes, err);
	close(fd);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		gp_auto(gp_free_ptr) char *path = *below ? gp_path_join(below, names.v[i]) : gp_strdup(names.v[i]);

		if (S_ISDIR(modes[i]))
			rc = walk(root, name, path, files, err);
		else if (S_ISREG(modes[i]))
			gp_list_take(files, gp_steal(&path));
	}
	return rc;
}

int gp_dir_walk_at(int fd, const char *root, const char *below, struct gp_list *files, struct gp_err *err)
{
	return walk(fd, root, below, files, err);
}

int gp_dir_walk(const char *root, const char *below, struct gp_list *files, struct gp_err *err)
{
	gp_auto(close_fd) int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open directory '%s'", root);
	return walk(fd, root, below, files, err);
}

int gp_thing_at(const char *path, struct gp_err *err)
{
	struct stat st;

	if (stat(path, &st) == 0)
		return S_ISREG(st.st_mode) ? GP_THING_FILE : S_ISDIR(st.st_mode) ? GP_THING_DIR : GP_THING_OTHER;
	if (errno != ENOENT && errno != ENOTDIR)
		return gp_fail_sys(err, errno, "cannot look at '%s'", path);
	if (lstat(path, &st) == 0)
		return GP_THING_OTHER; /* a link to nowhere */
	if (errno != ENOENT && errno != ENOTDIR)
		return gp_fail_sys(err, errno, "cannot look at '%s'", path);
	return GP_THING_NONE;
}

bool gp_is_dir(const char *path)
{
	return gp_thing_at(path, NULL) == GP_THING_DIR;
}

bool gp_is_file(const char *path)
{
	return gp_thing_at(path, NULL) == GP_THING_FILE;
}

bool gp_same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

bool gp_same_place(const char *a, const char *b)
{
	gp_auto(gp_free_ptr) char *da = gp_path_dir(a);
	gp_auto(gp_free_ptr) char *db = gp_path_dir(b);

	return gp_same_file(a, b) || (strcmp(gp_path_base(a), gp_path_base(b)) == 0 && gp_same_file(da, db));
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

/* --- removing --- */

/* So many descriptors are held at once: what lies deeper is moved up first. */
#define REMOVE_DEEP 16

struct removal {
	int top;
	bool moved;
	unsigned long n;
};

/* To the top, where there is room for it; names that are taken there are passed over. */
static void move_up(struct removal *r, int at, const char *name)
{
	for (int tries = 0; tries < 100; tries++) {
		char free_name[64];

		snprintf(free_name, sizeof(free_name), ".gridpatch-%lu", r->n++);
		if (renameat(at, name, r->top, free_name) == 0) {
			r->moved = true;
			return;
		}
		if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
			return;
	}
}

static void remove_one(struct removal *r, int at, const char *name, unsigned depth);

/* Takes fd. */
static void remove_in(struct removal *r, int fd, unsigned depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (!d) {
		close(fd);
		return;
	}
	while ((e = readdir(d)))
		if (!is_dots(e->d_name))
			remove_one(r, fd, e->d_name, depth);
	closedir(d);
}

/* A package may carry directories without write permission. */
static int open_to_empty(int at, const char *name)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0)
		fchmod(fd, 0700);
	return fd;
}

static void remove_one(struct removal *r, int at, const char *name, unsigned depth)
{
	int fd;

	if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
		return;
	fd = open_to_empty(at, name);
	if (fd >= 0 && depth < REMOVE_DEEP) {
		remove_in(r, fd, depth + 1);
		unlinkat(at, name, AT_REMOVEDIR);
		return;
	}
	if (fd >= 0)
		close(fd);
	if (depth)
		move_up(r, at, name);
}

void gp_empty_dir(int dir)
{
	struct removal r = { .top = dir, .moved = true };

	while (r.moved) {
		int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0)
			return;
		r.moved = false;
		remove_in(&r, fd, 0);
	}
}

void gp_remove_at(int dir, const char *name)
{
	int fd;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return;
	fd = open_to_empty(dir, name);
	if (fd < 0)
		return;
	gp_empty_dir(fd);
	close(fd);
	unlinkat(dir, name, AT_REMOVEDIR);
}

void gp_remove_tree(const char *path)
{
	gp_remove_at(AT_FDCWD, path);
}

/* --- reading and writing at a place --- */

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

/* Linux tells it since 4.7, without a change that other threads would see. */
static bool umask_told(unsigned *out)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		char *end;

		if (strncmp(line, "Umask:", 6) != 0)
			continue;
		*out = (unsigned)strtoul(line + 6, &end, 8);
		found = end != line + 6;
	}
	if (f)
		fclose(f);
	return found;
}

unsigned gp_umask(void)
{
	unsigned told;
	mode_t m;

	if (umask_told(&told))
		return told;
	m = umask(022);
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

int gp_fd_clone(int from, int to, const char *name, struct gp_err *err)
{
	char block[65536];
	ssize_t n, some = 0;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	while ((n = copy_file_range(from, NULL, to, NULL, 1u << 30, 0)) > 0)
		some = n;
	if (n == 0 && some)
		return 0;
	/* Not between these two, or not on this kernel (which may say that by copying
	 * nothing): by hand, from where it stands. */
	while ((n = read(from, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return gp_fail_sys(err, errno, "cannot read '%s'", name);
		if (gp_write_fd(to, block, (size_t)n, name, err) < 0)
			return -1;
	}
	return 0;
}

int gp_file_make_at(int dir, const char *path, unsigned mode, struct gp_str bytes, struct gp_err *err)
{
	int fd = openat(dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode), rc;

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot create '%s'", path);
	rc = gp_write_fd(fd, bytes.p, bytes.len, path, err);
	if (close(fd) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot write '%s'", path);
	return rc;
}

int gp_file_clone(const char *from, const char *to, unsigned mode, struct gp_err *err)
{
	gp_auto(close_fd) int in = open(from, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), out = -1;
	struct stat st;

	if (in < 0 || fstat(in, &st) < 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", from);
	if (!S_ISREG(st.st_mode))
		return gp_fail(err, GP_E_FORMAT, "'%s' is not a regular file", from);
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (out < 0)
		return gp_fail_sys(err, errno, "cannot write '%s'", to);
	return gp_fd_clone(in, out, to, err);
}
