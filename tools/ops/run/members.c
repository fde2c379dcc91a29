/* SPDX-License-Identifier: MIT */
#include "ops/run/members.h"

#include <stdlib.h>
#include <string.h>

#include "ops/run/libarchive.h"

#define TAR_RECORD 10240u /* GNU tar's blocking factor 20 */

/* What libarchive's GNU tar writer says, without the end-of-archive blocks that
 * it adds when it is closed. */
struct writing {
	struct gp_members *m;
	bool complete; /* the member is: what follows is dropped */
	struct gp_err *err;
};

static la_ssize_t member_bytes(struct archive *a, void *arg, const void *p, size_t len)
{
	struct writing *w = arg;

	if (w->complete)
		return (la_ssize_t)len;
	if (w->m->sink.write(w->m->sink.arg, p, len, w->err) < 0) {
		archive_set_error(a, -1, "write");
		return -1;
	}
	w->m->plain += len;
	return (la_ssize_t)len;
}

/* What a member that we write is: a file, or a directory (data NULL). */
struct member {
	const char *path;
	unsigned mode;
	int64_t mtime;
	const struct gp_str *data;
};

static struct archive_entry *member_header(const struct gp_runfile *rf, const struct member *m)
{
	struct archive_entry *ae = archive_entry_new();
	gp_auto(gp_free_ptr) char *name = gp_asprintf("%s%s%s", rf->dot_slash ? "./" : "", m->path, m->data ? "" : "/");

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

static int put(struct gp_members *ms, const struct member *m, struct gp_err *err)
{
	static const struct gp_str none = { "", 0 };
	const struct gp_str *data = m->data ? m->data : &none;
	struct gp_err own = { 0 };
	struct writing w = { .m = ms, .err = err ? err : &own };
	gp_auto(gp_free_ptr) char *what = gp_asprintf("libarchive cannot write '%s'", m->path);
	struct archive_entry *ae;
	struct archive *a;
	int rc = 0;

	if (gp_libarchive_load(err) < 0)
		return -1;
	a = archive_write_new();
	if (!a)
		gp_oom();
	ae = member_header(ms->rf, m);

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

int gp_members_put(struct gp_members *m, const struct gp_tfile *f, struct gp_err *err)
{
	const struct gp_entry *old = gp_runfile_find(m->rf, f->path);
	gp_auto(gp_buf_release) struct gp_buf room = { 0 };
	struct gp_str data;

	if (gp_tree_result(m->tree, f, &room, &data, err) < 0)
		return -1;
	return put(m, &(struct member){ f->path, f->mode, old ? old->mtime : m->new_mtime, &data }, err);
}

int gp_members_put_old(struct gp_members *m, const char *path, const struct gp_entry *file, struct gp_err *err)
{
	struct gp_str data = gp_buf_str(&file->data);

	return put(m, &(struct member){ path, file->mode, file->mtime, &data }, err);
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(const struct gp_tfile *const *)a)->path, (*(const struct gp_tfile *const *)b)->path);
}

/* Directories that no member made: with members of their own their mode does
 * not depend on the umask of whoever unpacks. */
static int put_parents(struct gp_members *ms, const char *path, struct gp_map *made, struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);

	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct member m = { p, 0755, ms->new_mtime, NULL };

		*slash = '\0';
		if (!gp_runfile_find(ms->rf, p) && !gp_map_get(made, p, NULL)) {
			gp_map_put(made, p, 0);
			if (put(ms, &m, err) < 0)
				return -1;
		}
		*slash = '/';
	}
	return 0;
}

int gp_members_put_all(struct gp_members *m, bool changed, struct gp_err *err)
{
	const struct gp_tree *t = m->tree;
	gp_auto(gp_free_ptr) const struct gp_tfile **list = gp_alloc((t->n + 1) * sizeof(*list));
	gp_auto(gp_map_release) struct gp_map made = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state == GP_TFILE_NEW || (changed && t->file[i].state == GP_TFILE_CHANGED))
			list[n++] = &t->file[i];
	qsort(list, n, sizeof(*list), by_path);
	for (size_t i = 0; i < n; i++) {
		if (list[i]->state == GP_TFILE_NEW && put_parents(m, list[i]->path, &made, err) < 0)
			return -1;
		if (gp_members_put(m, list[i], err) < 0)
			return -1;
	}
	return 0;
}

int gp_members_end(struct gp_members *m, struct gp_err *err)
{
	static const char zeros[512];
	uint64_t end = (m->plain + 1024 + TAR_RECORD - 1) / TAR_RECORD * TAR_RECORD;

	for (; m->plain < end; m->plain += sizeof(zeros))
		if (m->sink.write(m->sink.arg, zeros, sizeof(zeros), err) < 0)
			return -1;
	return 0;
}
