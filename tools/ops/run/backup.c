/* SPDX-License-Identifier: MIT */
#include "ops/run/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/dirfd.h"
#include "base/fsio.h"
#include "base/outfile.h"
#include "base/path.h"
#include "ops/run/libarchive.h"
#include "ops/tree/tree.h"

#define BLOCK (256u << 10)
#define ITEM_MAX (1 << 30) /* bytes of one file, which is read back */

struct writing {
	const struct gp_disktree *d;
	const char *top;
	const volatile sig_atomic_t *cancel;
	struct archive *a;
	struct gp_outfile f;
	struct gp_hash *hash;
	struct gp_backup *out;
	struct gp_err *err; /* of put() */
	char *block;
};

static la_ssize_t put(struct archive *a, void *arg, const void *p, size_t len)
{
	struct writing *w = arg;

	if (gp_write_fd(w->f.fd, p, len, w->f.path, w->err) < 0) {
		archive_set_error(a, -1, "write");
		return -1;
	}
	gp_hash_add(w->hash, p, len);
	w->out->size += len;
	return (la_ssize_t)len;
}

/* The cause is put()'s, if that failed. Always -1. */
static int failed(struct writing *w, struct gp_err *err)
{
	if (err && err->code)
		return -1;
	return gp_libarchive_fail(w->a, GP_E_SYSTEM, "cannot write", err);
}

static int put_file(struct writing *w, int fd, const char *path, uint64_t size, struct gp_err *err)
{
	uint64_t off = 0;

	for (ssize_t n; off < size; off += (uint64_t)n) {
		size_t want = size - off < BLOCK ? (size_t)(size - off) : BLOCK;

		if (gp_check_cancel(w->cancel, err) < 0)
			return -1;
		n = gp_pread(fd, w->block, want, off, path, err);
		if (n < 0)
			return -1;
		if (n == 0)
			return gp_fail(err, GP_E_SYSTEM, "'%s' changed while it was read", path);
		if (archive_write_data(w->a, w->block, (size_t)n) != (la_ssize_t)n)
			return failed(w, err);
	}
	return 0;
}

static struct archive_entry *entry(const struct writing *w, const char *path, const struct stat *st)
{
	struct archive_entry *e = archive_entry_new();
	gp_auto(gp_free_ptr) char *name =
		gp_asprintf("%s%s%s%s", w->top, *path ? "/" : "", path, S_ISDIR(st->st_mode) ? "/" : "");

	if (!e)
		gp_oom();
	archive_entry_copy_pathname(e, name);
	archive_entry_set_filetype(e, st->st_mode & S_IFMT);
	archive_entry_set_perm(e, st->st_mode & 07777);
	archive_entry_set_size(e, S_ISREG(st->st_mode) ? st->st_size : 0);
	archive_entry_set_mtime(e, st->st_mtim.tv_sec, 0);
	archive_entry_set_uid(e, st->st_uid);
	archive_entry_set_gid(e, st->st_gid);
	return e;
}

static int put_header(struct writing *w, struct archive_entry *e, struct gp_err *err)
{
	int rc = archive_write_header(w->a, e);

	archive_entry_free(e);
	w->out->files++;
	return rc == ARCHIVE_OK ? 0 : failed(w, err);
}

/* Opened, then asked: what it was a moment before does not count. */
static int put_regular(struct writing *w, int dir, const char *name, const char *path, struct gp_err *err)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), rc;
	struct stat st;

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		rc = gp_fail(err, GP_E_SYSTEM, "'%s' changed while it was read", path);
	else if (st.st_size > ITEM_MAX)
		rc = gp_fail(err, GP_E_UNSUPPORTED, "'%s' has %lld bytes: that is no source, move it away", path,
			     (long long)st.st_size);
	else
		rc = put_header(w, entry(w, path, &st), err) < 0 ? -1 :
								   put_file(w, fd, path, (uint64_t)st.st_size, err);
	close(fd);
	return rc;
}

static int put_symlink(struct writing *w, int dir, const char *name, const char *path, const struct stat *st,
		       struct gp_err *err)
{
	struct archive_entry *e;
	char to[PATH_MAX];
	ssize_t n = readlinkat(dir, name, to, sizeof(to) - 1);

	if (n < 0)
		return gp_fail_sys(err, errno, "cannot read '%s'", path);
	to[n] = '\0';
	e = entry(w, path, st);
	archive_entry_copy_symlink(e, to);
	return put_header(w, e, err);
}

static int put_dir(struct writing *w, const char *path, struct gp_err *err);

static int put_thing(struct writing *w, int dir, const char *name, const char *path, struct gp_err *err)
{
	struct stat st;

	if (gp_check_cancel(w->cancel, err) < 0)
		return -1;
	if (strcmp(path, GP_JOURNAL_DIR) == 0)
		return 0; /* ours, and of no use */
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return gp_fail_sys(err, errno, "cannot look at '%s'", path);
	if (S_ISDIR(st.st_mode))
		return put_dir(w, path, err);
	if (S_ISLNK(st.st_mode))
		return put_symlink(w, dir, name, path, &st, err);
	if (S_ISREG(st.st_mode))
		return put_regular(w, dir, name, path, err);
	return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is neither a file nor a directory nor a symlink", path);
}

/* path: "" for all of it. */
static int put_dir(struct writing *w, const char *path, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list names = { 0 };
	int fd = gp_dir_below(w->d->fd, *path ? path : ".", false), rc = 0;
	struct stat st;

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot open directory '%s/%s'", w->d->root, path);
	if (fstat(fd, &st) < 0)
		rc = gp_fail_sys(err, errno, "cannot look at '%s/%s'", w->d->root, path);
	if (rc == 0)
		rc = put_header(w, entry(w, path, &st), err);
	if (rc == 0)
		rc = gp_dir_list_at(fd, *path ? path : w->d->root, &names, err);
	for (size_t i = 0; rc == 0 && i < names.n; i++) {
		gp_auto(gp_free_ptr) char *below = *path ? gp_path_join(path, names.v[i]) : gp_strdup(names.v[i]);

		rc = put_thing(w, fd, names.v[i], below, err);
	}
	close(fd);
	return rc;
}

static int put_all(struct writing *w, struct gp_err *err)
{
	int rc;

	w->a = archive_write_new();
	if (!w->a)
		gp_oom();
	/* A filter that is a program of PATH is none of ours: that is what a warning means. */
	if (archive_write_set_format_gnutar(w->a) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(w->a, 0) != ARCHIVE_OK ||
	    /* else zeros follow the last frame */ archive_write_add_filter_zstd(w->a) != ARCHIVE_OK ||
	    archive_write_open(w->a, w, NULL, put, NULL) != ARCHIVE_OK)
		rc = failed(w, err);
	else
		rc = put_dir(w, "", err) == 0 && archive_write_close(w->a) != ARCHIVE_OK ? failed(w, err) :
		     err && err->code                                                    ? -1 :
											   0;
	archive_write_free(w->a);
	return rc;
}

int gp_backup_write(const struct gp_disktree *d, const char *top, const char *path, const volatile sig_atomic_t *cancel,
		    struct gp_backup *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	struct gp_err own = { 0 };
	struct writing w = { .d = d, .top = top, .cancel = cancel, .out = out, .err = &own, .block = block };
	int rc = -1;

	*out = (struct gp_backup){ .path = gp_strdup(path), .dir = -1 };
	if (gp_libarchive_load(err) < 0 || gp_outfile_open(&w.f, path, 0, err) < 0)
		return -1;
	w.hash = gp_hash_new(GP_HASH_SHA256);
	if (put_all(&w, &own) == 0) {
		out->dir = fcntl(w.f.dir, F_DUPFD_CLOEXEC, 0);
		gp_hash_hex(w.hash, out->sha256);
		/* Sources that others may not read must not be read here. */
		rc = gp_outfile_commit(&w.f, 0600, false, &own);
	}
	gp_hash_free(w.hash);
	gp_outfile_release(&w.f);
	if (rc < 0 && err)
		*err = own;
	return rc < 0 ? gp_within(err, "backup '%s'", path) : 0;
}

void gp_backup_release(struct gp_backup *b)
{
	if (!b || !b->path)
		return;
	if (b->dir >= 0)
		close(b->dir);
	free(b->path);
	*b = (struct gp_backup){ .dir = -1 };
}

void gp_backup_drop(struct gp_backup *b)
{
	if (b->dir >= 0)
		unlinkat(b->dir, gp_path_base(b->path), 0);
}

/* --- reading --- */

static int check_sum(int fd, const char *name, const char *sha256, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	struct gp_hash *h = gp_hash_new(GP_HASH_SHA256);
	char sum[GP_SHA256_HEX];
	uint64_t off = 0;
	ssize_t n;

	while ((n = gp_pread(fd, block, BLOCK, off, name, err)) > 0) {
		gp_hash_add(h, block, (size_t)n);
		off += (uint64_t)n;
	}
	gp_hash_hex(h, sum);
	gp_hash_free(h);
	if (n < 0)
		return -1;
	if (strcmp(sum, sha256) == 0)
		return 0;
	return gp_fail(err, GP_E_FORMAT, "damaged: its SHA-256 is not the one that was written down");
}

struct reading {
	int fd;
	const char *name;
	uint64_t off;
	char *block;
	struct gp_err err;
};

static la_ssize_t get(struct archive *a, void *arg, const void **p)
{
	struct reading *r = arg;
	ssize_t n = gp_pread(r->fd, r->block, BLOCK, r->off, r->name, &r->err);

	if (n < 0)
		archive_set_error(a, -1, "read");
	else
		r->off += (uint64_t)n;
	*p = r->block;
	return n;
}

static int read_data(struct archive *a, uint64_t size, struct gp_buf *out, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	la_ssize_t n;

	if (size > ITEM_MAX)
		return gp_fail(err, GP_E_FORMAT, "a file in it has %llu bytes", (unsigned long long)size);
	gp_buf_puts(out, "");
	while ((n = archive_read_data(a, block, BLOCK)) > 0 && out->len <= size)
		gp_buf_add(out, block, (size_t)n);
	if (n < 0)
		return gp_libarchive_fail(a, GP_E_FORMAT, "cannot be read", err);
	return out->len == size ? 0 : gp_fail(err, GP_E_FORMAT, "a file in it is cut off");
}

static int read_item(struct archive *a, struct archive_entry *e,
		     int (*visit)(void *arg, const struct gp_backup_item *item, struct gp_err *err), void *arg,
		     struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf data = { 0 };
	const char *text = archive_entry_pathname(e), *slash;
	gp_auto(gp_free_ptr) char *path = text ? gp_path_clean(text, strlen(text), err) : NULL;
	struct gp_backup_item item = { .mode = archive_entry_perm(e) & 07777,
				       .uid = (uid_t)archive_entry_uid(e),
				       .gid = (gid_t)archive_entry_gid(e) };

	if (!path)
		return text ? -1 : gp_fail(err, GP_E_FORMAT, "a file in it has no name");
	slash = strchr(path, '/');
	item.path = slash ? slash + 1 : "";
	switch (archive_entry_filetype(e)) {
	case AE_IFDIR: item.node = GP_NODE_DIR; break;
	case AE_IFLNK:
		item.node = GP_NODE_SYMLINK;
		item.data = gp_str_of(archive_entry_symlink(e) ? archive_entry_symlink(e) : "");
		break;
	case AE_IFREG:
		item.node = GP_NODE_FILE;
		if (read_data(a, (uint64_t)archive_entry_size(e), &data, err) < 0)
			return -1;
		item.data = gp_buf_str(&data);
		break;
	default: return gp_fail(err, GP_E_FORMAT, "'%s' in it is no file", path);
	}
	return visit(arg, &item, err);
}

int gp_backup_read(int fd, const char *name, const char *sha256,
		   int (*visit)(void *arg, const struct gp_backup_item *item, struct gp_err *err), void *arg,
		   struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	struct reading r = { .fd = fd, .name = name, .block = block };
	struct archive_entry *e;
	struct archive *a;
	int rc, status = ARCHIVE_FATAL;

	if (check_sum(fd, name, sha256, err) < 0)
		return gp_within(err, "backup '%s'", name);
	if (gp_libarchive_load(err) < 0)
		return -1;
	a = archive_read_new();
	if (!a)
		gp_oom();
	rc = archive_read_support_filter_zstd(a) != ARCHIVE_OK || archive_read_support_format_tar(a) != ARCHIVE_OK ||
			     archive_read_open(a, &r, NULL, get, NULL) != ARCHIVE_OK ?
		     -1 :
		     0;
	while (rc == 0 && (status = archive_read_next_header(a, &e)) == ARCHIVE_OK)
		if (read_item(a, e, visit, arg, err) < 0) {
			archive_read_free(a);
			return -1;
		}
	if (status != ARCHIVE_EOF)
		rc = gp_libarchive_fail(a, GP_E_FORMAT, "cannot be read", err);
	archive_read_free(a);
	return rc < 0 ? gp_within(err, "backup '%s'", name) : 0;
}
