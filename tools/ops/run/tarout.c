/* SPDX-License-Identifier: MIT */
#include "ops/run/tarout.h"

#include "ops/run/libarchive.h"

#define TAR_RECORD 10240u /* GNU tar's blocking factor 20 */

/* What libarchive's GNU tar writer says, without the end-of-archive blocks that
 * it adds when it is closed. */
struct writing {
	struct gp_tarout *t;
	bool complete; /* the member is: what follows is dropped */
	struct gp_err *err;
};

static la_ssize_t member_bytes(struct archive *a, void *arg, const void *p, size_t len)
{
	struct writing *w = arg;

	if (w->complete)
		return (la_ssize_t)len;
	if (w->t->sink.write(w->t->sink.arg, p, len, w->err) < 0) {
		archive_set_error(a, -1, "write");
		return -1;
	}
	w->t->plain += len;
	return (la_ssize_t)len;
}

static uint64_t member_size(const struct gp_tarmember *m)
{
	return m->data ? m->data->len : m->size ? *m->size : 0;
}

static struct archive_entry *member_header(const struct gp_tarmember *m)
{
	bool dir = !m->data && !m->size && !m->symlink && !m->hardlink;
	struct archive_entry *ae = archive_entry_new();
	gp_auto(gp_free_ptr) char *name = gp_asprintf("%s%s", m->name, dir ? "/" : "");

	if (!ae)
		gp_oom();
	archive_entry_set_pathname(ae, name);
	archive_entry_set_filetype(ae, dir ? AE_IFDIR : m->symlink ? AE_IFLNK : AE_IFREG);
	if (m->symlink)
		archive_entry_copy_symlink(ae, m->symlink);
	if (m->hardlink)
		archive_entry_copy_hardlink(ae, m->hardlink);
	archive_entry_set_perm(ae, m->mode);
	archive_entry_set_size(ae, (la_int64_t)member_size(m));
	archive_entry_set_mtime(ae, m->mtime, 0);
	archive_entry_set_uid(ae, 0);
	archive_entry_set_gid(ae, 0);
	return ae;
}

static int put_header(struct gp_tarout *t, const struct gp_tarmember *m, struct gp_err *err)
{
	struct gp_err own = { 0 };
	struct writing w = { .t = t, .err = err ? err : &own };
	gp_auto(gp_free_ptr) char *what = gp_asprintf("libarchive cannot write '%s'", m->name);
	struct archive_entry *ae;
	struct archive *a;
	int rc = 0;

	if (gp_libarchive_load(err) < 0)
		return -1;
	a = archive_write_new();
	if (!a)
		gp_oom();
	ae = member_header(m);

	archive_write_set_format_gnutar(a);
	archive_write_set_bytes_per_block(a, 0); /* hand on at once, unpadded */
	if (archive_write_open(a, &w, NULL, member_bytes, NULL) != ARCHIVE_OK ||
	    archive_write_header(a, ae) < ARCHIVE_WARN)
		rc = w.err->code ? -1 : gp_libarchive_fail(a, GP_E_BUG, what, w.err);
	archive_entry_free(ae);
	/* It would write zeros for the data, which we do ourselves. */
	w.complete = true;
	archive_write_free(a);
	return rc;
}

int gp_tarout_put(struct gp_tarout *t, const struct gp_tarmember *m, struct gp_err *err)
{
	if (put_header(t, m, err) < 0)
		return -1;
	if (!m->data)
		return 0;
	return gp_tarout_data(t, m->data->p, m->data->len, err) < 0 ? -1 : gp_tarout_pad(t, err);
}

int gp_tarout_data(struct gp_tarout *t, const void *p, size_t len, struct gp_err *err)
{
	if (!len)
		return 0;
	t->plain += len;
	return t->sink.write(t->sink.arg, p, len, err);
}

/* Every member begins at a multiple of 512 bytes, the archive's first byte being one. */
int gp_tarout_pad(struct gp_tarout *t, struct gp_err *err)
{
	static const char zeros[512];

	return gp_tarout_data(t, zeros, (size_t)((512 - t->plain % 512) % 512), err);
}

int gp_tarout_end(struct gp_tarout *t, struct gp_err *err)
{
	static const char zeros[512];
	uint64_t end = (t->plain + 1024 + TAR_RECORD - 1) / TAR_RECORD * TAR_RECORD;

	while (t->plain < end)
		if (gp_tarout_data(t, zeros, sizeof(zeros), err) < 0)
			return -1;
	return 0;
}
