/* SPDX-License-Identifier: MIT */
#include "ops/job/dkmspack.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/progress.h"
#include "ops/run/tarout.h"

static void tell(const struct gp_dkmspack *p, uint64_t *done, size_t more)
{
	*done += more;
	gp_progress_tell(p->progress, GP_PHASE_WRITE, *done, p->total);
}

/* --- a directory --- */

/* Nobody else can have put anything there: its mode is 0700 until it is complete. */
static int put_file(const struct gp_dkmspack *p, int dir, const struct gp_dkmsfile *f, struct gp_str data,
		    struct gp_err *err)
{
	const struct timespec times[2] = { { .tv_sec = p->mtime }, { .tv_sec = p->mtime } };
	int fd = openat(dir, f->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return gp_fail_sys(err, errno, "cannot create '%s'", f->path);
	rc = gp_write_fd(fd, data.p, data.len, f->path, err);
	if (rc == 0 && (fchmod(fd, f->mode) < 0 || futimens(fd, times) < 0))
		rc = gp_fail_sys(err, errno, "cannot write '%s'", f->path);
	if (close(fd) < 0 && rc == 0)
		rc = gp_fail_sys(err, errno, "cannot write '%s'", f->path);
	return rc;
}

static int put_files(const struct gp_dkmspack *p, int dir, struct gp_err *err)
{
	uint64_t done = 0;

	for (size_t i = 0; i < p->files->n; i++) {
		const struct gp_dkmsfile *f = &p->files->v[i];
		struct gp_str data;

		if (gp_check_cancel(p->cancel, err) < 0)
			return -1;
		if (f->dir) {
			if (mkdirat(dir, f->path, 0700) < 0)
				return gp_fail_sys(err, errno, "cannot create '%s'", f->path);
			continue;
		}
		if (gp_dkmsfiles_read(p->tree, f, &data, err) < 0 || put_file(p, dir, f, data, err) < 0)
			return -1;
		tell(p, &done, data.len);
		gp_dkmsfiles_forget(p->tree, f);
	}
	return 0;
}

/* The innermost first: what is put into a directory changes its time. */
static int finish_dirs(const struct gp_dkmspack *p, int dir, struct gp_err *err)
{
	const struct timespec times[2] = { { .tv_sec = p->mtime }, { .tv_sec = p->mtime } };

	for (size_t i = p->files->n; i-- > 0;) {
		const struct gp_dkmsfile *f = &p->files->v[i];

		if (f->dir &&
		    (fchmodat(dir, f->path, f->mode, 0) < 0 || utimensat(dir, f->path, times, AT_SYMLINK_NOFOLLOW) < 0))
			return gp_fail_sys(err, errno, "cannot finish '%s'", f->path);
	}
	if (fchmod(dir, 0755) < 0 || futimens(dir, times) < 0)
		return gp_fail_sys(err, errno, "cannot finish the directory");
	return 0;
}

int gp_dkmspack_dir(const struct gp_dkmspack *p, const struct gp_tmpdir *to, struct gp_err *err)
{
	if (put_files(p, to->fd, err) < 0 || finish_dirs(p, to->fd, err) < 0)
		return gp_within(err, "'%s'", to->path);
	/* Once for all of them. */
	return syncfs(to->fd) == 0 ? 0 : gp_fail_sys(err, errno, "cannot write '%s'", to->path);
}

/* --- an archive --- */

struct packing {
	const struct gp_outfile *to;
	struct gp_encoder *enc;
	struct gp_hash *md5, *sha1, *sha256;
	uint64_t size;
};

static int put_packed(void *arg, const void *data, size_t len, struct gp_err *err)
{
	struct packing *k = arg;

	gp_hash_add(k->md5, data, len);
	gp_hash_add(k->sha1, data, len);
	gp_hash_add(k->sha256, data, len);
	k->size += len;
	return gp_write_fd(k->to->fd, data, len, k->to->path, err);
}

static int put_plain(void *arg, const void *data, size_t len, struct gp_err *err)
{
	return gp_encoder_write(((struct packing *)arg)->enc, data, len, err);
}

static int put_members(const struct gp_dkmspack *p, struct gp_tarout *out, struct gp_err *err)
{
	uint64_t done = 0;

	for (size_t i = 0; i < p->files->n; i++) {
		const struct gp_dkmsfile *f = &p->files->v[i];
		struct gp_tarmember m = { .name = f->path, .mode = f->mode, .mtime = p->mtime };
		struct gp_str data = { "", 0 };

		if (gp_check_cancel(p->cancel, err) < 0 || (!f->dir && gp_dkmsfiles_read(p->tree, f, &data, err) < 0))
			return -1;
		m.data = f->dir ? NULL : &data;
		if (gp_tarout_put(out, &m, err) < 0)
			return -1;
		tell(p, &done, data.len);
		if (!f->dir)
			gp_dkmsfiles_forget(p->tree, f);
	}
	return gp_tarout_end(out, err);
}

static int pack(const struct gp_dkmspack *p, struct packing *k, struct gp_err *err)
{
	const struct gp_encoder_opts eo = { .threads = p->threads ? p->threads : 1, .xz_check = 4 /* CRC64 */ };
	struct gp_tarout out = { { put_plain, k }, 0 };
	int rc = -1;

	k->enc = gp_encoder_new(p->codec, &eo, (struct gp_sink){ put_packed, k }, err);
	if (!k->enc)
		return -1;
	if (put_members(p, &out, err) == 0)
		rc = gp_encoder_finish(k->enc, err);
	gp_encoder_free(k->enc);
	return rc;
}

int gp_dkmspack_tar(const struct gp_dkmspack *p, const struct gp_outfile *to, struct gp_dkmspack_sums *sums,
		    struct gp_err *err)
{
	struct packing k = { .to = to,
			     .md5 = gp_hash_new(GP_HASH_MD5),
			     .sha1 = gp_hash_new(GP_HASH_SHA1),
			     .sha256 = gp_hash_new(GP_HASH_SHA256) };
	int rc = pack(p, &k, err);

	gp_hash_hex(k.md5, sums->md5);
	gp_hash_hex(k.sha1, sums->sha1);
	gp_hash_hex(k.sha256, sums->sha256);
	sums->size = k.size;
	gp_hash_free(k.md5);
	gp_hash_free(k.sha1);
	gp_hash_free(k.sha256);
	return rc;
}
