/* SPDX-License-Identifier: MIT */
#include "ops/input/package.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/fsio.h"
#include "base/path.h"
#include "base/scratch.h"
#include "ops/input/archive.h"
#include "ops/input/unpack.h"
#include "ops/run/libarchive.h"
#include "ops/run/runfile.h"

#define CONTROL_MAX (1u << 20)
#define BLOCK (256u << 10)

/* --- a source file --- */

/* The folder of sources has its name with the first file of it. */
static int begin(struct gp_unpacking *u, struct gp_unpack *to, struct gp_err *err)
{
	*to = (struct gp_unpack){
		.name = u->name, .what = "source", .below = u->package->sources, .cancel = u->cancel
	};
	if (!u->dir)
		u->dir = gp_scratch_dir(&u->lock, err);
	if (!u->dir)
		return -1;
	gp_unpack_begin(to, u->lock);
	return 0;
}

static int store(struct gp_unpacking *u, struct gp_unpack *to, struct gp_archive *a, struct archive_entry *e,
		 const char *path, struct gp_err *err)
{
	if (!u->package->sources)
		return 0;
	if (!to->name && begin(u, to, err) < 0)
		return -1;
	return gp_unpack_member(to, a, e, path, err);
}

/* --- all files --- */

static int take_file(struct gp_unpacking *u, struct gp_unpack *to, struct gp_archive *a, struct archive_entry *e,
		     struct gp_err *err)
{
	const char *name = archive_entry_pathname(e);
	struct gp_package *p = u->package;
	gp_auto(gp_free_ptr) char *path = NULL;

	if (!name)
		return 0;
	/* rpm has them from the root on. */
	name += strspn(name, "/");
	path = gp_path_clean(name, strlen(name), err);
	if (!path)
		return gp_within(err, "'%s'", u->name);
	if (archive_entry_filetype(e) != AE_IFDIR)
		gp_package_note(p, path, (uint64_t)archive_entry_size(e));
	if (p->unpacked > GP_RUN_MAX_UNPACKED)
		return gp_fail(err, GP_E_FORMAT, "'%s' unpacks to more than %llu GiB", u->name,
			       GP_RUN_MAX_UNPACKED >> 30);
	return store(u, to, a, e, path, err);
}

static int take_files(struct gp_unpacking *u, struct gp_archive *a, struct gp_err *err)
{
	struct gp_unpack to = { 0 };
	struct archive_entry *e;
	int rc;

	while ((rc = gp_archive_next(a, &e, err)) > 0)
		if (take_file(u, &to, a, e, err) < 0) {
			rc = -1;
			break;
		}
	if (to.name)
		gp_unpack_end(&to);
	return rc;
}

/* --- .deb --- */

static int read_all(struct gp_archive *a, struct gp_buf *out, struct gp_err *err)
{
	ssize_t n;

	do {
		gp_buf_reserve(out, 65536);
		n = gp_archive_read(a, out->data + out->len, 65536, err);
		if (n < 0)
			return -1;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
	} while (n && out->len <= CONTROL_MAX);
	return n ? gp_fail(err, GP_E_FORMAT, "its control file has more than %u bytes", CONTROL_MAX) : 0;
}

static int take_control(struct gp_unpacking *u, struct gp_archive *outer, struct gp_err *err)
{
	struct gp_archive *a = gp_archive_open_within(outer, GP_ARCHIVE_TAR, err);
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct archive_entry *e;
	int rc = a ? 0 : -1;

	while (rc == 0 && !text.len && (rc = gp_archive_next(a, &e, err)) > 0) {
		const char *name = archive_entry_pathname(e);

		rc = name && strcmp(gp_path_base(name), "control") == 0 ? read_all(a, &text, err) : 0;
	}
	gp_archive_close(a);
	if (rc < 0)
		return -1;
	return gp_package_control(u->package, gp_buf_str(&text), err) < 0 ? gp_within(err, "'%s'", u->name) : 0;
}

static int take_data(struct gp_unpacking *u, struct gp_archive *outer, struct gp_err *err)
{
	struct gp_archive *a = gp_archive_open_within(outer, GP_ARCHIVE_TAR, err);
	int rc = a ? take_files(u, a, err) : -1;

	gp_archive_close(a);
	return rc;
}

/* Source: deb(5). */
static int take_deb(struct gp_unpacking *u, struct gp_archive *a, struct gp_err *err)
{
	bool control = false, data = false;
	struct archive_entry *e;
	int rc;

	while ((rc = gp_archive_next(a, &e, err)) > 0) {
		const char *name = archive_entry_pathname(e);
		bool is_control = name && strncmp(name, "control.tar", 11) == 0;
		bool is_data = name && strncmp(name, "data.tar", 8) == 0;

		if ((is_control && take_control(u, a, err) < 0) || (is_data && take_data(u, a, err) < 0))
			return -1;
		control |= is_control;
		data |= is_data;
	}
	if (rc == 0 && (!control || !data))
		return gp_fail(err, GP_E_FORMAT, "'%s': damaged or cut off .deb: it has no %s", u->name,
			       control ? "data.tar" : "control.tar");
	return rc;
}

/* --- .rpm --- */

/* libarchive passes over the sums. */
static int check_payload(const struct gp_unpacking *u, const struct gp_rpm *r, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	struct gp_hash *hash = gp_hash_new(GP_HASH_SHA256);
	char sum[GP_SHA256_HEX];
	uint64_t off = r->payload_off;
	ssize_t n = 0;

	while (gp_check_cancel(u->cancel, err) == 0 && (n = gp_pread(u->fd, block, BLOCK, off, u->name, err)) > 0) {
		gp_hash_add(hash, block, (size_t)n);
		off += (uint64_t)n;
	}
	gp_hash_hex(hash, sum);
	gp_hash_free(hash);
	if (n != 0 || gp_check_cancel(u->cancel, err) < 0)
		return -1;
	return !*r->sha256 || strcmp(sum, r->sha256) == 0 ?
		       0 :
		       gp_fail(err, GP_E_FORMAT, "'%s': damaged or cut off: the SHA-256 of its payload is another one",
			       u->name);
}

static int read_rpm_head(struct gp_unpacking *u, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf head = { 0 };
	struct gp_rpm r;
	struct stat st;
	size_t want;
	ssize_t n;

	if (fstat(u->fd, &st) < 0)
		return gp_fail_sys(err, errno, "cannot read '%s'", u->name);
	want = (uint64_t)st.st_size < GP_RPM_HEAD_MAX ? (size_t)st.st_size : GP_RPM_HEAD_MAX;
	gp_buf_reserve(&head, want);
	n = gp_pread(u->fd, head.data, want, 0, u->name, err);
	if (n < 0)
		return -1;
	if (gp_package_rpm(u->package, (struct gp_str){ head.data, (size_t)n }, &r, err) < 0)
		return gp_within(err, "'%s'", u->name);
	return check_payload(u, &r, err);
}

/* --- either --- */

static int take(struct gp_unpacking *u, struct gp_err *err)
{
	bool deb = u->kind == GP_PACKAGE_DEB;
	struct gp_archive *a;
	int rc;

	if (!deb && read_rpm_head(u, err) < 0)
		return -1;
	a = gp_archive_open(u->fd, u->name, deb ? GP_ARCHIVE_AR : GP_ARCHIVE_RPM, err);
	if (!a)
		return -1;
	gp_archive_watch(a, u->cancel, u->progress);
	rc = deb ? take_deb(u, a, err) : take_files(u, a, err);
	gp_archive_close(a);
	return rc;
}

static int judge(const struct gp_unpacking *u, struct gp_err *err)
{
	const struct gp_package *p = u->package;

	if (p->more_sources)
		return gp_fail(err, GP_E_UNSUPPORTED,
			       "'%s' has sources of several drivers in usr/src, '%s' and another", u->name, p->sources);
	if (p->sources || p->driver || p->host)
		return 0;
	return gp_fail(err, GP_E_UNSUPPORTED, "'%s' is %s (%s %s), and no driver of NVIDIA's is in it", u->name,
		       gp_package_kind_name(u->kind), p->name, p->version);
}

int gp_package_unpack(struct gp_unpacking *u, struct gp_err *err)
{
	u->package = gp_alloc(sizeof(*u->package));
	u->package->kind = u->kind;
	u->dir = NULL;
	u->lock = -1;
	if (take(u, err) == 0 && judge(u, err) == 0)
		return 0;
	if (u->dir)
		gp_remove_tree(u->dir);
	if (u->lock >= 0)
		close(u->lock);
	free(u->dir);
	gp_package_free(u->package);
	u->dir = NULL;
	u->lock = -1;
	u->package = NULL;
	return -1;
}
