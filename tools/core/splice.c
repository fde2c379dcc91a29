/* SPDX-License-Identifier: MIT */
#include "core/splice_impl.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Places closer together than this are not told apart: what lies between one
 * and the tar's end is compressed again, and that many bytes cost nothing. A
 * hostile payload cannot fill the memory with them. */
#define SPACING 16384u

struct gp_splice *gp_splice_new(enum gp_codec c)
{
	struct gp_splice *s = gp_alloc(sizeof(*s));

	s->codec = c;
	if (c == GP_CODEC_BZIP2)
		s->why = "bzip2 cannot be gone on with";
	return s;
}

void gp_splice_free(struct gp_splice *s)
{
	if (!s)
		return;
	gp_zstd_release(s);
	free(s->xz.record);
	free(s->cut);
	free(s);
}

void gp_splice_add(struct gp_splice *s, const struct gp_cut *cut)
{
	/* The last one gives way when it is not needed for any end to come, or when
	 * the new one is as close to the one before it. */
	bool needless = s->n && cut->plain <= s->beyond;
	bool close = s->n >= 2 && cut->plain - s->cut[s->n - 2].plain < SPACING;
	/* Where a unit starts its check starts anew, once the decoder gets there. */
	bool needed = s->checking && s->n > s->done && s->cut[s->n - 1].plain == s->cut[s->n - 1].unit_plain;

	if ((needless || close) && !needed) {
		s->cut[s->n - 1] = *cut;
		s->done = s->done < s->n ? s->done : s->n - 1;
		return;
	}
	GP_GROW(s->cut, s->n, s->cap);
	s->cut[s->n++] = *cut;
}

void gp_splice_beyond(struct gp_splice *s, uint64_t plain)
{
	size_t drop = 0;

	s->beyond = plain;
	/* What waits for its check is needed until then. */
	while (drop + 1 < s->n && s->cut[drop + 1].plain <= plain &&
	       (s->codec != GP_CODEC_XZ || !s->checking || drop < s->done))
		drop++;
	if (!drop)
		return;
	memmove(s->cut, s->cut + drop, (s->n - drop) * sizeof(*s->cut));
	s->n -= drop;
	s->done = s->done > drop ? s->done - drop : 0;
}

int gp_splice_cut(const struct gp_splice *s, uint64_t end, struct gp_cut *cut, struct gp_err *err)
{
	const char *why = s->why ? s->why : s->codec == GP_CODEC_XZ ? gp_xz_problem(s) : NULL;

	if (why)
		return gp_fail(err, GP_E_UNSUPPORTED, "%s", why);
	if (s->codec == GP_CODEC_NONE) {
		*cut = (struct gp_cut){ .packed = end, .plain = end };
		return 0;
	}
	for (size_t i = s->n; i-- > 0;)
		if (s->cut[i].plain <= end) {
			*cut = s->cut[i];
			return 0;
		}
	return gp_fail(err, GP_E_UNSUPPORTED, "no block of it ends before the end of the archive");
}

/* --- what the decoder tells --- */

void gp_splice_packed(struct gp_splice *s, const uint8_t *p, size_t len)
{
	s->packed += len;
	if (s->codec == GP_CODEC_XZ && !s->why)
		gp_xz_packed(s, p, len);
}

size_t gp_splice_portion(struct gp_splice *s, const uint8_t *p, size_t len)
{
	size_t n = s->codec == GP_CODEC_ZSTD && !s->why ? gp_zstd_portion(s, p, len) : len;

	s->packed += n;
	return n;
}

void gp_splice_plain(struct gp_splice *s, const uint8_t *p, size_t len)
{
	if (s->codec == GP_CODEC_XZ && !s->why)
		gp_xz_plain(s, p, len);
	else if (s->codec == GP_CODEC_ZSTD && !s->why)
		gp_zstd_plain(s, p, len);
	s->plain += len;
}

void gp_splice_flushed(struct gp_splice *s)
{
	if (s->codec == GP_CODEC_ZSTD && !s->why)
		gp_zstd_flushed(s);
}

/* --- gzip --- */

void gp_splice_member(struct gp_splice *s, uint64_t packed)
{
	s->unit = (struct gp_cut){ .packed = packed, .plain = s->plain };
}

void gp_splice_block(struct gp_splice *s, uint64_t packed, unsigned bits, uint32_t crc)
{
	struct gp_cut c = { .packed = packed, .plain = s->plain, .unit_packed = s->unit.packed,
			    .unit_plain = s->unit.plain, .check = crc, .bits = bits };

	gp_splice_add(s, &c);
}

static void put_le32(struct gp_buf *out, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		gp_buf_putc(out, (char)(v >> 8 * i & 255));
}

/* An empty stored block brings the stream to a byte boundary: the bits 0 (not
 * the last one) and 00 (stored), padding, LEN 0, NLEN ffff. RFC 1951 3.2.4. */
static void align(struct gp_buf *out, uint8_t byte, unsigned bits)
{
	unsigned used = bits ? 8 - bits : 0;

	if (used)
		gp_buf_putc(out, (char)(byte & ((1u << used) - 1)));
	if (!used || used + 3 > 8)
		gp_buf_putc(out, 0);
	gp_buf_add(out, "\0\0\xff\xff", 4);
}

static int deflate_all(struct gp_str more, struct gp_buf *out, struct gp_err *err)
{
	z_stream z = { 0 };
	size_t bound;
	int rc;

	assert(more.len < UINT32_MAX / 2);
	if (deflateInit2(&z, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		gp_oom();
	bound = deflateBound(&z, more.len) + 64;
	gp_buf_reserve(out, bound);
	z.next_in = (Bytef *)more.p;
	z.avail_in = (uInt)more.len;
	z.next_out = (Bytef *)out->data + out->len;
	z.avail_out = (uInt)bound;
	rc = deflate(&z, Z_FINISH);
	out->len += bound - z.avail_out;
	deflateEnd(&z);
	return rc == Z_STREAM_END ? 0 : gp_fail(err, GP_E_BUG, "zlib: error %d", rc);
}

static int gzip_continue(const struct gp_cut *cut, struct gp_peek peek, struct gp_str more,
			 struct gp_splice_plan *plan, struct gp_err *err)
{
	uint8_t byte = 0;

	plan->keep = cut->packed - (cut->bits ? 1 : 0);
	if (cut->bits && peek.read(peek.arg, plan->keep, &byte, 1, err) < 0)
		return -1;
	align(&plan->rest, byte, cut->bits);
	if (deflate_all(more, &plan->rest, err) < 0)
		return -1;
	put_le32(&plan->rest, (uint32_t)crc32_z((uLong)cut->check, (const Bytef *)more.p, more.len));
	put_le32(&plan->rest, (uint32_t)(cut->plain - cut->unit_plain + more.len));
	return 0;
}

/* --- to a file and back --- */

void gp_splice_save(const struct gp_splice *s, const struct gp_cut *cut, struct gp_buf *out)
{
	const uint64_t field[] = { cut->packed, cut->plain, cut->unit_packed, cut->unit_plain, cut->check,
				   cut->last_block, cut->bits, s->checking, (uint64_t)s->xz.check, cut->blocks };

	for (size_t i = 0; i < GP_COUNT(field); i++)
		gp_wire_put(out, field[i]);
	for (size_t i = 0; i < cut->blocks; i++) {
		gp_wire_put(out, s->xz.record[i].unpadded);
		gp_wire_put(out, s->xz.record[i].plain);
	}
}

struct gp_splice *gp_splice_load(enum gp_codec c, struct gp_cut *cut, struct gp_wire *w)
{
	struct gp_splice *s = gp_splice_new(c);

	cut->packed = gp_wire_get(w);
	cut->plain = gp_wire_get(w);
	cut->unit_packed = gp_wire_get_max(w, cut->packed);
	cut->unit_plain = gp_wire_get_max(w, cut->plain);
	cut->check = gp_wire_get(w);
	cut->last_block = gp_wire_get(w);
	cut->bits = (unsigned)gp_wire_get_max(w, 7);
	s->checking = gp_wire_get_max(w, 1);
	s->xz.check = (int)gp_wire_get_max(w, 15);
	cut->blocks = (size_t)gp_wire_get_max(w, w->rest.len / 16);
	s->xz.record = gp_alloc((cut->blocks + 1) * sizeof(*s->xz.record));
	for (; s->xz.n < cut->blocks && !w->bad; s->xz.n++) {
		s->xz.record[s->xz.n].unpadded = gp_wire_get(w);
		s->xz.record[s->xz.n].plain = gp_wire_get(w);
	}
	if (!w->bad && (c != GP_CODEC_ZSTD || cut->last_block == UINT64_MAX || cut->last_block < cut->packed))
		return s;
	gp_splice_free(s);
	return NULL;
}

/* --- all of them --- */

int gp_splice_continue(const struct gp_splice *s, const struct gp_cut *cut, struct gp_peek peek,
		       struct gp_str more, struct gp_splice_plan *plan, struct gp_err *err)
{
	*plan = (struct gp_splice_plan){ .keep = cut->packed };
	switch (s->codec) {
	case GP_CODEC_GZIP: return gzip_continue(cut, peek, more, plan, err);
	case GP_CODEC_XZ: return gp_xz_continue(s, cut, peek, more, plan, err);
	case GP_CODEC_ZSTD: return gp_zstd_continue(s, cut, peek, more, plan, err);
	case GP_CODEC_NONE:
	case GP_CODEC_BZIP2: break;
	}
	gp_buf_add(&plan->rest, more.p, more.len);
	return 0;
}

void gp_splice_plan_release(struct gp_splice_plan *plan)
{
	gp_buf_release(&plan->rest);
	*plan = (struct gp_splice_plan){ 0 };
}
