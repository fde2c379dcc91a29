/* SPDX-License-Identifier: MIT */
#include "ops/job/inplace.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "core/driver/dkmscmd.h"
#include "core/driver/treerecord.h"
#include "ops/driver/installed.h"
#include "ops/job/change.h"
#include "ops/job/decide.h"
#include "ops/job/write.h"
#include "ops/run/backup.h"
#include "ops/select/select.h"
#include "ops/tree/disktree.h"
#include "ops/tree/subtree.h"

#define RECORD GP_INSTALLED_AT "/" GP_INSTALLED_RECORD

void gp_inplace_release(struct gp_inplace *p)
{
	free(p->backup);
	gp_dkms_state_release(&p->dkms);
	gp_list_release(&p->stale);
	gp_list_release(&p->commands);
	gp_list_release(&p->warnings);
	*p = (struct gp_inplace){ 0 };
}

/* --- opening --- */

char *gp_inplace_real(const struct gp_disktree *d, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *real = realpath(d->root, NULL);
	struct stat here, there;

	if (!real || stat(real, &there) < 0 || fstat(d->fd, &here) < 0)
		gp_fail_sys(err, errno, "cannot look at '%s'", d->root);
	else if (here.st_dev != there.st_dev || here.st_ino != there.st_ino)
		gp_fail(err, GP_E_SYSTEM, "'%s' is another directory now", d->root);
	else if (strcmp(real, "/") == 0)
		gp_fail(err, GP_E_USAGE, "'%s' is the root of all files", d->root);
	else
		return gp_steal(&real);
	return NULL;
}

int gp_inplace_open(struct gp_inputs *in, struct gp_err *err)
{
	const char *dir = in->opts->run;

	if (gp_driver_open_tree(&in->driver, dir, dir, !in->opts->dry_run, err) < 0)
		return -1;
	if (!in->driver.installed)
		return gp_fail(err, GP_E_USAGE,
			       "'%s' is an extracted installer: give the .run, or apply patches to it with 'gridpatch "
			       "apply'",
			       dir);
	in->tree = gp_inplace_real(&in->driver.disk, err);
	return in->tree ? 0 : -1;
}

/* --- dkms --- */

static void find_stale(const struct gp_inputs *in, struct gp_inplace *p)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };
	const struct gp_disktree *d = &in->driver.disk;

	if (gp_dir_walk_at(d->fd, d->root, "", &files, NULL) < 0)
		return;
	for (size_t i = 0; i < files.n; i++) {
		gp_auto(gp_free_ptr) char *path = gp_path_join(GP_INSTALLED_AT, files.v[i]);

		if (gp_driver_is_product(path))
			gp_list_add(&p->stale, files.v[i]);
	}
}

/* dkms looks in /lib/modules/RELEASE/build by itself. */
static const char *far_headers(const struct gp_query_kernel *k)
{
	gp_auto(gp_free_ptr) char *build = gp_asprintf("/lib/modules/%s/build", k->release.text);

	return k->headers && !gp_exists(build) ? k->headers->sysout : NULL;
}

/* dkms goes elsewhere before it uses it. free() it. */
static char *absolute(const char *path)
{
	char *real = realpath(path, NULL), here[PATH_MAX];

	if (real)
		return real;
	return *path == '/' || !getcwd(here, sizeof(here)) ? gp_strdup(path) : gp_path_join(here, path);
}

static void list_commands(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_dkmscmd *cmd,
			  struct gp_inplace *p)
{
	gp_dkmscmd_add(cmd, &p->commands);
	for (size_t i = 0; d && i < in->targets.n; i++)
		if (!gp_decision_skips(in, d, i))
			gp_dkmscmd_build(cmd, in->targets.v[i].release.text, far_headers(&in->targets.v[i]),
					 &p->commands);
	for (size_t i = 0; !d && i < in->opts->kernels.n; i++)
		gp_dkmscmd_build(cmd, in->opts->kernels.v[i], NULL, &p->commands);
	for (size_t i = 0; !d && !in->opts->kernels.n && i < p->dkms.n; i++)
		gp_dkmscmd_build(cmd, p->dkms.v[i].release, NULL, &p->commands);
}

void gp_inplace_dkms(const struct gp_inputs *in, const struct gp_decision *d, int64_t since, struct gp_inplace *p)
{
	gp_auto(gp_free_ptr) char *own = in->opts->dkmstree ? absolute(in->opts->dkmstree) : NULL;
	gp_auto(gp_free_ptr) char *parent = gp_path_dir(in->tree), *want = NULL;
	const char *tree = own ? own : GP_DKMS_TREE;
	struct gp_dkmscmd cmd = { .name = in->driver.package,
				  .version = in->driver.release,
				  .sourcetree = strcmp(parent, "/usr/src") != 0 ? parent : NULL,
				  .dkmstree = own };
	struct gp_err why = { 0 };

	find_stale(in, p);
	if (!cmd.name || !cmd.version) {
		gp_list_add(&p->warnings, "dkms.conf does not say PACKAGE_NAME and PACKAGE_VERSION in a form that is "
					  "clear: the commands for dkms are yours to find");
		return;
	}
	want = gp_asprintf("%s-%s", cmd.name, cmd.version);
	if (strcmp(gp_path_base(in->tree), want) != 0)
		gp_list_printf(&p->warnings, "dkms looks for the sources in '%s/%s', and this is '%s'", parent, want,
			       in->tree);
	if (gp_dkms_state_read(NULL, tree, cmd.name, cmd.version, since, &p->dkms, &why) < 0)
		gp_list_printf(&p->warnings, "what dkms has built cannot be told: %s", why.cause);
	cmd.added = p->dkms.added;
	list_commands(in, d, &cmd, p);
}

/* When the last run changed the tree; it may be this one. */
static int64_t changed_at(const struct gp_inputs *in)
{
	struct stat st;

	return gp_disktree_stat(&in->driver.disk, GP_INSTALLED_RECORD, &st) == 1 ? st.st_mtime : 0;
}

/* --- writing --- */

/* DIR.gridpatch-20261130T120622Z.tar.zst; where that of a run that was killed bears the
 * name of this second, of one that is to come. free() it. */
static char *backup_path(const char *tree)
{
	char *path = NULL;

	for (time_t t = time(NULL); !path || gp_exists(path); t++) {
		char when[32];
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(when, sizeof(when), "%Y%m%dT%H%M%SZ", &tm);
		free(path);
		path = gp_asprintf("%s.gridpatch-%s.tar.zst", tree, when);
	}
	return path;
}

static int add_file(const struct gp_tree *t, const struct gp_tfile *f, struct gp_treerecord *r, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf room = { 0 };
	char sum[GP_SHA256_HEX] = "";
	struct gp_str data;

	if (f->state == GP_TFILE_SAME || (f->state == GP_TFILE_DELETED && !f->was) || strcmp(f->path, RECORD) == 0)
		return 0;
	if (!gp_path_under(f->path, GP_INSTALLED_AT))
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'%s' lies outside of " GP_INSTALLED_AT "/, which is all that an installed tree has",
			       f->path);
	if (f->state != GP_TFILE_DELETED) {
		if (gp_tree_result(t, f, &room, &data, err) < 0)
			return -1;
		gp_sha256_hex(data.p, data.len, sum);
	}
	gp_treerecord_add(r, gp_driver_list_place(true, f->path), sum);
	return 0;
}

/* What was done goes into the tree, too: as its last change. */
static int write_record(const struct gp_inputs *in, struct gp_changes *c, const struct gp_backup *b, struct gp_err *err)
{
	gp_auto(gp_treerecord_release) struct gp_treerecord r = { 0 };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_str before = { "", 0 };

	for (size_t i = 0; i < c->tree->n; i++)
		if (add_file(c->tree, &c->tree->file[i], &r, err) < 0)
			return -1;
	if (gp_tree_has(c->tree, RECORD) && gp_tree_read(c->tree, RECORD, &before, err) < 0)
		return -1;
	r.date = gp_clock_utc();
	r.program = gp_strdup(in->opts->program ? in->opts->program : "");
	r.backup = gp_strdup(gp_path_base(b->path));
	r.done = gp_strdup(c->history.len ? c->history.data : "");
	memcpy(r.backup_sha256, b->sha256, sizeof(r.backup_sha256));
	gp_treerecord_format(before, &r, &out);
	return gp_tree_write(c->tree, RECORD, gp_buf_str(&out), 0644, err);
}

/* What is in the way is known before the backup is written. */
static int check_changes(struct gp_inputs *in, const struct gp_changes *c, struct gp_err *err)
{
	gp_auto(gp_tree_release) struct gp_tree to = { 0 };

	return gp_subtree_changes(c->tree, GP_INSTALLED_AT, &in->driver.disk, &to, err);
}

static int commit(struct gp_inputs *in, const struct gp_changes *c, struct gp_inplace *p, struct gp_err *err)
{
	const struct gp_commit_opts o = { .fsync = true, .cancel = in->opts->cancel };
	gp_auto(gp_tree_release) struct gp_tree to = { 0 };

	if (gp_subtree_changes(c->tree, GP_INSTALLED_AT, &in->driver.disk, &to, err) < 0)
		return -1;
	if (gp_commit_run(&in->driver.disk, &to, &o, err) == 0)
		return 0;
	p->half_changed = gp_commit_pending(&in->driver.disk);
	return -1;
}

static int change(struct gp_inputs *in, struct gp_changes *c, struct gp_inplace *p, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *path = backup_path(in->tree);
	gp_auto(gp_backup_release) struct gp_backup b = { .dir = -1 };

	if (check_changes(in, c, err) < 0 ||
	    gp_backup_write(&in->driver.disk, gp_path_base(in->tree), path, in->opts->cancel, &b, err) < 0)
		return -1;
	if (write_record(in, c, &b, err) < 0 || commit(in, c, p, err) < 0) {
		if (!p->half_changed)
			gp_backup_drop(&b);
		return p->half_changed ? gp_besides(err, "; '%s' has it as it was", path) : -1;
	}
	p->backup = gp_steal(&path);
	p->backup_size = b.size;
	return 0;
}

/* As gp_write(): what can go wrong with the lock file goes wrong before. */
int gp_inplace_write(struct gp_inputs *in, const struct gp_decision *d, struct gp_changes *c, struct gp_written *w,
		     struct gp_err *err)
{
	gp_auto(gp_outfile_release) struct gp_outfile f = { 0 };
	const char *name = in->opts->write_lock;
	struct gp_inplace *p = &w->inplace;

	gp_assert(in->tree && c->targetdir);
	p->same = gp_tree_changes(c->tree) == 0;
	if (gp_tree_sound(c->tree, err) < 0)
		return -1;
	if (name && (gp_outfile_open(&f, name, d->lock.len, err) < 0 ||
		     gp_write_fd(f.fd, d->lock.data, d->lock.len, name, err) < 0))
		return -1;
	if (in->opts->dry_run ? check_changes(in, c, err) < 0 : !p->same && change(in, c, p, err) < 0)
		return -1;
	/* A change of now makes all that was built before old. */
	gp_inplace_dkms(in, d, p->same ? changed_at(in) : (int64_t)time(NULL) + 1, p);
	w->done = true;
	if (name && gp_outfile_commit(&f, 0644, in->opts->force, err) < 0)
		return gp_besides(err, "; the tree is changed all the same");
	w->lock = name != NULL;
	return 0;
}
