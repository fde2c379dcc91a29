/* SPDX-License-Identifier: MIT */
/*
 * Going back after a run that stopped half way: see commit.c for the journal.
 * The directory may come from somebody else, so only a journal of our own is
 * followed, and the whole of it is judged before a line of it counts: nothing
 * outside the tree, nothing through a symlink, nothing of the journal's own.
 */
#include "ops/tree/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"

#define JOURNAL_MAX (256u << 20)

/* --- back --- */

/* Is something at path, and what? 1, 0, or -1. */
static int lies(const struct gp_disktree *d, const char *path, struct stat *st, struct gp_err *err)
{
	int rc = gp_disktree_stat(d, path, st);

	return rc >= 0 ? rc : gp_fail_sys(err, errno, "cannot look at '%s'", path);
}

/* New content leaves the journal when it is renamed into place. 1, 0, or -1. */
static int came_to_its_place(const struct gp_disktree *d, const struct gp_journal_entry *e, struct gp_err *err)
{
	char slot[32];
	int rc;

	gp_journal_slot(slot, 'n', e->n);
	rc = gp_journal_has(d, slot, err);
	return rc < 0 ? -1 : !rc;
}

/* Is the old file still in its place? Then it stays: what was kept may be a copy,
 * which somebody else may own. 1, 0, or -1. */
static int is_untouched(const struct gp_disktree *d, const struct gp_journal_entry *e, struct gp_err *err)
{
	struct stat st;
	int rc = e->kind == 'c' ? came_to_its_place(d, e, err) : 0;

	if (rc)
		return rc < 0 ? -1 : 0;
	rc = lies(d, e->path, &st, err);
	return rc > 0 ? !S_ISDIR(st.st_mode) : rc;
}

static int restore(const struct gp_disktree *d, const struct gp_journal_entry *e, size_t *files, struct gp_err *err)
{
	const char *name;
	char slot[32];
	int rc, dir;

	gp_journal_slot(slot, 'b', e->n);
	rc = gp_journal_has(d, slot, err);
	if (rc <= 0)
		return rc; /* an earlier recovery came this far */
	rc = is_untouched(d, e, err);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (gp_journal_parents(d, e->path, err) < 0)
		return -1;
	dir = gp_dirs_parent(d->dirs, e->path, &name);
	if (dir < 0 || renameat(d->journal, slot, dir, name) < 0)
		return gp_fail_sys(err, errno, "cannot restore '%s'", e->path);
	++*files;
	return 0;
}

static int remove_new(const struct gp_disktree *d, const struct gp_journal_entry *e, size_t *files, struct gp_err *err)
{
	const char *name;
	int rc = came_to_its_place(d, e, err), dir;

	if (rc <= 0)
		return rc;
	dir = gp_dirs_parent(d->dirs, e->path, &name);
	if (dir >= 0 && unlinkat(dir, name, 0) == 0)
		++*files;
	else if (errno != ENOENT && errno != ENOTDIR)
		return gp_fail_sys(err, errno, "cannot remove '%s'", e->path);
	return 0;
}

/* When it is empty. */
static void remove_made(const struct gp_disktree *d, const struct gp_journal_entry *e)
{
	const char *name;
	int dir = gp_dirs_parent(d->dirs, e->path, &name);

	if (dir >= 0 && unlinkat(dir, name, AT_REMOVEDIR) == 0)
		gp_dirs_forget(d->dirs, e->path);
}

/* A directory that was not removed has its mode, and may be somebody else's. */
static int restore_mode(const struct gp_disktree *d, const struct gp_journal_entry *e, struct gp_err *err)
{
	mode_t mode = (mode_t)e->n & 07777;
	struct stat st;
	int rc = lies(d, e->path, &st, err), fd;

	if (rc <= 0 || !S_ISDIR(st.st_mode) || (st.st_mode & 07777) == mode)
		return rc < 0 ? -1 : 0;
	fd = gp_dirs_open(d->dirs, e->path);
	if (fd >= 0 && fchmodat(fd, ".", mode, 0) == 0)
		return 0;
	return gp_fail_sys(err, errno, "cannot restore the mode of '%s'", e->path);
}

static int undo(const struct gp_disktree *d, const struct gp_journal_entry *e, size_t *files, struct gp_err *err)
{
	gp_assert(e->path);
	switch (e->kind) {
	case 'n': return remove_new(d, e, files, err);
	case 'r': return restore_mode(d, e, err);
	case 'm': remove_made(d, e); return 0;
	default: return restore(d, e, files, err);
	}
}

/* New files go first, so that a directory can be a file again; then made
 * directories, the deepest first, when they are empty; then what was. What cannot
 * be undone does not keep the rest from it: the first error is the one that is told. */
int gp_journal_undo(struct gp_disktree *d, const struct gp_journal *j, size_t *files, struct gp_err *err)
{
	static const char *const order[] = { "n", "m", "cd", "r" };
	int rc = 0;

	gp_dirs_forget(d->dirs, NULL);
	for (size_t k = 0; k < GP_COUNT(order); k++)
		for (size_t i = j->n; i-- > 0;)
			if (strchr(order[k], j->v[i].kind) && undo(d, &j->v[i], files, rc < 0 ? NULL : err) < 0)
				rc = -1;
	return rc < 0 ? gp_within(err, "'%s'", d->root) : 0;
}

/* --- the journal of another run --- */

/* No parent of it is a symlink; what is missing, or a file that a directory was
 * to replace, is fine. */
static int check_entry(const struct gp_disktree *d, const struct gp_journal_entry *e, struct gp_err *err)
{
	struct stat st;
	int rc = gp_disktree_stat(d, e->path, &st);

	if (rc < 0 && errno != ELOOP)
		return gp_fail_sys(err, errno, "cannot look at '%s/%s'", d->root, e->path);
	if (rc < 0 || (rc > 0 && e->kind == 'm' && S_ISLNK(st.st_mode)))
		return gp_fail(
			err, GP_E_FORMAT,
			"'%s/%s' lies behind a symlink, or is one: nothing was touched. If the journal is "
			"yours, put the directory back where the link is, then 'gridpatch apply --recover -d %s'; "
			"it has the only copies of the old files",
			d->root, e->path, d->root);
	return 0;
}

/* *text is free()d by the caller. */
static int read_text(const struct gp_disktree *d, char **text, size_t *len, struct gp_err *err)
{
	int fd = openat(d->journal, GP_JOURNAL_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	ssize_t n = -1;

	if (fd < 0 && errno != ELOOP)
		return gp_fail_sys(err, errno, "cannot open '%s/" GP_JOURNAL "'", d->root);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > JOURNAL_MAX) {
		if (fd >= 0)
			close(fd);
		return gp_journal_damaged(d, err);
	}
	*len = (size_t)st.st_size;
	*text = malloc(*len + 1); /* gp_alloc() would not say that the tree is half changed */
	if (*text)
		n = gp_pread(fd, *text, *len, 0, GP_JOURNAL, err);
	else
		gp_fail_sys(err, ENOMEM, "cannot read '%s/" GP_JOURNAL "'", d->root);
	close(fd);
	if (n < 0)
		return -1;
	*len = (size_t)n;
	(*text)[*len] = '\0';
	return 0;
}

static int roll_back(struct gp_disktree *d, size_t *files, struct gp_err *err)
{
	gp_auto(gp_journal_release) struct gp_journal j = { 0 };
	size_t len = 0;

	if (read_text(d, &j.text, &len, err) < 0 || gp_journal_parse(d, j.text, len, &j, err) < 0)
		return -1;
	for (size_t i = 0; i < j.n; i++)
		if (check_entry(d, &j.v[i], err) < 0)
			return -1;
	return gp_journal_undo(d, &j, files, err);
}

bool gp_commit_pending(const struct gp_disktree *d)
{
	struct stat st;

	if (d->journal < 0)
		return gp_disktree_stat(d, GP_JOURNAL, &st) != 0;
	return fstatat(d->journal, GP_JOURNAL_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

int gp_commit_recover(struct gp_disktree *d, size_t *files, struct gp_err *err)
{
	int rc = gp_journal_open(d, err);

	*files = 0;
	if (rc <= 0)
		return rc;
	rc = gp_journal_has(d, GP_JOURNAL_NAME, err);
	if (rc > 0)
		rc = roll_back(d, files, err);
	if (rc == 0)
		return gp_journal_remove(d, err);
	close(d->journal);
	d->journal = -1;
	return -1;
}
