/* SPDX-License-Identifier: MIT */
#include "ops/proof/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fsio.h"
#include "base/path.h"
#include "ops/driver/driver.h"
#include "ops/driver/installed.h"
#include "ops/run/runfile.h"
#include "ops/tree/disktree.h"

struct storing {
	const char *dir;
	const struct gp_list *also;
};

/* What patches may touch, and the blobs that are linked in. */
static bool is_stored(const struct storing *st, const struct gp_entry *e)
{
	return gp_path_under(e->path, "kernel") ||
	       (!gp_path_under(e->path, "kernel-open") && gp_driver_wants((void *)st->also, e->path, e->size)) ||
	       (st->also && gp_list_has(st->also, e->path));
}

unsigned gp_source_mode(unsigned mode)
{
	return mode & 0100 ? 0755 : 0644;
}

/* The scan has refused paths that leave the tree, or that run through a symlink. */
static int store_file(void *arg, const struct gp_entry *e, int *fd, struct gp_err *err)
{
	const struct storing *st = arg;
	gp_auto(gp_free_ptr) char *full = gp_path_join(st->dir, e->path);
	gp_auto(gp_free_ptr) char *parent = gp_path_dir(full);

	if (!is_stored(st, e))
		return 0;
	if (gp_mkdirs(parent, err) < 0)
		return -1;
	/* A later member of the same name replaces the file. */
	if (unlink(full) < 0 && errno != ENOENT)
		return gp_fail_sys(err, errno, "cannot write '%s'", full);
	*fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, gp_source_mode(e->mode));
	return *fd >= 0 ? 0 : gp_fail_sys(err, errno, "cannot write '%s'", full);
}

/* Hard links carry no bytes: they are files of their own here. */
static int store_links(const struct gp_source *s, const struct storing *st, struct gp_err *err)
{
	for (size_t i = 0; i < s->rf.n; i++) {
		const struct gp_entry *e = &s->rf.entry[i], *to;
		gp_auto(gp_buf_release) struct gp_buf data = { 0 };
		gp_auto(gp_free_ptr) char *from = NULL;
		int fd = -1, rc;

		if (e->type != GP_ENTRY_HARDLINK || e->superseded || !is_stored(st, e))
			continue;
		to = gp_runfile_resolve(&s->rf, e);
		if (!to || !is_stored(st, to))
			continue; /* its content shows as missing, should anybody want it */
		from = gp_path_join(s->dir, to->path);
		if (gp_file_read(from, GP_RUN_MAX_UNPACKED, &data, err) < 0 || store_file((void *)st, e, &fd, err) < 0)
			return -1;
		rc = gp_write_fd(fd, data.data, data.len, e->path, err);
		close(fd);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static int decode(struct gp_source *s, const struct gp_list *also, struct gp_err *err)
{
	struct storing st = { s->dir, also };
	struct gp_keep keep = { .store = store_file, .arg = &st };

	if (gp_mkdirs(s->dir, err) < 0 || gp_runfile_scan(&s->rf, &keep, err) < 0)
		return -1;
	return store_links(s, &st, err);
}

static int list(struct gp_source *s, struct gp_err *err)
{
	gp_auto(gp_disktree_close) struct gp_disktree d = { 0 };

	return gp_disktree_look(&d, s->dir, err) < 0 ? -1 : gp_driver_list(&d, &s->rf, err);
}

char *gp_source_place(const struct gp_source *s, const char *path)
{
	return gp_path_join(s->dir, gp_driver_list_place(s->installed, path));
}

static int identify(struct gp_source *s, struct gp_err *err)
{
	struct gp_driver d;
	int rc = 0;

	if (gp_driver_open_dir(&d, s->dir, &s->rf, err) < 0)
		return -1;
	s->version = d.version;
	s->kind = d.kind;
	s->installed = d.installed;
	if (!d.has_kernel)
		rc = gp_fail(err, GP_E_UNSUPPORTED, "'%s' has no kernel/ with sources in it", s->name);
	gp_driver_close_dir(&d);
	return rc;
}

static int fill(struct gp_source *s, const struct gp_source_opts *o, struct gp_err *err)
{
	if (!s->temporary) {
		s->rf.path = gp_strdup(s->name);
		return list(s, err);
	}
	if (gp_runfile_open(&s->rf, s->name, o->given, err) < 0)
		return -1;
	s->rf.cancel = o->cancel;
	s->rf.progress = o->progress;
	return decode(s, o->also, err);
}

int gp_source_open(struct gp_source *s, const char *path, const struct gp_source_opts *o, struct gp_err *err)
{
	const char *dir = gp_given_dir(o->given, path);
	double began = gp_clock_s();

	*s = (struct gp_source){ .name = gp_strdup(path), .temporary = !dir };
	s->dir = gp_strdup(dir ? dir : o->store);
	if (fill(s, o, err) < 0 || identify(s, err) < 0) {
		gp_source_release(s);
		return -1;
	}
	s->decode_s = gp_clock_s() - began;
	return 0;
}

void gp_source_release(struct gp_source *s)
{
	if (!s || !s->name)
		return;
	gp_runfile_release(&s->rf);
	free(s->dir);
	free(s->name);
	*s = (struct gp_source){ 0 };
}
