/* SPDX-License-Identifier: MIT */
#include "base/dirfd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/path.h"

/* Search permission is all that a way through a directory needs. */
#define PLACE (O_PATH | O_DIRECTORY | O_CLOEXEC)

/* openat() calls a link that it must not follow "not a directory". */
static int why_not(int at, const char *name, int error)
{
	struct stat st;

	if (error == ENOTDIR && fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
		return ELOOP;
	return error;
}

/* One component; at is closed unless it is root. */
static int step(int root, int at, const char *name, size_t len)
{
	char part[NAME_MAX + 1];
	int fd = -1, error;

	if (len > NAME_MAX) {
		error = ENAMETOOLONG;
	} else if (len == 2 && memcmp(name, "..", 2) == 0) {
		error = EXDEV; /* as openat2 calls it */
	} else {
		memcpy(part, name, len);
		part[len] = '\0';
		fd = openat(at, part, PLACE | O_NOFOLLOW);
		error = fd < 0 ? why_not(at, part, errno) : 0;
	}
	if (at != root)
		close(at);
	errno = error;
	return fd;
}

static int walk_below(int root, const char *path)
{
	int at = root;

	if (*path == '/') {
		errno = EXDEV;
		return -1;
	}
	for (;;) {
		size_t len = strcspn(path, "/");

		at = step(root, at, path, len);
		if (at < 0 || !path[len])
			return at;
		path += len + 1;
	}
}

int gp_dir_below(int root, const char *path, bool walk)
{
#ifdef SYS_openat2
	struct open_how how = { .flags = PLACE,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	int fd = walk ? -1 : (int)syscall(SYS_openat2, root, path, &how, sizeof(how));

	/* A filter for system calls says EPERM, or what it likes. */
	if (!walk && (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != EAGAIN && errno != EINVAL)))
		return fd;
#else
	(void)walk;
#endif
	return walk_below(root, path);
}

static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & 022);
}

/* Asked of a file that is made there for it. */
static bool keeps_owners(int dir)
{
	static const char name[] = ".owner";
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat st;
	bool keeps;

	if (fd < 0)
		return true;
	keeps = fstat(fd, &st) < 0 || is_ours(&st);
	close(fd);
	unlinkat(dir, name, 0);
	return keeps;
}

int gp_dir_is_ours(int fd, uid_t *uid)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	*uid = st.st_uid;
	return is_ours(&st) || !keeps_owners(fd);
}

/* --- the ones that stay open --- */

void gp_dirs_init(struct gp_dirs *d, int root, bool walk)
{
	d->root = root;
	d->walk = walk;
	d->now = 0;
	for (size_t i = 0; i < GP_DIRS_KEPT; i++)
		d->kept[i].fd = -1;
}

static void drop(struct gp_dir_kept *k)
{
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
}

void gp_dirs_forget(struct gp_dirs *d, const char *path)
{
	for (size_t i = 0; i < GP_DIRS_KEPT; i++)
		if (!path || gp_path_under(d->kept[i].path, path))
			drop(&d->kept[i]);
}

void gp_dirs_release(struct gp_dirs *d)
{
	if (d)
		gp_dirs_forget(d, NULL);
}

static bool is_root(const char *path, size_t len)
{
	return len == 0 || (len == 1 && *path == '.');
}

/* A slot with path's first len bytes, or the one that was asked for longest ago. */
static struct gp_dir_kept *slot_of(struct gp_dirs *d, const char *path, size_t len)
{
	struct gp_dir_kept *oldest = &d->kept[0];

	for (size_t i = 0; i < GP_DIRS_KEPT; i++) {
		struct gp_dir_kept *k = &d->kept[i];

		if (k->fd >= 0 && strncmp(k->path, path, len) == 0 && !k->path[len])
			return k;
		if (k->fd < 0 ? oldest->fd >= 0 : oldest->fd >= 0 && k->used < oldest->used)
			oldest = k;
	}
	drop(oldest);
	memcpy(oldest->path, path, len);
	oldest->path[len] = '\0';
	return oldest;
}

static int open_len(struct gp_dirs *d, const char *path, size_t len)
{
	struct gp_dir_kept *k;

	if (is_root(path, len))
		return d->root;
	if (len >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	k = slot_of(d, path, len);
	k->used = ++d->now;
	if (k->fd < 0)
		k->fd = gp_dir_below(d->root, k->path, d->walk);
	return k->fd;
}

int gp_dirs_open(struct gp_dirs *d, const char *path)
{
	return open_len(d, path, strlen(path));
}

int gp_dirs_parent(struct gp_dirs *d, const char *path, const char **name)
{
	*name = gp_path_base(path);
	return open_len(d, path, *name == path ? 0 : (size_t)(*name - path) - 1);
}

int gp_dirs_make(struct gp_dirs *d, const char *path)
{
	char part[PATH_MAX];
	size_t len = strlen(path);
	int fd = open_len(d, path, len);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	memcpy(part, path, len + 1); /* shorter than that: it was tried */
	for (char *slash = strchr(part, '/');; slash = strchr(slash + 1, '/')) {
		const char *name;

		if (slash)
			*slash = '\0';
		fd = gp_dirs_parent(d, part, &name);
		if (fd < 0 || (mkdirat(fd, name, 0777) < 0 && errno != EEXIST))
			return -1;
		if (!slash)
			return open_len(d, path, len);
		*slash = '/';
	}
}
