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
#include "ops/tree/quilt_impl.h"

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
	gp_auto(gp_free_ptr) char *path = gp_path_join(q->root, from ? from : to);
	struct stat st;
	int fd;

	/* What came to lie there before in this run does not stay there. */
	for (size_t i = 0; i < q->nlinks; i++) {
		if (strcmp(q->link[i].path, to) != 0)
			continue;
		drop(&q->link[i]);
		q->link[i] = q->link[--q->nlinks];
		break;
	}
	if (!from || lstat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink < 2 || is_full(q))
		return;
	fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	GP_GROW(q->link, q->nlinks, q->links_cap);
	q->link[q->nlinks++] = (struct gp_quilt_link){ gp_strdup(to), fd };
}

static void put(const struct gp_quilt *q, const struct gp_quilt_link *l, bool touch)
{
	gp_auto(gp_free_ptr) char *path = gp_path_join(q->root, l->path), *record = gp_quilt_record(q, ".gp-link");
	gp_auto(gp_free_ptr) char *aside = gp_path_join(q->root, record);
	gp_auto(gp_free_ptr) char *inode = gp_asprintf("/proc/self/fd/%d", l->fd);

	unlink(aside); /* of a run that was killed right here */
	if (linkat(AT_FDCWD, inode, AT_FDCWD, aside, AT_SYMLINK_FOLLOW) < 0)
		return;
	if (rename(aside, path) < 0)
		unlink(aside);
	else if (touch) /* as quilt does, so that make sees the change */
		utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
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
		gp_auto(gp_free_ptr) char *path = record ? gp_path_join(q->root, record) : NULL;
		struct stat st;

		/* The patch that is on top now changed it: it is a file of its own. */
		if (!path || lstat(path, &st) < 0)
			put(q, &q->link[i], true);
	}
}
