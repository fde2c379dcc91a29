/* SPDX-License-Identifier: MIT */
#include "ops/input/archive.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "ops/run/libarchive.h"
#include "ops/run/runfile.h"

#define BLOCK (256u << 10)

struct gp_archive {
	struct archive *a;
	const char *name;
	int fd;
	uint64_t off, size;
	struct gp_archive *outer; /* instead of fd, or NULL */
	size_t n;                 /* members so far */
	struct gp_err src_err;    /* what the source said, when it failed */
	const volatile sig_atomic_t *cancel;
	const struct gp_progress *progress;
	char block[BLOCK];
};

static const char *const KIND[] = { "zip", "ar archive", "tar", "rpm" };

/* --- where bytes come from --- */

static la_ssize_t read_block(struct archive *la, void *arg, const void **buf)
{
	struct gp_archive *a = arg;
	ssize_t n = gp_check_cancel(a->cancel, &a->src_err) < 0 ? -1 :
		    a->outer ? gp_archive_read(a->outer, a->block, BLOCK, &a->src_err) :
			       gp_pread(a->fd, a->block, BLOCK, a->off, a->name, &a->src_err);

	*buf = a->block;
	if (n < 0)
		archive_set_error(la, -1, "source");
	else
		a->off += (uint64_t)n;
	if (n >= 0 && !a->outer)
		gp_progress_tell(a->progress, GP_PHASE_UNPACK, a->off, a->size);
	return n;
}

static la_int64_t seek_to(struct archive *la, void *arg, la_int64_t off, int whence)
{
	struct gp_archive *a = arg;
	int64_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? (int64_t)a->off : (int64_t)a->size, to;

	if (__builtin_add_overflow(from, off, &to) || to < 0 || (uint64_t)to > a->size) {
		archive_set_error(la, -1, "it points outside of itself");
		return ARCHIVE_FATAL;
	}
	a->off = (uint64_t)to;
	return to;
}

static int fail(struct gp_archive *a, const char *kind, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *what = gp_asprintf("'%s': damaged or cut off %s", a->name, kind);
	const char *text = archive_error_string(a->a);

	if (a->src_err.code) {
		if (err)
			*err = a->src_err;
		return -1;
	}
	/* Its cpio reader calls a link of a megabyte a lack of memory. */
	if (text && strncmp(text, "Rejecting malformed", 19) == 0)
		return gp_fail(err, GP_E_FORMAT, "%s: %s", what, text);
	/* Sound, but of a method that it does not know: Deflate64 of Windows, AES. */
	if (text && strncmp(text, "Unsupported ", 12) == 0)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'%s' cannot be unpacked here: %s; unpack it by another tool, and give what is in it",
			       a->name, text);
	/* And of an rpm's inner lengths that are wrong it says nothing at all. */
	if (!text && !archive_errno(a->a))
		return gp_fail(err, GP_E_FORMAT, "%s", what);
	return gp_libarchive_fail(a->a, GP_E_FORMAT, what, err);
}

/* --- opening --- */

/* A filter that libarchive would start a program for says ARCHIVE_WARN, and then
 * what it is for is as unknown as any other. */
static bool support_filters(struct archive *a, bool rpm)
{
	return (!rpm || archive_read_support_filter_rpm(a) == ARCHIVE_OK) &&
	       archive_read_support_filter_gzip(a) == ARCHIVE_OK &&
	       archive_read_support_filter_bzip2(a) == ARCHIVE_OK && archive_read_support_filter_xz(a) == ARCHIVE_OK &&
	       archive_read_support_filter_lzma(a) == ARCHIVE_OK && archive_read_support_filter_zstd(a) == ARCHIVE_OK;
}

static bool support(struct archive *a, enum gp_archive_kind kind)
{
	switch (kind) {
	case GP_ARCHIVE_ZIP: return archive_read_support_format_zip_seekable(a) == ARCHIVE_OK;
	case GP_ARCHIVE_AR: return archive_read_support_format_ar(a) == ARCHIVE_OK;
	case GP_ARCHIVE_TAR: return support_filters(a, false) && archive_read_support_format_tar(a) == ARCHIVE_OK;
	case GP_ARCHIVE_RPM: return support_filters(a, true) && archive_read_support_format_cpio(a) == ARCHIVE_OK;
	}
	return false;
}

static struct gp_archive *open_it(struct gp_archive *a, enum gp_archive_kind kind, struct gp_err *err)
{
	a->a = archive_read_new();
	if (!a->a)
		gp_oom();
	archive_read_set_read_callback(a->a, read_block);
	archive_read_set_callback_data(a->a, a);
	if (!a->outer)
		archive_read_set_seek_callback(a->a, seek_to);
	if (!support(a->a, kind))
		gp_fail(err, GP_E_SYSTEM, "libarchive was built without what a %s needs", KIND[kind]);
	else if (archive_read_open1(a->a) != ARCHIVE_OK)
		fail(a, KIND[kind], err);
	else
		return a;
	gp_archive_close(a);
	return NULL;
}

struct gp_archive *gp_archive_open(int fd, const char *name, enum gp_archive_kind kind, struct gp_err *err)
{
	struct gp_archive *a;
	struct stat st;

	if (gp_libarchive_load(err) < 0)
		return NULL;
	if (fstat(fd, &st) < 0) {
		gp_fail_sys(err, errno, "cannot read '%s'", name);
		return NULL;
	}
	a = gp_alloc(sizeof(*a));
	a->name = name;
	a->fd = fd;
	a->size = (uint64_t)st.st_size;
	return open_it(a, kind, err);
}

struct gp_archive *gp_archive_open_within(struct gp_archive *outer, enum gp_archive_kind kind, struct gp_err *err)
{
	struct gp_archive *a = gp_alloc(sizeof(*a));

	a->name = outer->name;
	a->outer = outer;
	a->fd = -1;
	return open_it(a, kind, err);
}

void gp_archive_watch(struct gp_archive *a, const volatile sig_atomic_t *cancel, const struct gp_progress *progress)
{
	a->cancel = cancel;
	a->progress = progress;
}

void gp_archive_close(struct gp_archive *a)
{
	if (!a)
		return;
	if (a->a)
		archive_read_free(a->a);
	free(a);
}

/* --- reading --- */

int gp_archive_next(struct gp_archive *a, struct archive_entry **entry, struct gp_err *err)
{
	int rc = archive_read_next_header(a->a, entry);

	if (rc == ARCHIVE_EOF)
		return a->src_err.code ? fail(a, "archive", err) : 0;
	/* A warning is, for example, a name that is not UTF-8. */
	if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
		return fail(a, "archive", err);
	if (a->n++ >= GP_RUN_MAX_ENTRIES)
		return gp_fail(err, GP_E_FORMAT, "'%s' has more than %u members", a->name, GP_RUN_MAX_ENTRIES);
	return 1;
}

ssize_t gp_archive_read(struct gp_archive *a, void *buf, size_t cap, struct gp_err *err)
{
	la_ssize_t n = archive_read_data(a->a, buf, cap);

	return n < 0 ? fail(a, "archive", err) : n;
}

static int put(const struct gp_archive_copy *c, const void *p, size_t n, struct gp_err *err)
{
	struct gp_err why = { 0 };

	if (gp_check_cancel(c->cancel, err) < 0)
		return -1;
	return gp_write_fd(c->to, p, n, "", &why) < 0 ? gp_fail_sys(err, why.sys, "cannot write %s", c->to_name) : 0;
}

int gp_archive_copy(struct gp_archive *a, const struct gp_archive_copy *c, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	uint64_t done = c->head.len;
	ssize_t n;

	if (put(c, c->head.p, c->head.len, err) < 0)
		return -1;
	while ((n = gp_archive_read(a, block, BLOCK, err)) > 0) {
		if ((uint64_t)n > c->size - done)
			return gp_fail(err, GP_E_FORMAT, "'%s': damaged archive: a member is longer than it says",
				       a->name);
		if (put(c, block, (size_t)n, err) < 0)
			return -1;
		done += (uint64_t)n;
		gp_progress_tell(c->progress, GP_PHASE_UNPACK, done, c->size);
	}
	if (n < 0)
		return -1;
	return done == c->size ?
		       0 :
		       gp_fail(err, GP_E_FORMAT, "'%s': damaged archive: a member is shorter than it says", a->name);
}
