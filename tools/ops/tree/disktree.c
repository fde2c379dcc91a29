/* SPDX-License-Identifier: MIT */
#include "ops/tree/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"

/* A source file beyond this is not a source file. */
#define FILE_MAX (1ull << 30)

int gp_disktree_look(struct gp_disktree *d, const char *root, struct gp_err *err)
{
	*d = (struct gp_disktree){ .root = gp_strdup(root), .journal = -1 };
	d->fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (d->fd < 0) {
		gp_fail_sys(err, errno, "cannot open directory '%s'", root);
		gp_disktree_close(d);
		return -1;
	}
	d->dirs = gp_alloc(sizeof(*d->dirs));
	gp_dirs_init(d->dirs, d->fd, false);
	return 0;
}

static int lock(const struct gp_disktree *d, int how, struct gp_err *err)
{
	if (flock(d->fd, how | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return gp_fail(err, GP_E_SYSTEM, "another gridpatch works on '%s'", d->root);
	/* NFS of old, and the like, lock nothing. */
	return errno == EOPNOTSUPP || errno == ENOSYS || errno == ENOLCK || errno == EINVAL ?
		       0 :
		       gp_fail_sys(err, errno, "cannot lock '%s'", d->root);
}

int gp_disktree_open(struct gp_disktree *d, const char *root, struct gp_err *err)
{
	if (gp_disktree_look(d, root, err) < 0)
		return -1;
	if (lock(d, LOCK_EX, err) == 0)
		return 0;
	gp_disktree_close(d);
	return -1;
}

void gp_disktree_close(struct gp_disktree *d)
{
	if (!d || !d->root)
		return;
	if (d->dirs)
		gp_dirs_release(d->dirs);
	free(d->dirs);
	if (d->journal >= 0)
		close(d->journal);
	if (d->fd >= 0)
		close(d->fd);
	for (size_t i = 0; i < d->n; i++)
		gp_buf_release(&d->data[i]);
	free(d->data);
	gp_map_release(&d->index);
	gp_map_release(&d->looked);
	free(d->seen);
	free(d->root);
	*d = (struct gp_disktree){ 0 };
}

int gp_disktree_stat(const struct gp_disktree *d, const char *path, struct stat *st)
{
	const char *name;
	int dir = gp_dirs_parent(d->dirs, path, &name);

	if (dir >= 0 && fstatat(dir, *name ? name : ".", st, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
}

static void note_trouble(struct gp_disktree *d, const struct gp_err *why)
{
	if (!d->trouble.code)
		d->trouble = *why;
}

static int trouble(void *arg, struct gp_err *err)
{
	const struct gp_disktree *d = arg;

	if (!d->trouble.code)
		return 0;
	if (err)
		*err = d->trouble;
	return -1;
}

static struct gp_seen look_at_disk(struct gp_disktree *d, const char *path)
{
	struct gp_err why = { 0 };
	struct stat st;
	enum gp_node node;
	int rc = gp_disktree_stat(d, path, &st);

	/* Behind a symlink there is nothing of this tree's. */
	if (rc < 0 && errno != ELOOP) {
		gp_fail_sys(&why, errno, "cannot look at '%s'", path);
		note_trouble(d, &why);
	}
	if (rc <= 0)
		return (struct gp_seen){ .node = GP_NODE_NONE };
	node = S_ISREG(st.st_mode) ? GP_NODE_FILE :
	       S_ISDIR(st.st_mode) ? GP_NODE_DIR :
	       S_ISLNK(st.st_mode) ? GP_NODE_SYMLINK :
				     GP_NODE_OTHER;
	return (struct gp_seen){ node, st.st_mode & 07777, (uint64_t)st.st_size, st.st_uid, st.st_gid };
}

/* The directory stands still while the tree lives: ask for a path once. */
const struct gp_seen *gp_disktree_seen(struct gp_disktree *d, const char *path)
{
	size_t i;

	if (!gp_map_get(&d->looked, path, &i)) {
		struct gp_seen seen = look_at_disk(d, path);

		i = d->nseen;
		GP_GROW(d->seen, d->nseen, d->seen_cap);
		d->seen[d->nseen++] = seen;
		gp_map_put(&d->looked, path, i);
	}
	return &d->seen[i];
}

static enum gp_node look(void *arg, const char *path, unsigned *mode)
{
	const struct gp_seen *s = gp_disktree_seen(arg, path);

	*mode = s->mode;
	return s->node;
}

static int open_file(struct gp_disktree *d, const char *path, struct gp_err *err)
{
	const char *name;
	int dir = gp_dirs_parent(d->dirs, path, &name);
	int fd = dir < 0 ? -1 : openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == ELOOP && dir < 0)
		return gp_fail(err, GP_E_FORMAT, "'%s' runs through a symlink", path);
	if (errno == ELOOP)
		return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is a symlink, not a file", path);
	return gp_fail_sys(err, errno, "cannot open '%s'", path);
}

static int read_disk(struct gp_disktree *d, const char *path, struct gp_str *out, struct gp_err *err)
{
	struct gp_buf data = { 0 };
	int fd = open_file(d, path, err), rc;

	if (fd < 0)
		return -1;
	rc = gp_regular_read(fd, FILE_MAX, path, &data, err);
	close(fd);
	if (rc < 0) {
		gp_buf_release(&data);
		return -1;
	}
	gp_map_put(&d->index, path, d->n);
	GP_GROW(d->data, d->n, d->cap);
	d->data[d->n] = data;
	*out = gp_buf_str(&d->data[d->n++]);
	return 0;
}

static int read_file(void *arg, const char *path, struct gp_str *out, struct gp_err *err)
{
	struct gp_disktree *d = arg;
	struct gp_err why = { 0 };
	size_t i;

	if (gp_map_get(&d->index, path, &i) && i != SIZE_MAX) {
		*out = gp_buf_str(&d->data[i]);
		return 0;
	}
	if (read_disk(d, path, out, &why) == 0)
		return 0;
	/* Not everybody who reads tells what came of it. */
	if (why.code == GP_E_SYSTEM)
		note_trouble(d, &why);
	if (err)
		*err = why;
	return -1;
}

static uint64_t size_of(void *arg, const char *path)
{
	return gp_disktree_seen(arg, path)->size;
}

static void forget(void *arg, const char *path)
{
	struct gp_disktree *d = arg;
	size_t i;

	if (!gp_map_get(&d->index, path, &i) || i == SIZE_MAX)
		return;
	gp_buf_release(&d->data[i]);
	gp_map_put(&d->index, path, SIZE_MAX);
}

/* Without a name: nothing is left behind, whatever happens. */
static int spool(void *arg)
{
	const struct gp_disktree *d = arg;

	return openat(d->fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

struct gp_tree_base gp_disktree_base(struct gp_disktree *d)
{
	return (struct gp_tree_base){ .look = look,
				      .read = read_file,
				      .forget = forget,
				      .size = size_of,
				      .spool = spool,
				      .trouble = trouble,
				      .arg = d };
}

void gp_disktree_tree(struct gp_disktree *d, struct gp_tree *t)
{
	const struct gp_tree_base base = gp_disktree_base(d);

	gp_tree_init_base(t, &base);
}

bool gp_disktree_interrupted(const struct gp_disktree *d)
{
	struct stat st;

	return fstatat(d->fd, GP_JOURNAL_DIR, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

int gp_disktree_check_whole(const struct gp_disktree *d, struct gp_err *err)
{
	struct stat st;
	int rc = gp_disktree_stat(d, GP_JOURNAL, &st), error = errno;

	if (rc == 0)
		return 0;
	if (lock(d, LOCK_SH, err) < 0)
		return -1;
	if (rc < 0)
		return gp_fail_sys(err, error, "cannot see whether an interrupted run left '%s/" GP_JOURNAL "'",
				   d->root);
	return gp_fail(err, GP_E_NO,
		       "an interrupted run left '%s' half changed; "
		       "'gridpatch apply --recover -d %s' rolls it back",
		       d->root, d->root);
}
