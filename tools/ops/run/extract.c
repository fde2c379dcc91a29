/* SPDX-License-Identifier: MIT */
/*
 * Unpack as `sh RUN -x` does: the stub pipes the tar into `tar xvf -` and then
 * runs `chown -Rf` to the caller. So modes are the archive's own for root and
 * pass the umask for everybody else, times are the archive's, owner is the
 * caller; and root's chown takes setuid and setgid off files.
 * Source: makeself.sh 1.6.0-nv4, UnTAR() and the lines after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "base/progress.h"
#include "ops/run/libarchive.h"
#include "ops/run/payload.h"
#include "ops/run/runfile.h"
#include "ops/run/tarsrc.h"

static int disk_fail(struct archive *disk, const char *path, struct gp_err *err)
{
	const char *text = archive_error_string(disk);
	int sys = archive_errno(disk);

	if (sys > 0)
		return gp_fail_sys(err, sys, "cannot unpack '%s'", path);
	return gp_fail(err, GP_E_SYSTEM, "cannot unpack '%s': %s", path, text ? text : "unknown error");
}

/* A second pass meets what the first one has judged, or it counts for nothing. */
static int has_changed(struct gp_err *err)
{
	return gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
}

static int copy_data(struct gp_runfile *rf, struct gp_tarsrc *t, struct archive *disk, uint64_t *done,
		     const struct gp_entry *e, struct gp_err *err)
{
	const void *block;
	size_t len;
	la_int64_t off;
	int rc;

	while ((rc = archive_read_data_block(gp_tarsrc_archive(t), &block, &len, &off)) == ARCHIVE_OK) {
		if (off < 0 || (uint64_t)off > e->size || len > e->size - (uint64_t)off)
			return has_changed(err);
		if (archive_write_data_block(disk, block, len, off) < ARCHIVE_OK)
			return disk_fail(disk, e->path, err);
		*done += len;
		gp_progress_tell(rf->progress, GP_PHASE_UNPACK, *done, rf->unpacked);
	}
	return rc == ARCHIVE_EOF ? 0 : gp_tarsrc_fail(t, err);
}

static bool same_link(const struct gp_entry *e, const char *to, bool clean)
{
	gp_auto(gp_free_ptr) char *path = to && clean ? gp_path_clean(to, strlen(to), NULL) : gp_strdup(to ? to : "");

	return e->link && path && strcmp(e->link, path) == 0;
}

static bool same_kind(const struct gp_entry *e, struct archive_entry *ae)
{
	if (archive_entry_hardlink(ae))
		return e->type == GP_ENTRY_HARDLINK && same_link(e, archive_entry_hardlink(ae), true);
	switch (archive_entry_filetype(ae)) {
	case AE_IFREG: return e->type == GP_ENTRY_FILE;
	case AE_IFDIR: return e->type == GP_ENTRY_DIR;
	case AE_IFLNK: return e->type == GP_ENTRY_SYMLINK && same_link(e, archive_entry_symlink(ae), false);
	default: return false;
	}
}

static bool same_member(const struct gp_entry *e, struct archive_entry *ae, const char *path)
{
	return strcmp(e->path, path) == 0 && same_kind(e, ae) && e->size == (uint64_t)archive_entry_size(ae) &&
	       e->mode == ((unsigned)archive_entry_perm(ae) & 07777);
}

static int unpack_member(struct gp_runfile *rf, struct gp_tarsrc *t, struct archive *disk, struct archive_entry *ae,
			 const struct gp_entry *e, uint64_t *done, struct gp_err *err)
{
	archive_entry_copy_pathname(ae, *e->path ? e->path : ".");
	if (e->type == GP_ENTRY_FILE && geteuid() == 0)
		archive_entry_set_perm(ae, archive_entry_perm(ae) & 01777);
	if (archive_write_header(disk, ae) < ARCHIVE_OK)
		return disk_fail(disk, e->path, err);
	if (e->size > 0 && e->type != GP_ENTRY_HARDLINK && copy_data(rf, t, disk, done, e, err) < 0)
		return -1;
	return archive_write_finish_entry(disk) < ARCHIVE_OK ? disk_fail(disk, e->path, err) : 0;
}

/* The scan has refused what leaves the tree; libarchive checks again on disk. */
static int unpack_members(struct gp_runfile *rf, struct gp_tarsrc *t, struct archive *disk, struct gp_err *err)
{
	struct archive_entry *ae;
	uint64_t done = 0;
	size_t n = 0;
	int rc;

	while ((rc = gp_tarsrc_next(t, &ae, err)) > 0) {
		const char *name = archive_entry_pathname(ae);
		gp_auto(gp_free_ptr) char *path = name ? gp_path_clean(name, strlen(name), NULL) : NULL;

		if (!path || n == rf->n || !same_member(&rf->entry[n], ae, path))
			return has_changed(err);
		if (unpack_member(rf, t, disk, ae, &rf->entry[n++], &done, err) < 0)
			return -1;
	}
	return rc == 0 && n < rf->n ? has_changed(err) : rc;
}

static struct archive *disk_new(void)
{
	struct archive *disk = archive_write_disk_new();
	int flags = ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_UNLINK | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
		    ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS;

	if (!disk)
		gp_oom();
	if (geteuid() == 0)
		flags |= ARCHIVE_EXTRACT_PERM;
	archive_write_disk_set_options(disk, flags);
	return disk;
}

/* Every byte was what the first pass has seen. */
static int check_sums(struct gp_plain *p, struct gp_tarsrc *t, struct gp_err *err)
{
	struct gp_err why = { 0 };

	if (gp_tarsrc_drain(t, GP_RUN_MAX_UNPACKED, err) < 0)
		return -1;
	if (gp_plain_check_sums(p, &why) == 0)
		return 0;
	if (why.code == GP_E_FORMAT)
		return has_changed(err);
	if (err)
		*err = why;
	return -1;
}

/* The current directory is the new one while this runs: libarchive writes
 * relative to it, and so no path of the user's is checked for symlinks. */
static int unpack_here(struct gp_runfile *rf, struct gp_err *err)
{
	struct gp_plain *p = gp_plain_open(rf, err);
	struct gp_tarsrc *t;
	struct archive *disk;
	int rc = -1;

	if (p)
		gp_plain_sum(p);
	t = p ? gp_tarsrc_new(gp_plain_src(p), err) : NULL;
	disk = t ? disk_new() : NULL;
	if (disk && unpack_members(rf, t, disk, err) == 0 && check_sums(p, t, err) == 0)
		rc = archive_write_close(disk) == ARCHIVE_OK ? 0 : disk_fail(disk, "directories", err);
	if (disk)
		archive_write_free(disk);
	gp_tarsrc_free(t);
	gp_plain_close(p);
	return rc;
}

static int unpack_in(struct gp_runfile *rf, const struct gp_tmpdir *t, struct gp_err *err)
{
	int back = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = -1;

	if (back < 0)
		return gp_fail_sys(err, errno, "cannot open '.'");
	/* As `mkdir -p` in the stub; a member "./" may set another mode. */
	if (fchmod(t->fd, 0777 & ~gp_umask()) < 0)
		gp_fail_sys(err, errno, "cannot set the mode of '%s'", t->path);
	else if (fchdir(t->fd) < 0)
		gp_fail_sys(err, errno, "cannot enter '%s'", t->path);
	else
		rc = unpack_here(rf, err);
	if (fchdir(back) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot return to '.'");
	close(back);
	return rc;
}

int gp_runfile_extract(struct gp_runfile *rf, const char *dir, struct gp_err *err)
{
	gp_auto(gp_tmpdir_release) struct gp_tmpdir t = { 0 };
	struct gp_err why = { 0 };
	struct stat st;

	if (lstat(dir, &st) == 0)
		return gp_fail(err, GP_E_NO, "'%s' exists already", dir);
	if (errno != ENOENT && errno != ENOTDIR)
		return gp_fail_sys(err, errno, "cannot look at '%s'", dir);
	/* One pass that writes nothing: sums and member names are judged first. */
	if (gp_runfile_scan(rf, NULL, err) < 0 || gp_tmpdir_open(&t, dir, err) < 0)
		return -1;
	if (unpack_in(rf, &t, &why) == 0)
		return gp_tmpdir_commit(&t, err);
	if (err)
		*err = why;
	return why.code == GP_E_FORMAT ? gp_within(err, "'%s'", rf->path) : -1;
}
