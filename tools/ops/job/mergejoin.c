/* SPDX-License-Identifier: MIT */
/* What was read of both becomes the list of one driver: the desktop's. */
#include "ops/job/merging_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/path.h"
#include "core/rules/kind.h"
#include "ops/driver/inspect.h"
#include "ops/run/runfile.h"

/* --- files of the host's --- */

/* A hard link to what is in memory becomes a file of its own. */
static int copy_linked(struct gp_merging *m, struct gp_inputs *in, struct gp_entry *e, struct gp_err *err)
{
	const struct gp_entry *file = gp_runfile_resolve(&m->host.rf, e);
	const struct gp_entry *there = file ? gp_runfile_find(&in->driver.rf, file->path) : NULL;

	if (!there || !there->kept)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'%s' is a hard link to '%s', which is not the host's in a merged driver", e->path,
			       e->link);
	free(e->link);
	e->link = NULL;
	e->type = GP_ENTRY_FILE;
	e->size = there->data.len;
	e->kept = true;
	gp_buf_add(&e->data, there->data.data, there->data.len);
	return 0;
}

static int put_member(struct gp_merging *m, struct gp_inputs *in, struct gp_entry *old, struct gp_err *err)
{
	const struct gp_merged_file *f = gp_merged_file(m, old->path);
	struct gp_entry e = {
		.type = old->type, .mode = old->mode, .size = old->size, .mtime = old->mtime, .kept = old->kept
	};

	if (old->type == GP_ENTRY_DIR ? gp_merge_paths_sides(&m->paths, old->path) != GP_SIDE_HOST :
					!f || f->choice.take != GP_TAKE_HOST)
		return 0;
	e.path = gp_strdup(old->path);
	e.link = old->link ? gp_strdup(old->link) : NULL;
	e.elsewhere = f && f->streamed;
	GP_SWAP(e.data, old->data);
	if (e.type == GP_ENTRY_HARDLINK && !e.elsewhere && copy_linked(m, in, &e, err) < 0) {
		free(e.path);
		free(e.link);
		return -1;
	}
	return gp_runfile_put(&in->driver.rf, &e, err);
}

static int put_members(struct gp_merging *m, struct gp_inputs *in, struct gp_err *err)
{
	for (size_t i = 0; i < m->host.rf.n; i++) {
		struct gp_entry *e = &m->host.rf.entry[i];

		if (*e->path && !e->superseded && put_member(m, in, e, err) < 0)
			return gp_within(err, "'%s'", m->half[0].name);
	}
	return 0;
}

/* --- texts of both --- */

/* A text of the desktop's with other bytes; out is used up. */
static int put_text(struct gp_inputs *in, const char *path, struct gp_buf *out, struct gp_err *err)
{
	const struct gp_entry *old = gp_runfile_find(&in->driver.rf, path);
	struct gp_entry e = { .path = gp_strdup(path), .mode = old->mode, .size = out->len, .mtime = old->mtime };

	e.kept = true;
	GP_SWAP(e.data, *out);
	return gp_runfile_put(&in->driver.rf, &e, err);
}

static struct gp_str text_of(const struct gp_runfile *rf, const char *path)
{
	const struct gp_entry *e = gp_runfile_find(rf, path);

	e = e ? gp_runfile_resolve(rf, e) : NULL;
	return e && e->kept ? gp_buf_str(&e->data) : (struct gp_str){ "", 0 };
}

static int join_text(struct gp_merging *m, struct gp_inputs *in, const char *path, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_merged_file *f = gp_merged_file(m, path);
	enum gp_merge_edit edit;

	if (gp_merge_text(path, text_of(&m->host.rf, path), text_of(&in->driver.rf, path), &out, &edit, err) < 0)
		return -1;
	if (f)
		f->edit = edit;
	return edit == GP_EDIT_DONE ? put_text(in, path, &out, err) : 0;
}

static int join_texts(struct gp_merging *m, struct gp_inputs *in, struct gp_err *err)
{
	size_t n = in->driver.rf.n; /* what is put comes behind */

	for (size_t i = 0; i < n; i++) {
		const struct gp_entry *e = &in->driver.rf.entry[i];
		gp_auto(gp_free_ptr) char *path = gp_strdup(e->path);

		if (!e->added && !e->superseded && e->type != GP_ENTRY_DIR && gp_merge_is_text(path) &&
		    join_text(m, in, path, err) < 0)
			return -1;
	}
	return 0;
}

static int join_manifest(struct gp_merging *m, struct gp_inputs *in, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	if (gp_merge_manifest(&m->by, &m->host.manifest, &in->driver.manifest, &out, &m->listed, err) < 0)
		return -1;
	return put_text(in, ".manifest", &out, err);
}

/* --- for a build --- */

int gp_merge_open_source(const struct gp_merging *m, const char *path, unsigned mode, int *fd, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *full = gp_path_join(m->sources, path);
	gp_auto(gp_free_ptr) char *parent = gp_path_dir(full);

	if (gp_mkdirs(parent, err) < 0)
		return -1;
	/* A later member of the same name, or the host's, replaces the file. */
	if (unlink(full) < 0 && errno != ENOENT)
		return gp_fail_sys(err, errno, "cannot write '%s'", full);
	*fd = open(full, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode & 0100 ? 0755 : 0644);
	return *fd >= 0 ? 0 : gp_fail_sys(err, errno, "cannot write '%s'", full);
}

static int store(const struct gp_merging *m, const char *path, const struct gp_entry *file, struct gp_err *err)
{
	int fd = -1, rc;

	if (gp_merge_open_source(m, path, file->mode, &fd, err) < 0)
		return -1;
	rc = gp_write_fd(fd, file->data.data, file->data.len, path, err);
	close(fd);
	return rc;
}

/* What is in memory goes to where the blobs were stored. */
static int store_sources(const struct gp_merging *m, const struct gp_runfile *rf, struct gp_err *err)
{
	for (size_t i = 0; i < rf->n; i++) {
		const struct gp_entry *e = &rf->entry[i], *file;

		if (e->superseded || (strcmp(e->path, ".manifest") != 0 && !gp_path_under(e->path, "kernel")))
			continue;
		file = gp_runfile_resolve(rf, e);
		if (file && file->kept && store(m, e->path, file, err) < 0)
			return -1;
	}
	return 0;
}

/* --- all of it --- */

int gp_merge_join(struct gp_merging *m, struct gp_inputs *in, struct gp_err *err)
{
	struct gp_runfile *rf = &in->driver.rf;
	struct gp_merge_facts facts = { m->half[0].version, m->half[1].version, m->half[1].kind == GP_KIND_GUEST,
					in->driver.has_kernel_open };
	char *name;

	/* The manifest first: it says which of the two names what is missing. */
	if (join_manifest(m, in, err) < 0 || put_members(m, in, err) < 0 || join_texts(m, in, err) < 0 ||
	    gp_driver_look_again(&in->driver, err) < 0)
		return -1;
	/* What `verify` would find: one may be too old for the other, or not whole in itself. */
	gp_inspect(&in->driver, &in->warnings);
	m->nneed = gp_merge_needs(gp_catalog_merge(&in->catalog), &facts, m->need, GP_MERGE_NEEDS);
	m->nneed = m->nneed < GP_MERGE_NEEDS ? m->nneed : GP_MERGE_NEEDS;
	name = gp_merged_name(rf->header.targetdir, in->driver.version.text);
	free(rf->header.targetdir);
	rf->header.targetdir = name;
	return m->sources ? store_sources(m, rf, err) : 0;
}
