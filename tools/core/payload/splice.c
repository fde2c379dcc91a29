/* SPDX-License-Identifier: MIT */
#include "core/payload/splice_impl.h"

#include <stdlib.h>
#include <lzma.h>
#include <string.h>

#include "core/payload/chunker.h"

/* Places closer together than this are not told apart: what lies between one
 * and the tar's end is compressed again, and that many bytes cost nothing. A
 * hostile payload cannot fill the memory with them. */
#define SPACING 16384u

bool gp_splice_wants_blocks(const struct gp_splice *s)
{
	return s->codec == GP_CODEC_GZIP && s->blocks;
}

void gp_splice_want_blocks(struct gp_splice *s)
{
	s->blocks = true;
}

struct gp_splice *gp_splice_new(enum gp_codec c)
{
	struct gp_splice *s = gp_alloc(sizeof(*s));

	s->codec = c;
	if (c == GP_CODEC_BZIP2)
		s->why = "bzip2 cannot be continued";
	return s;
}

void gp_splice_free(struct gp_splice *s)
{
	if (!s)
		return;
	gp_assert(!atomic_load(&s->users));
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
	bool needed = s->codec == GP_CODEC_XZ && s->checking && s->n > s->done &&
		      s->cut[s->n - 1].plain == s->cut[s->n - 1].unit_plain;

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

int gp_splice_cut(const struct gp_splice *s, uint64_t end, struct gp_peek peek, struct gp_str last, struct gp_cut *cut,
		  struct gp_err *err)
{
	const char *why = s->why ? s->why : s->codec == GP_CODEC_XZ ? gp_xz_problem(s) : NULL;

	if (why)
		return gp_fail(err, GP_E_UNSUPPORTED, "%s", why);
	if (s->codec == GP_CODEC_NONE) {
		*cut = (struct gp_cut){ .packed = end, .plain = end };
		return 0;
	}
	if (s->codec == GP_CODEC_GZIP && !s->blocks)
		return gp_gzip_search(s, end, peek, last, cut, err);
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

/* --- to a file and back --- */

void gp_splice_save(const struct gp_splice *s, const struct gp_cut *cut, struct gp_buf *out)
{
	const uint64_t field[] = { cut->packed,     cut->plain, cut->unit_packed, cut->unit_plain,       cut->check,
				   cut->last_block, cut->bits,  s->checking,      (uint64_t)s->xz.check, cut->blocks };

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
	cut->bits = (unsigned)gp_wire_get_max(w, cut->packed ? 7 : 0);
	s->checking = gp_wire_get_max(w, 1);
	s->xz.check = (int)gp_wire_get_max(w, LZMA_CHECK_CRC64);
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

int gp_splice_emit(struct gp_splice_more *m, const void *p, size_t len, struct gp_err *err)
{
	m->plan->rest_len += len;
	return m->to.sink.write(m->to.sink.arg, p, len, err);
}

static int begin(struct gp_splice_more *m, struct gp_peek peek, struct gp_err *err)
{
	switch (m->s->codec) {
	case GP_CODEC_GZIP: return gp_gzip_more(m, peek, err);
	case GP_CODEC_XZ: return gp_xz_more(m, peek, err);
	case GP_CODEC_ZSTD: return gp_zstd_more(m, peek, err);
	case GP_CODEC_NONE:
	case GP_CODEC_BZIP2: break;
	}
	return 0;
}

struct gp_splice_more *gp_splice_more_new(struct gp_splice *s, const struct gp_cut *cut, struct gp_peek peek,
					  const struct gp_splice_to *to, struct gp_splice_plan *plan,
					  struct gp_err *err)
{
	struct gp_splice_more *m = gp_alloc(sizeof(*m));

	gp_assert(to->threads);
	*m = (struct gp_splice_more){ .s = s, .cut = *cut, .to = *to, .plan = plan, .check = cut->check };
	atomic_fetch_add(&s->users, 1);
	*plan = (struct gp_splice_plan){ .keep = cut->packed };
	if (begin(m, peek, err) == 0)
		return m;
	gp_splice_more_free(m);
	return NULL;
}

int gp_splice_more_put(struct gp_splice_more *m, const void *p, size_t len, struct gp_err *err)
{
	m->plain += len;
	switch (m->s->codec) {
	case GP_CODEC_XZ:
		if (m->s->checking)
			m->check = gp_xz_check(m->s->xz.check, m->check, p, len);
		return gp_chunker_write(m->chunker, p, len, err);
	case GP_CODEC_GZIP: return gp_chunker_write(m->chunker, p, len, err);
	case GP_CODEC_ZSTD: return gp_zstd_put(m, p, len, err);
	case GP_CODEC_NONE:
	case GP_CODEC_BZIP2: break;
	}
	return gp_splice_emit(m, p, len, err);
}

int gp_splice_more_end(struct gp_splice_more *m, struct gp_err *err)
{
	switch (m->s->codec) {
	case GP_CODEC_GZIP: return gp_gzip_end(m, err);
	case GP_CODEC_XZ: return gp_xz_end(m, err);
	case GP_CODEC_ZSTD: return gp_zstd_end(m, err);
	case GP_CODEC_NONE:
	case GP_CODEC_BZIP2: break;
	}
	return 0;
}

void gp_splice_more_free(struct gp_splice_more *m)
{
	if (!m)
		return;
	gp_chunker_free(m->chunker);
	gp_zstd_more_release(m);
	gp_buf_release(&m->room);
	atomic_fetch_sub(&m->s->users, 1);
	free(m);
}
