/* SPDX-License-Identifier: MIT */
#include "ops/repack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fsio.h"
#include "base/text.h"
#include "ops/libarchive.h"
#include "ops/payload.h"

#define BLOCK (256u << 10)
#define TAR_RECORD 10240u /* GNU tar's blocking factor 20 */

/* The output file: everything behind line 3 also goes into the sums. */
struct writer {
	struct gp_outfile file;
	struct gp_cksum crc;
	struct gp_hash *md5;
	uint64_t size;
	const volatile sig_atomic_t *cancel;
};

static int writer_put(void *arg, const void *p, size_t len, struct gp_err *err)
{
	struct writer *w = arg;

	if (gp_check_cancel(w->cancel, err) < 0)
		return -1;
	gp_cksum_add(&w->crc, p, len);
	gp_hash_add(w->md5, p, len);
	w->size += len;
	return gp_write_fd(w->file.fd, p, len, w->file.path, err);
}

static int writer_stub(struct writer *w, const struct gp_buf *stub, const struct gp_stub_sums *sums,
		       struct gp_err *err)
{
	if (gp_write_fd(w->file.fd, stub->data, (size_t)sums->sums_off, w->file.path, err) < 0)
		return -1;
	w->size = sums->sums_off;
	return writer_put(w, stub->data + sums->sums_off, stub->len - (size_t)sums->sums_off, err);
}

/* The sums stand before what they cover, so they are filled in last. */
static int writer_sums(struct writer *w, const struct gp_stub_sums *sums, struct gp_err *err)
{
	char crc[16], md5[GP_MD5_HEX];
	int n = snprintf(crc, sizeof(crc), "%lu", (unsigned long)gp_cksum_value(&w->crc));

	gp_hash_hex(w->md5, md5);
	if (gp_pwrite_fd(w->file.fd, crc, (size_t)n, sums->crc_off, w->file.path, err) < 0)
		return -1;
	return gp_pwrite_fd(w->file.fd, md5, 32, sums->md5_off, w->file.path, err);
}

/* Members as libarchive's GNU tar writer makes them, without the end-of-archive
 * blocks that it adds when it is closed. */
struct member_sink {
	struct gp_encoder *enc;
	uint64_t *plain;
	bool complete;         /* the member is: what follows is dropped */
	struct gp_err *err;
};

static la_ssize_t member_bytes(struct archive *a, void *arg, const void *p, size_t len)
{
	struct member_sink *s = arg;

	if (s->complete)
		return (la_ssize_t)len;
	if (gp_encoder_write(s->enc, p, len, s->err) < 0) {
		archive_set_error(a, -1, "write");
		return -1;
	}
	*s->plain += len;
	return (la_ssize_t)len;
}

/* What a member that we write is: a file, or a directory (data NULL). */
struct member {
	const char *path;
	unsigned mode;
	int64_t mtime;
	const struct gp_buf *data;
};

static struct archive_entry *member_header(const struct gp_tree *t, const struct member *m)
{
	struct archive_entry *ae = archive_entry_new();
	gp_auto(gp_free_ptr) char *name = gp_asprintf("%s%s%s", t->rf->dot_slash ? "./" : "", m->path,
						      m->data ? "" : "/");

	archive_entry_set_pathname(ae, name);
	archive_entry_set_filetype(ae, m->data ? AE_IFREG : AE_IFDIR);
	archive_entry_set_perm(ae, m->mode);
	archive_entry_set_size(ae, m->data ? (la_int64_t)m->data->len : 0);
	archive_entry_set_mtime(ae, m->mtime, 0);
	archive_entry_set_uid(ae, 0);
	archive_entry_set_gid(ae, 0);
	return ae;
}

static int put_member(const struct gp_tree *t, const struct member *m, struct member_sink *sink)
{
	static const struct gp_buf none = { 0 };
	const struct gp_buf *data = m->data ? m->data : &none;
	struct archive *a = archive_write_new();
	struct archive_entry *ae = member_header(t, m);
	int rc = 0;

	sink->complete = false;
	archive_write_set_format_gnutar(a);
	archive_write_set_bytes_per_block(a, 0); /* hand on at once, unpadded */
	if (archive_write_open(a, sink, NULL, member_bytes, NULL) != ARCHIVE_OK ||
	    archive_write_header(a, ae) < ARCHIVE_WARN ||
	    (data->len && archive_write_data(a, data->data, data->len) != (la_ssize_t)data->len) ||
	    archive_write_finish_entry(a) < ARCHIVE_WARN)
		rc = sink->err->code ? -1 : gp_fail(sink->err, GP_E_BUG, "libarchive cannot write '%s': %s",
						    m->path, archive_error_string(a));
	archive_entry_free(ae);
	sink->complete = true;
	archive_write_free(a);
	return rc;
}

static int put_file(const struct gp_tree *t, const struct gp_tfile *f, int64_t mtime, struct member_sink *sink)
{
	const struct gp_entry *old = gp_runfile_find(t->rf, f->path);
	struct member m = { f->path, f->mode, old ? old->mtime : mtime, &f->now.mem };

	return put_member(t, &m, sink);
}

struct copier {
	struct gp_src src;
	uint64_t pos;          /* in the old plain tar */
	char *block;
	struct gp_encoder *enc;
	uint64_t plain;        /* bytes of the new plain tar */
};

/* Move to plain offset `to`, copying or dropping what lies before it. */
static int copier_go(struct copier *c, uint64_t to, bool copy, struct gp_err *err)
{
	while (c->pos < to) {
		size_t want = to - c->pos < BLOCK ? (size_t)(to - c->pos) : BLOCK;
		ssize_t n = c->src.read(c->src.arg, c->block, want, err);

		if (n < 0)
			return -1;
		if (n == 0)
			return gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
		c->pos += (uint64_t)n;
		if (!copy)
			continue;
		if (gp_encoder_write(c->enc, c->block, (size_t)n, err) < 0)
			return -1;
		c->plain += (uint64_t)n;
	}
	return 0;
}

static const struct gp_tfile *change_of(const struct gp_tree *t, const struct gp_entry *e)
{
	size_t i;

	if (!gp_map_get(&t->index, e->path, &i) || t->file[i].state == GP_TFILE_SAME)
		return NULL;
	return &t->file[i];
}

/* A hard link to a file that changes keeps the old content, as it would on a
 * disk where patch(1) replaces the one name: it becomes a file. */
static int put_old_link(const struct gp_tree *t, const struct gp_entry *e, struct member_sink *sink)
{
	const struct gp_entry *file = gp_runfile_resolve(t->rf, e);

	if (!file || !file->kept)
		return gp_fail(sink->err, GP_E_UNSUPPORTED, "'%s' is a hard link to a file that changes", e->path);
	return put_member(t, &(struct member){ e->path, file->mode, file->mtime, &file->data }, sink);
}

static bool loses_its_file(const struct gp_tree *t, const struct gp_entry *e)
{
	/* Bounded: links of superseded names can point at each other. */
	for (size_t i = 0; i < t->rf->n && e && e->type == GP_ENTRY_HARDLINK;
	     i++, e = gp_runfile_find(t->rf, e->link)) {
		const struct gp_entry *to = gp_runfile_find(t->rf, e->link);

		if (to && change_of(t, to))
			return true;
	}
	return false;
}

static int copy_members(const struct gp_tree *t, struct copier *c, struct member_sink *sink, struct gp_err *err)
{
	for (size_t i = 0; i < t->rf->n; i++) {
		const struct gp_entry *e = &t->rf->entry[i];
		const struct gp_tfile *f = change_of(t, e);
		bool orphan = !f && loses_its_file(t, e);

		if (copier_go(c, e->end, !f && !orphan, err) < 0)
			return -1;
		if (orphan && put_old_link(t, e, sink) < 0)
			return -1;
		/* Of several members of one name the last one wins: change that one. */
		if (f && f->state == GP_TFILE_CHANGED && !e->superseded && put_file(t, f, 0, sink) < 0)
			return -1;
	}
	return 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp((*(const struct gp_tfile *const *)a)->path, (*(const struct gp_tfile *const *)b)->path);
}

/* Directories that no member made: with members of their own their mode does
 * not depend on the umask of whoever unpacks. */
static int put_parents(const struct gp_tree *t, const char *path, int64_t mtime, struct gp_map *made,
		       struct member_sink *sink)
{
	gp_auto(gp_free_ptr) char *p = gp_strdup(path);

	for (char *slash = strchr(p, '/'); slash; slash = strchr(slash + 1, '/')) {
		struct member m = { p, 0755, mtime, NULL };

		*slash = '\0';
		if (!gp_runfile_find(t->rf, p) && !gp_map_get(made, p, NULL)) {
			gp_map_put(made, p, 0);
			if (put_member(t, &m, sink) < 0)
				return -1;
		}
		*slash = '/';
	}
	return 0;
}

static int add_members(const struct gp_tree *t, int64_t mtime, struct member_sink *sink)
{
	gp_auto(gp_free_ptr) const struct gp_tfile **list = gp_alloc((t->n + 1) * sizeof(*list));
	gp_auto(gp_map_release) struct gp_map made = { 0 };
	size_t n = 0;

	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state == GP_TFILE_NEW)
			list[n++] = &t->file[i];
	qsort(list, n, sizeof(*list), by_path);
	for (size_t i = 0; i < n; i++)
		if (put_parents(t, list[i]->path, mtime, &made, sink) < 0 ||
		    put_file(t, list[i], mtime, sink) < 0)
			return -1;
	return 0;
}

/* Two zero blocks, then zeros to a full record, as GNU tar does. */
static int end_archive(struct copier *c, struct gp_err *err)
{
	uint64_t end = (c->plain + 1024 + TAR_RECORD - 1) / TAR_RECORD * TAR_RECORD;

	memset(c->block, 0, BLOCK);
	return gp_encoder_write(c->enc, c->block, (size_t)(end - c->plain), err);
}

static int write_payload(const struct gp_tree *t, const struct gp_repack *o, struct gp_encoder *enc,
			 struct gp_err *err)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	struct gp_plain *p = gp_plain_open((struct gp_runfile *)t->rf, err);
	struct copier c = { .block = block, .enc = enc };
	struct gp_err own = { 0 };
	struct member_sink sink = { .enc = enc, .plain = &c.plain, .err = err ? err : &own };
	int rc = -1;

	if (!p)
		return -1;
	c.src = gp_plain_src(p);
	if (copy_members(t, &c, &sink, err) == 0 && add_members(t, o->new_mtime, &sink) == 0 &&
	    end_archive(&c, err) == 0)
		rc = gp_encoder_finish(enc, err);
	gp_plain_close(p);
	return rc;
}

/* For --info: what `du -Lks --apparent-size` would say, roughly: all files. */
static uint64_t unpacked_kb(const struct gp_tree *t)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < t->rf->n; i++)
		if (!t->rf->entry[i].superseded && t->rf->entry[i].type == GP_ENTRY_FILE &&
		    !change_of(t, &t->rf->entry[i]))
			bytes += t->rf->entry[i].size;
	for (size_t i = 0; i < t->n; i++)
		if (t->file[i].state != GP_TFILE_SAME && t->file[i].state != GP_TFILE_DELETED)
			bytes += t->file[i].now.len;
	return (bytes + 1023) / 1024;
}

static int write_all(const struct gp_tree *t, const struct gp_repack *o, struct writer *w,
		     struct gp_repack_report *r, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf stub = { 0 };
	struct gp_stub_edit edit = { o->targetdir, o->history, unpacked_kb(t) };
	struct gp_encoder_opts eo = { .threads = o->threads ? o->threads : 1,
				      .xz_check = t->rf->codec_facts.xz_check };
	struct gp_stub_sums sums;
	struct gp_encoder *enc;
	int rc;

	if (gp_runheader_rewrite(&t->rf->header, gp_buf_str(&t->rf->head), &edit, &stub, &sums, err) < 0 ||
	    writer_stub(w, &stub, &sums, err) < 0)
		return -1;
	enc = gp_encoder_new(t->rf->codec, &eo, (struct gp_sink){ writer_put, w }, err);
	if (!enc)
		return -1;
	r->level = gp_encoder_level(t->rf->codec, &eo);
	rc = write_payload(t, o, enc, err);
	gp_encoder_free(enc);
	return rc < 0 ? -1 : writer_sums(w, &sums, err);
}

int gp_repack_write(const struct gp_tree *tree, const struct gp_repack *opts,
		    struct gp_repack_report *report, struct gp_err *err)
{
	struct writer w = { .cancel = tree->rf->cancel };
	int rc;

	*report = (struct gp_repack_report){ .in_size = tree->rf->size, .codec = tree->rf->codec };
	if (gp_outfile_open(&w.file, opts->out, tree->rf->size, err) < 0)
		return -1;
	w.md5 = gp_hash_new(GP_HASH_MD5);
	rc = write_all(tree, opts, &w, report, err);
	if (rc == 0)
		rc = gp_outfile_commit(&w.file, 0755, opts->replace, err);
	report->out_size = w.size;
	gp_hash_free(w.md5);
	gp_outfile_release(&w.file);
	return rc;
}
