/* SPDX-License-Identifier: MIT */
#include "ops/proof/workdir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/map.h"
#include "base/path.h"
#include "base/text.h"
#include "ops/driver/installed.h"
#include "ops/run/runfile.h"
#include "ops/tree/tree.h"

static int parent_of(const char *path, struct gp_map *made, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *parent = gp_path_dir(path);

	if (gp_map_get(made, parent, NULL))
		return 0;
	gp_map_put(made, parent, 1);
	return gp_mkdirs(parent, err);
}

/* A file of the source that no patch touched. */
static int share(const struct gp_source *s, const struct gp_entry *e, const char *to, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *from = gp_source_place(s, e->path);

	/* make reads blobs and never writes them. */
	if (s->temporary && gp_str_ends(gp_str_of(e->path), "_binary") && link(from, to) == 0)
		return 0;
	return gp_file_clone(from, to, gp_source_mode(e->mode), err);
}

static int put(const struct gp_tree *t, const struct gp_tfile *f, const char *to, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf room = { 0 };
	struct gp_str data;
	int fd, rc;

	if (gp_tree_result(t, f, &room, &data, err) < 0)
		return -1;
	fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, gp_source_mode(f->mode));
	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot write '%s'", to);
	rc = gp_write_fd(fd, data.p, data.len, to, err);
	if (close(fd) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot write '%s'", to);
	return rc;
}

static int put_entry(const struct gp_source *s, const struct gp_tree *t, const struct gp_entry *e, const char *dir,
		     struct gp_map *made, struct gp_err *err)
{
	const struct gp_tfile *f = gp_tree_touched(t, e->path);
	gp_auto(gp_free_ptr) char *to = gp_path_join(dir, e->path);

	if (e->superseded || (e->type != GP_ENTRY_FILE && e->type != GP_ENTRY_HARDLINK) ||
	    !gp_path_under(e->path, "kernel") || gp_driver_is_product(e->path))
		return 0;
	if (f && f->state == GP_TFILE_DELETED)
		return 0;
	if (parent_of(to, made, err) < 0)
		return -1;
	return f && f->state == GP_TFILE_CHANGED ? put(t, f, to, err) : share(s, e, to, err);
}

int gp_workdir_fill(const struct gp_source *s, const struct gp_tree *t, const char *dir, struct gp_err *err)
{
	gp_auto(gp_map_release) struct gp_map made = { 0 };

	for (size_t i = 0; i < s->rf.n; i++)
		if (put_entry(s, t, &s->rf.entry[i], dir, &made, err) < 0)
			return -1;
	for (size_t i = 0; i < t->n; i++) {
		const struct gp_tfile *f = &t->file[i];
		gp_auto(gp_free_ptr) char *to = gp_path_join(dir, f->path);

		if (f->state != GP_TFILE_NEW || !gp_path_under(f->path, "kernel"))
			continue;
		if (parent_of(to, &made, err) < 0 || put(t, f, to, err) < 0)
			return -1;
	}
	return 0;
}
