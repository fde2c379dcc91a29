/* SPDX-License-Identifier: MIT */
/*
 * A directory changes completely or not at all.
 *
 * .gridpatch-journal/ holds, while a run works: nN, the new content of file N;
 * bN, a hard link to the old file N; and `journal`, which gets its name when
 * all of these are there and loses it when everything is in place. After that
 * name no memory is asked for: nothing stops half way for the want of it. So: no
 * `journal`, nothing has been touched, or everything is done; `journal`, put
 * every bN back whose nN is gone (or whose file, if it was to be deleted), delete
 * the new files whose nN is gone. Both may be done again and again.
 *
 * A line of the journal is "KIND N PATH", PATH with '%' and newline as %XX:
 * c changed, d deleted, n new, m a directory that is made, r (N: its mode) one
 * that may go when it gets empty. The last line is "end".
 */
#include "ops/tree/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"

#define JOURNAL_NEW "journal.new"

struct commit {
	struct gp_disktree *d;
	const struct gp_tree *t;
	const struct gp_commit_opts *o;
	struct gp_buf journal;
	struct gp_map made;     /* directories that the journal makes */
	struct gp_map writable; /* directories that were asked */
	uid_t uid;              /* ours: asked once */
	gid_t gid;
	mode_t umask;
	struct gp_journal undo; /* what the journal says, for the way back */
};

static void journal_add(struct gp_buf *j, char kind, size_t n, const char *path)
{
	gp_buf_printf(j, "%c %zu ", kind, n);
	for (; *path; path++) {
		if (*path == '%' || *path == '\n')
			gp_buf_printf(j, "%%%02X", (unsigned char)*path);
		else
			gp_buf_putc(j, *path);
	}
	gp_buf_putc(j, '\n');
}

/* A mount point below the root: neither links nor renames go there. */
static int failed_at(const struct commit *c, const char *what, const char *path, struct gp_err *err)
{
	if (errno == EXDEV)
		return gp_fail(err, GP_E_SYSTEM,
			       "'%s' is on another file system than '%s': give -d a directory "
			       "on one file system",
			       path, c->d->root);
	return gp_fail_sys(err, errno, "%s '%s'", what, path);
}

/* --- getting ready --- */

/*
 * May we make and remove names where path lies? Asked before anything is changed,
 * so that there is nothing to go back from. Other errors than these two (a sandbox
 * that does not know the call) are the rename's to tell.
 */
static int check_parent(struct commit *c, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);
	int fd;

	while (strcmp(dir, ".") != 0 && gp_disktree_seen(c->d, dir)->node != GP_NODE_DIR) {
		char *up = gp_path_dir(dir);

		free(dir);
		dir = up;
	}
	if (gp_map_get(&c->writable, dir, NULL))
		return 0;
	gp_map_put(&c->writable, dir, 0);
	fd = gp_dirs_open(c->d->dirs, dir);
	if (fd >= 0 && (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0 || (errno != EACCES && errno != EROFS)))
		return 0;
	if (strcmp(dir, ".") == 0)
		return gp_fail_sys(err, errno, "cannot write into '%s'", c->d->root);
	return gp_fail_sys(err, errno, "cannot write into '%s/%s'", c->d->root, dir);
}

/* What open(2) cannot give: bits that the umask takes, setuid and its like. */
static bool needs_chmod(const struct commit *c, unsigned mode)
{
	return (mode & c->umask) || (mode & 07000);
}

/* New files get the old one's mode and, as far as we may, its owner: as patch(1), or
 * else its group. */
static int dress(const struct commit *c, int fd, const struct gp_tfile *f)
{
	const struct gp_seen *old = gp_disktree_seen(c->d, f->path);

	if (f->was && (old->uid != c->uid || old->gid != c->gid) && fchown(fd, old->uid, old->gid) < 0 &&
	    (errno != EPERM || (fchown(fd, (uid_t)-1, old->gid) < 0 && errno != EPERM)))
		return -1;
	/* As patch(1): a mode that git's header gives is exact, a new file without
	 * one has what the umask lets through. */
	return f->mode_given && needs_chmod(c, f->mode) ? fchmod(fd, f->mode) : 0;
}

static int write_new(const struct commit *c, size_t n, const struct gp_tfile *f, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf room = { 0 };
	struct gp_str now;
	char slot[32];
	int fd, rc;

	if (gp_tree_result(c->t, f, &room, &now, err) < 0)
		return -1;
	gp_journal_slot(slot, 'n', n);
	fd = openat(c->d->journal, slot, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    f->mode_given ? f->mode & 0777 : 0666);
	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot write '" GP_JOURNAL_DIR "/%s'", slot);
	rc = gp_write_fd(fd, now.p, now.len, f->path, err);
	if (rc == 0 && dress(c, fd, f) < 0)
		rc = gp_fail_sys(err, errno, "cannot set the mode of '%s'", f->path);
	if (rc == 0 && c->o->fsync && fsync(fd) < 0)
		rc = gp_fail_sys(err, errno, "cannot write '%s'", f->path);
	if (close(fd) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot write '%s'", f->path);
	return rc;
}

/* Where the file system has no hard links, or none to files of others: a copy. */
static int copy_old(const struct commit *c, const char *slot, const struct gp_tfile *f, struct gp_err *err)
{
	struct gp_str old;
	int fd, rc;

	if (gp_tree_read_pristine(c->t, f->path, &old, err) < 0)
		return -1;
	fd = openat(c->d->journal, slot, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot write '" GP_JOURNAL_DIR "/%s'", slot);
	rc = gp_write_fd(fd, old.p, old.len, slot, err);
	if (rc == 0 && (dress(c, fd, f) < 0 || fchmod(fd, f->was_mode) < 0))
		rc = gp_fail_sys(err, errno, "cannot set the mode of '" GP_JOURNAL_DIR "/%s'", slot);
	if (close(fd) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot write '" GP_JOURNAL_DIR "/%s'", slot);
	return rc;
}

static int keep_old(const struct commit *c, size_t n, const struct gp_tfile *f, struct gp_err *err)
{
	const char *name;
	char slot[32];
	int dir = gp_dirs_parent(c->d->dirs, f->path, &name);

	gp_journal_slot(slot, 'b', n);
	if (dir >= 0 && linkat(dir, name, c->d->journal, slot, 0) == 0)
		return 0;
	if (errno == EPERM || errno == EOPNOTSUPP || errno == EMLINK)
		return copy_old(c, slot, f, err);
	return failed_at(c, "cannot keep the old", f->path, err);
}

static int journal_parent(struct commit *c, const struct gp_tfile *f, const char *path, struct gp_err *err)
{
	struct stat st;
	int rc;

	if (gp_map_get(&c->made, path, NULL))
		return 0;
	gp_map_put(&c->made, path, 0);
	rc = gp_disktree_stat(c->d, path, &st);
	if (rc < 0)
		return gp_fail_sys(err, errno, "cannot look at '%s'", path);
	if (rc == 0 || !S_ISDIR(st.st_mode))
		journal_add(&c->journal, 'm', 0, path);
	else if (f->state == GP_TFILE_DELETED)
		journal_add(&c->journal, 'r', st.st_mode & 07777, path);
	return 0;
}

/* Parents: of a new file those that must be made, of a deleted one those that
 * may get empty, as GNU patch removes them. */
static int journal_parents(struct commit *c, const struct gp_tfile *f, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(f->path);

	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (journal_parent(c, f, p, err) < 0)
			return -1;
		*slash = '/';
	}
	return 0;
}

static bool changes(const struct gp_tfile *f)
{
	return f->state == GP_TFILE_CHANGED || f->state == GP_TFILE_NEW || (f->state == GP_TFILE_DELETED && f->was);
}

static int prepare_file(struct commit *c, size_t n, const struct gp_tfile *f, struct gp_err *err)
{
	static const char kind[] = { ' ', 'c', 'n', 'd' };

	if (gp_check_cancel(c->o->cancel, err) < 0)
		return -1;
	if (f->state != GP_TFILE_DELETED && write_new(c, n, f, err) < 0)
		return -1;
	if (f->was && keep_old(c, n, f, err) < 0)
		return -1;
	if (f->state != GP_TFILE_CHANGED && journal_parents(c, f, err) < 0)
		return -1;
	journal_add(&c->journal, kind[f->state], n, f->path);
	return 0;
}

static int journal_write(struct commit *c, struct gp_err *err)
{
	int fd = openat(c->d->journal, JOURNAL_NEW, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot write '" GP_JOURNAL_DIR "/%s'", JOURNAL_NEW);
	rc = gp_write_fd(fd, c->journal.data, c->journal.len, GP_JOURNAL_DIR "/" JOURNAL_NEW, err);
	if (rc == 0 && c->o->fsync && fsync(fd) < 0)
		rc = gp_fail_sys(err, errno, "cannot write '" GP_JOURNAL_DIR "/%s'", JOURNAL_NEW);
	if (close(fd) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot write '" GP_JOURNAL_DIR "/%s'", JOURNAL_NEW);
	return rc;
}

/* From here on there is a way back, and it needs no memory. */
static int journal_name(struct commit *c, struct gp_err *err)
{
	size_t len = c->journal.len;

	if (gp_journal_parse(c->d, gp_buf_detach(&c->journal), len, &c->undo, err) < 0)
		return -1;
	if (renameat(c->d->journal, JOURNAL_NEW, c->d->journal, GP_JOURNAL_NAME) < 0)
		return gp_fail_sys(err, errno, "cannot write '%s'", GP_JOURNAL);
	return 0;
}

/* --- the change itself --- */

static int sync_fd(const struct commit *c, int dir, const char *path, struct gp_err *err)
{
	int fd, rc = 0;

	if (!c->o->fsync)
		return 0;
	fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* EINVAL: this file system knows no fsync of directories. */
	if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
		rc = gp_fail_sys(err, errno, "cannot sync '%s'", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* path without its last component, in place; false: there is none. */
static bool cut(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
	return slash != NULL;
}

/* Clean paths are shorter; what does not fit, no call takes. */
static void copy_path(char out[PATH_MAX], const char *path)
{
	snprintf(out, PATH_MAX, "%s", path);
}

static void remove_empty_parents(const struct gp_disktree *d, const char *path)
{
	char p[PATH_MAX];

	copy_path(p, path);
	while (cut(p)) {
		const char *name;
		int dir = gp_dirs_parent(d->dirs, p, &name);

		if (dir < 0 || unlinkat(dir, name, AT_REMOVEDIR) < 0)
			return;
		gp_dirs_forget(d->dirs, p);
	}
}

/* What is not there any more is fine; so is a directory, which is not ours. */
static int delete_file(const struct commit *c, const char *path, struct gp_err *err)
{
	const char *name;
	int dir = gp_dirs_parent(c->d->dirs, path, &name);

	if ((dir >= 0 && unlinkat(dir, name, 0) == 0) || errno == ENOENT || errno == EISDIR)
		return 0;
	return gp_fail_sys(err, errno, "cannot delete '%s'", path);
}

/* A file that makes room for a directory goes before its time. */
static int clear_way(const struct commit *c, const char *path, struct gp_err *err)
{
	char p[PATH_MAX];

	copy_path(p, path);
	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		const struct gp_tfile *f;

		*slash = '\0';
		f = gp_tree_touched(c->t, p);
		if (f && f->was && f->state == GP_TFILE_DELETED && delete_file(c, p, err) < 0)
			return -1;
		*slash = '/';
	}
	return 0;
}

static int change_file(const struct commit *c, size_t n, const struct gp_tfile *f, struct gp_err *err)
{
	const char *name;
	char slot[32];
	int dir;

	if (gp_check_cancel(c->o->cancel, err) < 0)
		return -1;
	if (f->state == GP_TFILE_DELETED) {
		if (delete_file(c, f->path, err) < 0)
			return -1;
		remove_empty_parents(c->d, f->path);
		return 0;
	}
	if (f->state == GP_TFILE_NEW && (clear_way(c, f->path, err) < 0 || gp_journal_parents(c->d, f->path, err) < 0))
		return -1;
	gp_journal_slot(slot, 'n', n);
	dir = gp_dirs_parent(c->d->dirs, f->path, &name);
	if (dir < 0 || renameat(c->d->journal, slot, dir, name) < 0)
		return failed_at(c, f->was ? "cannot replace" : "cannot make", f->path, err);
	return 0;
}

/* The directory where a file is or was; one that was removed needs none. */
static int sync_parent(const struct commit *c, const char *path, struct gp_err *err)
{
	const char *name;
	int dir = gp_dirs_parent(c->d->dirs, path, &name);

	if (dir < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : gp_fail_sys(err, errno, "cannot sync '%s'", path);
	return sync_fd(c, dir, path, err);
}

/* Deletions come last: they may remove directories that new files keep. */
static int change_all(const struct commit *c, struct gp_err *err)
{
	for (int deleting = 0; deleting < 2; deleting++)
		for (size_t i = 0; i < c->t->n; i++)
			if (changes(&c->t->file[i]) && (c->t->file[i].state == GP_TFILE_DELETED) == (deleting != 0) &&
			    change_file(c, i, &c->t->file[i], err) < 0)
				return -1;
	for (size_t i = 0; i < c->t->n && c->o->fsync; i++)
		if (changes(&c->t->file[i]) && sync_parent(c, c->t->file[i].path, err) < 0)
			return -1;
	return 0;
}

static int prepare(struct commit *c, struct gp_err *err)
{
	for (size_t i = 0; i < c->t->n; i++)
		if (changes(&c->t->file[i]) && check_parent(c, c->t->file[i].path, err) < 0)
			return -1;
	/* The parents were looked at just now. */
	if (gp_tree_sound(c->t, err) < 0 || gp_journal_make(c->d, err) < 0)
		return -1;
	for (size_t i = 0; i < c->t->n; i++)
		if (changes(&c->t->file[i]) && prepare_file(c, i, &c->t->file[i], err) < 0)
			return -1;
	gp_buf_puts(&c->journal, "end\n");
	if (journal_write(c, err) < 0 || journal_name(c, err) < 0)
		return -1;
	return sync_fd(c, c->d->journal, GP_JOURNAL_DIR, err);
}

/* Back to where it began; err says what went wrong until now. */
static void roll_back(struct commit *c, struct gp_err *err)
{
	struct gp_disktree *d = c->d;
	struct gp_err second = { 0 };
	char why[sizeof(second.cause)];
	size_t files = 0;

	if (d->journal < 0)
		return; /* nothing was begun */
	if (gp_journal_undo(d, &c->undo, &files, &second) == 0 && gp_journal_remove(d, &second) == 0)
		return;
	second.context[0] = '\0';
	gp_err_format(&second, why, sizeof(why));
	gp_besides(err,
		   "; nor could it be rolled back (%s); fix that, then "
		   "'gridpatch apply --recover -d %s'",
		   why, d->root);
}

int gp_commit_run(struct gp_disktree *d, const struct gp_tree *t, const struct gp_commit_opts *o, struct gp_err *err)
{
	struct commit c = { .d = d, .t = t, .o = o, .uid = geteuid(), .gid = getegid(), .umask = gp_umask() };
	int rc = 0;

	if (gp_tree_sound(t, err) < 0)
		return -1;
	if (!gp_tree_changes(t))
		return 0;
	gp_dirs_forget(d->dirs, NULL);
	gp_oom_state("no file has been changed; 'gridpatch apply --recover' in that directory removes " GP_JOURNAL_DIR);
	if (prepare(&c, err) < 0 || change_all(&c, err) < 0 || gp_journal_end(d, err) < 0) {
		roll_back(&c, err);
		gp_oom_state(NULL);
		rc = -1;
	} else {
		gp_oom_state("but all files are changed");
		d->litter = gp_journal_clear(d);
	}
	gp_buf_release(&c.journal);
	gp_journal_release(&c.undo);
	gp_map_release(&c.made);
	gp_map_release(&c.writable);
	return rc;
}
