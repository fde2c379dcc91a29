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

static struct archive_entry *member_header(const struct gp_tarmember *m)
{
	struct archive_entry *ae = archive_entry_new();
	gp_auto(gp_free_ptr) char *name = gp_asprintf("%s%s", m->name, m->data ? "" : "/");

	if (!ae)
		gp_oom();
	archive_entry_set_pathname(ae, name);
	archive_entry_set_filetype(ae, m->data ? AE_IFREG : AE_IFDIR);
	archive_entry_set_perm(ae, m->mode);
	archive_entry_set_size(ae, m->data ? (la_int64_t)m->data->len : 0);
	archive_entry_set_mtime(ae, m->mtime, 0);
	archive_entry_set_uid(ae, 0);
	archive_entry_set_gid(ae, 0);
	return ae;
}

int gp_tarout_put(struct gp_tarout *t, const struct gp_tarmember *m, struct gp_err *err)
{
	static const struct gp_str none = { "", 0 };
	const struct gp_str *data = m->data ? m->data : &none;
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
	    archive_write_header(a, ae) < ARCHIVE_WARN ||
	    (data->len && archive_write_data(a, data->p, data->len) != (la_ssize_t)data->len) ||
	    archive_write_finish_entry(a) < ARCHIVE_WARN)
		rc = w.err->code ? -1 : gp_libarchive_fail(a, GP_E_BUG, what, w.err);
	archive_entry_free(ae);
	w.complete = true;
	archive_write_free(a);
	return rc;
}

int gp_tarout_end(struct gp_tarout *t, struct gp_err *err)
{
	static const char zeros[512];
	uint64_t end = (t->plain + 1024 + TAR_RECORD - 1) / TAR_RECORD * TAR_RECORD;

	for (; t->plain < end; t->plain += sizeof(zeros))
		if (t->sink.write(t->sink.arg, zeros, sizeof(zeros), err) < 0)
			return -1;
	return 0;
}
