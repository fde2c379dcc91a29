/* SPDX-License-Identifier: MIT */
#include "ops/job/undo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/dirfd.h"
#include "base/fsio.h"
#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "core/driver/treerecord.h"
#include "ops/driver/installed.h"
#include "ops/run/backup.h"
#include "ops/tree/disktree.h"
#include "ops/tree/tree.h"

void gp_undo_release(struct gp_undo *u)
{
	if (!u)
		return;
	gp_inplace_release(&u->inplace);
	gp_list_release(&u->others);
	gp_list_release(&u->altered);
	for (size_t i = 0; i < u->nlate; i++) {
		free(u->late[i].path);
		free(u->late[i].to);
	}
	free(u->late);
	free(u->backup);
	gp_inputs_release(&u->in);
}

/* --- the record and its backup --- */

/* The newest one that lies beside the tree, whatever it is; free() it. NULL: none. */
static char *newest_backup(const char *tree)
{
	gp_auto(gp_free_ptr) char *parent = gp_path_dir(tree);
	gp_auto(gp_free_ptr) char *begin = gp_asprintf("%s.gridpatch-", gp_path_base(tree));
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	char *found = NULL;

	if (gp_dir_list(parent, &names, NULL) < 0)
		return NULL;
	for (size_t i = 0; i < names.n; i++)
		if (strncmp(names.v[i], begin, strlen(begin)) == 0 && strstr(names.v[i], ".tar.zst")) {
			free(found);
			found = gp_path_join(parent, names.v[i]);
		}
	return found;
}

static int find_backup(struct gp_undo *u, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *beside = NULL, *parent = gp_path_dir(u->in.tree);

	if (u->in.driver.record.date) {
		gp_auto(gp_free_ptr) char *begin = gp_asprintf("%s.gridpatch-", gp_path_base(u->in.tree));

		/* It will be removed: whoever may write into the tree must not choose which file. */
		if (!gp_str_starts(gp_str_of(u->in.driver.record.backup), begin) ||
		    !gp_str_ends(gp_str_of(u->in.driver.record.backup), ".tar.zst"))
			return gp_fail(err, GP_E_NO,
				       "'%s' is not the backup of '%s': was that renamed, or its " GP_INSTALLED_RECORD
				       " changed?",
				       u->in.driver.record.backup, u->in.tree);
		u->backup = gp_path_join(parent, u->in.driver.record.backup);
		return 0;
	}
	beside = newest_backup(u->in.tree);
	return gp_fail(err, GP_E_NO,
		       "nothing to take back: '%s' has no " GP_INSTALLED_RECORD
		       ", so gridpatch has not changed it%s%s%s",
		       u->in.tree, beside ? "; an older backup is '" : "", beside ? beside : "", beside ? "'" : "");
}

static int open_backup(const struct gp_undo *u, struct gp_err *err)
{
	int fd = open(u->backup, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0 && errno == ENOENT)
		return gp_fail(err, GP_E_NO, "the backup of '%s' is gone: '%s'", u->in.tree, u->backup);
	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", u->backup);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return gp_fail(err, GP_E_FORMAT, "'%s' is no file", u->backup);
}

/* --- comparing --- */

struct restoring {
	struct gp_undo *u;
	struct gp_tree *to;   /* over the directory */
	struct gp_map *found; /* what the backup has */
};

/* Is the file what the run left? */
static bool as_left(const struct gp_tree *t, const struct gp_treefile *f)
{
	char sum[GP_SHA256_HEX];
	struct gp_str data;

	if (!*f->sha256)
		return !gp_tree_has(t, f->path);
	if (!gp_tree_has(t, f->path) || gp_tree_read(t, f->path, &data, NULL) < 0)
		return false;
	gp_sha256_hex(data.p, data.len, sum);
	return strcmp(sum, f->sha256) == 0;
}

static bool same_file(const struct gp_tree *t, const struct gp_backup_item *item)
{
	struct gp_str now;

	return gp_tree_has(t, item->path) && gp_tree_mode(t, item->path) == item->mode &&
	       gp_tree_read(t, item->path, &now, NULL) == 0 && gp_str_same(now, item->data);
}

static void add_late(struct gp_undo *u, const struct gp_backup_item *item)
{
	GP_GROW(u->late, u->nlate, u->late_cap);
	u->late[u->nlate++] =
		(struct gp_undo_late){ .path = gp_strdup(item->path),
				       .node = item->node,
				       .mode = item->mode & 01777,
				       .uid = item->uid,
				       .gid = item->gid,
				       .to = gp_strndup(item->data.p ? item->data.p : "",
							item->node == GP_NODE_SYMLINK ? item->data.len : 0) };
}

/* Record and backup may be those of somebody who wants a setuid file of root's: such bits
 * come back only where they still are. */
static int put_back(struct restoring *r, const struct gp_backup_item *item, struct gp_err *err)
{
	bool there = gp_tree_has(r->to, item->path);
	unsigned keep = there ? gp_tree_mode(r->to, item->path) & 06000 : 0;

	r->u->restored++;
	if (!there)
		add_late(r->u, item);
	return gp_tree_write(r->to, item->path, item->data, (int)(item->mode & (01777 | keep)), err);
}

/* Did the run empty this directory, so that it went? */
static bool emptied(const struct gp_treerecord *rec, const char *dir)
{
	for (size_t i = 0; i < rec->n; i++)
		if (!*rec->v[i].sha256 && gp_path_under(rec->v[i].path, dir))
			return true;
	return false;
}

static bool leads_to(const struct gp_disktree *d, const char *path, struct gp_str want)
{
	gp_auto(gp_free_ptr) char *dir = gp_path_dir(path);
	char to[PATH_MAX];
	int fd = gp_dir_below(d->fd, dir, false);
	ssize_t n = fd < 0 ? -1 : readlinkat(fd, gp_path_base(path), to, sizeof(to));

	if (fd >= 0)
		close(fd);
	return n >= 0 && gp_str_same((struct gp_str){ to, (size_t)n }, want);
}

/* Directories and links are none of what a run changes, but for those that it empties. */
static void visit_other(struct gp_undo *u, const struct gp_backup_item *item)
{
	const struct gp_disktree *d = &u->in.driver.disk;
	struct stat st;

	if (item->node == GP_NODE_DIR) {
		if (!*item->path || (gp_disktree_stat(d, item->path, &st) == 1 && S_ISDIR(st.st_mode)))
			return;
		if (!emptied(&u->in.driver.record, item->path))
			gp_list_add(&u->altered, item->path);
		add_late(u, item);
	} else if (!leads_to(d, item->path, item->data)) {
		gp_list_add(&u->altered, item->path);
		add_late(u, item);
	}
}

/* Each thing of the backup: what the run changed goes back, all else is to be as it was. */
static int visit(void *arg, const struct gp_backup_item *item, struct gp_err *err)
{
	struct restoring *r = arg;
	const struct gp_treefile *f = gp_treerecord_find(&r->u->in.driver.record, item->path);
	bool record = strcmp(item->path, GP_INSTALLED_RECORD) == 0;

	if (gp_check_cancel(r->u->in.opts->cancel, err) < 0)
		return -1;
	gp_map_put(r->found, item->path, 1);
	if (item->node != GP_NODE_FILE) {
		visit_other(r->u, item);
		return 0;
	}
	if (f && !as_left(r->to, f))
		gp_list_add(&r->u->altered, item->path);
	if (f || record)
		return put_back(r, item, err);
	if (same_file(r->to, item)) {
		gp_tree_forget(r->to, item->path);
		return 0;
	}
	gp_list_add(&r->u->altered, item->path);
	return put_back(r, item, err);
}

/* What the run made goes; what others made stays. */
static int remove_new(struct restoring *r, struct gp_err *err)
{
	const struct gp_treerecord *rec = &r->u->in.driver.record;

	for (size_t i = 0; i < rec->n; i++) {
		const struct gp_treefile *f = &rec->v[i];

		if (gp_map_get(r->found, f->path, NULL))
			continue;
		if (!as_left(r->to, f))
			gp_list_add(&r->u->altered, f->path);
		if (!gp_tree_has(r->to, f->path))
			continue;
		if (gp_tree_delete(r->to, f->path, err) < 0)
			return -1;
		r->u->removed++;
	}
	if (gp_map_get(r->found, GP_INSTALLED_RECORD, NULL) || !gp_tree_has(r->to, GP_INSTALLED_RECORD))
		return 0;
	r->u->removed++;
	return gp_tree_delete(r->to, GP_INSTALLED_RECORD, err);
}

static int find_others(struct restoring *r, struct gp_err *err)
{
	const struct gp_disktree *d = &r->u->in.driver.disk;
	gp_auto(gp_list_release) struct gp_list files = { 0 };

	if (gp_dir_walk_at(d->fd, d->root, "", &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++)
		if (!gp_map_get(r->found, files.v[i], NULL) &&
		    !gp_treerecord_find(&r->u->in.driver.record, files.v[i]) &&
		    strcmp(files.v[i], GP_INSTALLED_RECORD) != 0 && !gp_path_under(files.v[i], GP_JOURNAL_DIR))
			gp_list_add(&r->u->others, files.v[i]);
	return 0;
}

static int check_altered(const struct gp_undo *u, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf name = { 0 };

	if (!u->altered.n || (u->in.opts->allow & GP_ALLOW_ALTERED))
		return 0;
	gp_text_shell_word(&name, u->backup);
	return gp_fail(
		err, GP_E_NO,
		"%zu file%s of '%s' are not as gridpatch left them, '%s' first: what was there is in the backup, see "
		"tar -tf %s; --allow altered puts those back, too",
		u->altered.n, u->altered.n == 1 ? "" : "s", u->in.tree, u->altered.v[0], name.data);
}

/* --- the change --- */

static int restore(struct gp_undo *u, int fd, struct gp_err *err)
{
	const struct gp_commit_opts o = { .fsync = true, .cancel = u->in.opts->cancel };
	gp_auto(gp_tree_release) struct gp_tree to = { 0 };
	gp_auto(gp_map_release) struct gp_map found = { 0 };
	struct restoring r = { .u = u, .to = &to, .found = &found };
	int rc;

	gp_disktree_tree(&u->in.driver.disk, &to);
	rc = gp_backup_read(fd, u->backup, u->in.driver.record.backup_sha256, visit, &r, err);
	if (rc == 0)
		rc = remove_new(&r, err) < 0 || find_others(&r, err) < 0 || gp_tree_sound(&to, err) < 0 ? -1 : 0;
	if (rc < 0 || check_altered(u, err) < 0)
		return -1;
	gp_tree_settle(&to);
	if (u->in.opts->dry_run || gp_commit_run(&u->in.driver.disk, &to, &o, err) == 0)
		return 0;
	u->half_changed = gp_commit_pending(&u->in.driver.disk);
	return -1;
}

/* Only what we have just made: in a tree of somebody else, no file of a third one gets
 * another owner. */
static int dress(int dir, const char *name, const struct gp_undo_late *l)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc = 0;
	struct stat st;

	if (fd < 0 && errno == EACCES)
		return 0; /* its mode keeps us out, and is right: we are not root */
	if (fd < 0 || fstat(fd, &st) < 0)
		rc = -1;
	else if (st.st_uid == geteuid() && (S_ISDIR(st.st_mode) || st.st_nlink == 1)) {
		if (geteuid() == 0 && fchown(fd, l->uid, l->gid) < 0)
			rc = -1;
		else if (S_ISDIR(st.st_mode) && fchmod(fd, l->mode) < 0)
			rc = -1;
	}
	if (fd >= 0)
		close(fd);
	return rc;
}

static int make_late(const struct gp_disktree *d, const struct gp_undo_late *l)
{
	const char *name;
	int dir = gp_dirs_parent(d->dirs, l->path, &name);

	if (dir < 0)
		return -1;
	if (l->node == GP_NODE_SYMLINK)
		return (unlinkat(dir, name, 0) == 0 || errno == ENOENT) && symlinkat(l->to, dir, name) == 0 &&
				       (geteuid() != 0 ||
					fchownat(dir, name, l->uid, l->gid, AT_SYMLINK_NOFOLLOW) == 0) ?
			       0 :
			       -1;
	if (l->node == GP_NODE_DIR && mkdirat(dir, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return dress(dir, name, l);
}

/* The innermost last: they stand in the order of the backup. */
static int finish(const struct gp_undo *u, struct gp_err *err)
{
	for (size_t i = 0; i < u->nlate; i++)
		if (make_late(&u->in.driver.disk, &u->late[i]) < 0) {
			gp_fail_sys(err, errno, "cannot put back '%s'", u->late[i].path);
			return gp_besides(err, "; all else of the tree is as it was, and '%s' stays", u->backup);
		}
	return 0;
}

/* The tree is what it held: it has done its duty. */
static int drop_backup(const struct gp_undo *u, struct gp_err *err)
{
	if (unlink(u->backup) == 0 || errno == ENOENT)
		return 0;
	gp_fail_sys(err, errno, "cannot remove '%s'", u->backup);
	return gp_besides(err, "; the tree is as it was all the same");
}

static int run(struct gp_undo *u, struct gp_err *err)
{
	int fd, rc;

	if (gp_inplace_open(&u->in, err) < 0)
		return -1;
	u->found = true;
	if (find_backup(u, err) < 0)
		return -1;
	fd = open_backup(u, err);
	if (fd < 0)
		return -1;
	rc = restore(u, fd, err);
	close(fd);
	if (rc < 0)
		return -1;
	u->done = true;
	if (!u->in.opts->dry_run && finish(u, err) < 0)
		return -1;
	gp_inplace_dkms(&u->in, NULL, (int64_t)time(NULL) + 1, &u->inplace);
	return u->in.opts->dry_run ? 0 : drop_backup(u, err);
}

int gp_undo_run(struct gp_undo *u, const struct gp_patch_opts *opts, struct gp_err *err)
{
	*u = (struct gp_undo){ .in.opts = opts };
	return run(u, err);
}
