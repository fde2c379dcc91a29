/* SPDX-License-Identifier: MIT */
#include "ops/run/runindex.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/cachedir.h"
#include "base/digest.h"
#include "base/wire.h"

/* Of the form below; a change of it is a new one. */
#define MAGIC "gridpatch index 1\n"
#define SUFFIX ".index"
#define FILE_MAX (256ull << 20)
#define DIR_MAX (512ull << 20)
#define PLAIN_MAX (1ull << 30)

/* The installer as far as it is known before anything is decoded. */
static void make_key(const struct gp_runfile *rf, char out[GP_SHA256_HEX])
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	gp_buf_puts(&b, MAGIC);
	gp_wire_put(&b, rf->size);
	gp_wire_put_str(&b, gp_str_of(rf->header.crc));
	gp_wire_put_str(&b, gp_str_of(rf->header.md5));
	gp_wire_put_str(&b, (struct gp_str){ rf->head.data, (size_t)rf->header.payload_off });
	gp_sha256_hex(b.data, b.len, out);
}

static char *file_of(const char *dir, const char *key)
{
	return gp_asprintf("%s/%s" SUFFIX, dir, key);
}

/* --- writing --- */

static void put_text(struct gp_buf *out, const char *s)
{
	gp_wire_put(out, s != NULL);
	gp_wire_put_str(out, gp_str_of(s ? s : ""));
}

static void put_entry(struct gp_buf *out, const struct gp_entry *e)
{
	const uint64_t field[] = {
		e->type, e->mode, e->size, (uint64_t)e->mtime, e->off, e->end, e->kept, e->superseded
	};

	put_text(out, e->path);
	put_text(out, e->link);
	for (size_t i = 0; i < GP_COUNT(field); i++)
		gp_wire_put(out, field[i]);
	gp_wire_put_str(out, gp_buf_str(&e->data));
}

static void put_all(struct gp_buf *out, const struct gp_runfile *rf)
{
	gp_wire_put(out, (uint64_t)rf->codec_facts.xz_check + 1); /* -1: none */
	gp_wire_put(out, rf->dot_slash);
	gp_wire_put(out, rf->tar_end);
	gp_wire_put(out, rf->unpacked);
	put_text(out, rf->no_splice);
	if (!rf->no_splice) {
		gp_splice_save(rf->splice, &rf->cut, out);
		gp_wire_put_str(out, gp_buf_str(&rf->tail));
	}
	gp_wire_put(out, rf->n);
	for (size_t i = 0; i < rf->n; i++)
		put_entry(out, &rf->entry[i]);
}

/* MAGIC, key, SHA-256 of the packed bytes, their plain length, the bytes. */
static void pack(const struct gp_buf *plain, const char *key, struct gp_buf *out)
{
	gp_auto(gp_buf_release) struct gp_buf packed = { 0 };
	char sum[GP_SHA256_HEX];
	size_t n;

	gp_buf_reserve(&packed, ZSTD_compressBound(plain->len));
	n = ZSTD_compress(packed.data, packed.cap, plain->data, plain->len, 1);
	if (ZSTD_isError(n))
		return;
	packed.len = n;
	gp_sha256_hex(packed.data, packed.len, sum);
	gp_buf_puts(out, MAGIC);
	gp_buf_puts(out, key);
	gp_buf_puts(out, sum);
	gp_wire_put(out, plain->len);
	gp_buf_add(out, packed.data, packed.len);
}

void gp_index_store(const struct gp_runfile *rf, const char *dir)
{
	gp_auto(gp_buf_release) struct gp_buf plain = { 0 }, out = { 0 };
	gp_auto(gp_free_ptr) char *path = NULL;
	char key[GP_SHA256_HEX];

	/* The CRC alone does not tell two installers apart. */
	if (!gp_runheader_has_md5(&rf->header))
		return;
	make_key(rf, key);
	put_all(&plain, rf);
	if (plain.len > PLAIN_MAX)
		return;
	pack(&plain, key, &out);
	if (!out.len || out.len > FILE_MAX)
		return;
	path = file_of(dir, key);
	gp_cache_write(path, gp_buf_str(&out), SUFFIX, DIR_MAX);
}

/* --- reading --- */

static char *get_text(struct gp_wire *w)
{
	bool there = gp_wire_get_max(w, 1);
	struct gp_str s = gp_wire_get_str(w);

	if (memchr(s.p, '\0', s.len))
		w->bad = true;
	return there && !w->bad ? gp_strndup(s.p, s.len) : NULL;
}

static void get_entry(struct gp_wire *w, struct gp_entry *e)
{
	struct gp_str data;

	e->path = get_text(w);
	e->link = get_text(w);
	e->type = (enum gp_entry_type)gp_wire_get_max(w, GP_ENTRY_HARDLINK);
	e->mode = (unsigned)gp_wire_get_max(w, 07777);
	e->size = gp_wire_get(w);
	e->mtime = (int64_t)gp_wire_get(w);
	e->off = gp_wire_get(w);
	e->end = gp_wire_get(w);
	e->kept = gp_wire_get_max(w, 1);
	e->superseded = gp_wire_get_max(w, 1);
	data = gp_wire_get_str(w);
	if (e->kept)
		gp_buf_add(&e->data, data.p, data.len);
	if (!e->path || e->end < e->off || (e->kept && e->data.len != e->size) ||
	    (e->type >= GP_ENTRY_SYMLINK) != (e->link != NULL))
		w->bad = true;
}

static void get_entries(struct gp_wire *w, struct gp_runfile *rf)
{
	uint64_t n = gp_wire_get_max(w, GP_RUN_MAX_ENTRIES);

	for (uint64_t i = 0; i < n && !w->bad; i++) {
		GP_GROW(rf->entry, rf->n, rf->cap);
		rf->entry[rf->n] = (struct gp_entry){ 0 };
		get_entry(w, &rf->entry[rf->n++]);
		if (!w->bad)
			gp_map_put(&rf->index, rf->entry[rf->n - 1].path, rf->n - 1);
	}
	if (!rf->n || w->rest.len)
		w->bad = true;
}

static bool get_all(struct gp_wire *w, struct gp_runfile *rf)
{
	struct gp_str tail;

	rf->codec_facts.xz_check = (int)gp_wire_get_max(w, 16) - 1;
	rf->codec_facts.check = gp_xz_check_name(rf->codec_facts.xz_check);
	rf->dot_slash = gp_wire_get_max(w, 1);
	rf->tar_end = gp_wire_get(w);
	rf->unpacked = gp_wire_get_max(w, GP_RUN_MAX_UNPACKED);
	rf->no_splice = get_text(w);
	if (!rf->no_splice) {
		rf->splice = w->bad ? NULL : gp_splice_load(rf->codec, &rf->cut, w);
		tail = gp_wire_get_str(w);
		gp_buf_add(&rf->tail, tail.p, tail.len);
		if (!rf->splice || rf->cut.packed > rf->size - rf->header.payload_off ||
		    rf->cut.plain + rf->tail.len != rf->tar_end)
			return false;
	}
	get_entries(w, rf);
	return !w->bad;
}

static bool unpack(struct gp_str file, const char *key, struct gp_buf *plain)
{
	size_t magic = sizeof(MAGIC) - 1, hex = GP_SHA256_HEX - 1;
	char sum[GP_SHA256_HEX];
	struct gp_wire w;
	uint64_t len;
	size_t n;

	if (file.len < magic + 2 * hex + 8 || memcmp(file.p, MAGIC, magic) != 0 ||
	    memcmp(file.p + magic, key, hex) != 0)
		return false;
	w = (struct gp_wire){ .rest = { file.p + magic + 2 * hex, file.len - magic - 2 * hex } };
	len = gp_wire_get_max(&w, PLAIN_MAX);
	gp_sha256_hex(w.rest.p, w.rest.len, sum);
	if (w.bad || memcmp(sum, file.p + magic + hex, hex) != 0)
		return false;
	gp_buf_reserve(plain, (size_t)len);
	n = ZSTD_decompress(plain->data, (size_t)len, w.rest.p, w.rest.len);
	if (ZSTD_isError(n) || n != len)
		return false;
	plain->len = n;
	return true;
}

static bool has_all(const struct gp_runfile *rf, const struct gp_keep *keep)
{
	for (size_t i = 0; i < rf->n; i++) {
		const struct gp_entry *e = &rf->entry[i];

		if (e->type == GP_ENTRY_FILE && !e->superseded && !e->kept && keep->want(keep->arg, e->path, e->size))
			return false;
	}
	return true;
}

bool gp_index_load(struct gp_runfile *rf, const char *dir, const struct gp_keep *keep)
{
	gp_auto(gp_buf_release) struct gp_buf file = { 0 }, plain = { 0 };
	gp_auto(gp_free_ptr) char *path = NULL;
	char key[GP_SHA256_HEX];
	struct gp_wire w;

	if (!gp_runheader_has_md5(&rf->header))
		return false;
	make_key(rf, key);
	path = file_of(dir, key);
	if (!gp_cache_read(path, FILE_MAX, &file) || !unpack(gp_buf_str(&file), key, &plain))
		return false;
	w.rest = gp_buf_str(&plain);
	w.bad = false;
	if (!get_all(&w, rf) || !has_all(rf, keep)) {
		gp_runfile_forget(rf);
		return false;
	}
	rf->from_index = true;
	return true;
}
