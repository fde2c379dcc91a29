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
#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/driver/driver.h"
#include "ops/run/runfile.h"

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

bool gp_source_is_product(const char *path)
{
	static const char *const ends[] = { ".o", ".ko", ".mod", ".mod.c", ".cmd", ".o.d", ".symvers", ".order" };
	struct gp_str name = gp_str_of(gp_path_base(path));

	if (gp_path_under(path, "kernel/conftest") || gp_path_under(path, "kernel/.tmp_versions"))
		return true;
	for (size_t i = 0; i < GP_COUNT(ends); i++)
		if (gp_str_ends(name, ends[i]))
			return true;
	return false;
}

static int add_file(struct gp_source *s, const char *path, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *full = gp_path_join(s->dir, path);
	struct gp_runfile *rf = &s->rf;
	struct stat st;

	if (lstat(full, &st) < 0)
		return gp_fail_sys(err, errno, "cannot read '%s'", full);
	gp_map_put(&rf->index, path, rf->n);
	GP_GROW(rf->entry, rf->n, rf->cap);
	rf->entry[rf->n++] =
		(struct gp_entry){ .path = gp_strdup(path), .type = GP_ENTRY_FILE, .mode = st.st_mode & 07777 };
	return 0;
}

static int list(struct gp_source *s, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list files = { 0 };
	static const char *const below[] = { "kernel", "kernel-open" };

	for (size_t i = 0; i < GP_COUNT(below); i++) {
		gp_auto(gp_free_ptr) char *dir = gp_path_join(s->dir, below[i]);

		int thing = gp_thing_at(dir, err);

		if (thing < 0 || (thing == GP_THING_DIR && gp_dir_walk(s->dir, below[i], &files, err) < 0))
			return -1;
	}
	for (size_t i = 0; i < files.n; i++)
		if (!gp_source_is_product(files.v[i]) && add_file(s, files.v[i], err) < 0)
			return -1;
	return 0;
}

static int identify(struct gp_source *s, struct gp_err *err)
{
	struct gp_driver d;
	int rc = 0;

	if (gp_driver_open_dir(&d, s->dir, &s->rf, err) < 0)
		return -1;
	s->version = d.version;
	s->kind = d.kind;
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
