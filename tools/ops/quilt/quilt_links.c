/* SPDX-License-Identifier: MIT */
/*
 * Hard links. patch moves the old file into .pc and writes a new one, so with quilt
 * a file that has other names (in a copy of the tree made by `cp -al`, say) keeps
 * its inode there, and gets it back when the patch goes. A commit writes copies;
 * afterwards the inodes are put in their place. Where that fails, content and mode
 * are right all the same.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/dirfd.h"
#include "ops/quilt/quilt_impl.h"

/* Descriptors that the rest of a run may need. */
#define SPARE 128

static void drop(struct gp_quilt_link *l)
{
	close(l->fd);
	free(l->path);
}

void gp_quilt_links_release(struct gp_quilt *q)
{
	for (size_t i = 0; i < q->nlinks; i++)
		drop(&q->link[i]);
	free(q->link);
	q->link = NULL;
	q->nlinks = q->links_cap = 0;
}

/* Every held inode is an open file. */
static bool is_full(const struct gp_quilt *q)
{
	struct rlimit most;

	return getrlimit(RLIMIT_NOFILE, &most) < 0 || q->nlinks + SPARE >= most.rlim_cur;
}

void gp_quilt_hold(struct gp_quilt *q, const char *from, const char *to)
{
	const char *name;
	struct stat st;
	int dir, fd;

	/* What came to lie there before in this run does not stay there. */
	for (size_t i = 0; i < q->nlinks; i++) {
		if (strcmp(q->link[i].path, to) != 0)
			continue;
		drop(&q->link[i]);
		q->link[i] = q->link[--q->nlinks];
		break;
	}
	dir = from ? gp_dirs_parent(q->disk->dirs, from, &name) : -1;
	if (dir < 0 || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) || st.st_nlink < 2 ||
	    is_full(q))
		return;
	fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	GP_GROW(q->link, q->nlinks, q->links_cap);
	q->link[q->nlinks++] = (struct gp_quilt_link){ gp_strdup(to), fd };
}

/* In: pc: the open folder of records. */
static void put_at(const struct gp_quilt *q, int pc, const struct gp_quilt_link *l, bool touch)
{
	static const char aside[] = ".gp-link";
	gp_auto(gp_free_ptr) char *inode = gp_asprintf("/proc/self/fd/%d", l->fd);
	const char *name;
	int dir = gp_dirs_parent(q->disk->dirs, l->path, &name);

	unlinkat(pc, aside, 0); /* of a run that was killed right here */
	if (dir < 0 || linkat(AT_FDCWD, inode, pc, aside, AT_SYMLINK_FOLLOW) < 0)
		return;
	if (renameat(pc, aside, dir, name) < 0)
		unlinkat(pc, aside, 0);
	else if (touch) /* as quilt does, so that make sees the change */
		utimensat(dir, name, NULL, AT_SYMLINK_NOFOLLOW);
}

static void put(const struct gp_quilt *q, const struct gp_quilt_link *l, bool touch)
{
	int pc = gp_dir_below(q->disk->fd, q->pc, false);

	if (pc < 0)
		return;
	put_at(q, pc, l, touch);
	close(pc);
}

void gp_quilt_relink(const struct gp_quilt *q)
{
	for (size_t i = 0; i < q->nlinks; i++)
		put(q, &q->link[i], false);
}

void gp_quilt_link_back(const struct gp_quilt *q)
{
	const char *top = gp_quilt_top(q);

	for (size_t i = 0; i < q->nlinks; i++) {
		gp_auto(gp_free_ptr) char *record = top ? gp_quilt_kept(q, top, q->link[i].path) : NULL;
		struct stat st;

		/* The patch that is on top now changed it: it is a file of its own. */
		if (!record || gp_disktree_stat(q->disk, record, &st) <= 0)
			put(q, &q->link[i], true);
	}
}
