/* SPDX-License-Identifier: MIT */
/*
 * zstd: the walk over frame and block headers. A frame that is cut gets its
 * last block marked as such, its checksum anew, and a header without the
 * content size that is no longer true; a new frame follows.
 *
 * Source: RFC 8878, sections 3.1.1 (frames) and 3.1.2 (skippable frames).
 */
#include "core/payload/splice_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define BLOCK_HEADER 3u
#define ROOM (256u << 10)
#define JOB (2 << 20) /* that a worker takes at a time: it is copied */
#define WORKERS 2u    /* no more, whatever the number of threads: each that works has tables of 25 MB */

static const uint8_t magic[4] = { 0x28, 0xb5, 0x2f, 0xfd };

static bool has_checksum(uint8_t fhd)
{
	return fhd & 0x04;
}

static bool is_single_segment(uint8_t fhd)
{
	return fhd & 0x20;
}

static size_t dict_id_size(uint8_t fhd)
{
	static const size_t size[] = { 0, 1, 2, 4 };

	return size[fhd & 3];
}

static size_t content_size_size(uint8_t fhd)
{
	static const size_t size[] = { 0, 2, 4, 8 };

	return fhd >> 6 ? size[fhd >> 6] : is_single_segment(fhd);
}

/* With the magic number: the descriptor, window, dictionary ID, content size. */
static size_t frame_header_size(uint8_t fhd)
{
	return 5 + !is_single_segment(fhd) + dict_id_size(fhd) + content_size_size(fhd);
}

/* --- the walk --- */

static void candidate(struct gp_splice *s, uint64_t last_block)
{
	struct gp_cut c = { .packed = s->packed,
			    .plain = s->plain,
			    .unit_packed = s->unit.packed,
			    .unit_plain = s->unit.plain,
			    .last_block = last_block };

	if (s->checking)
		c.check = XXH64_digest(s->xxh);
	gp_splice_add(s, &c);
}

static void collect(struct gp_zstd_walk *w, enum gp_zstd_state state, size_t want)
{
	w->state = state;
	w->have = 0;
	w->want = want;
}

static void magic_seen(struct gp_splice *s)
{
	struct gp_zstd_walk *w = &s->zstd;

	w->skippable = (w->head[0] & 0xf0) == 0x50 && memcmp(w->head + 1, "\x2a\x4d\x18", 3) == 0;
	if (!w->skippable && memcmp(w->head, magic, 4) != 0) {
		s->why = "something follows its zstd frames";
		return;
	}
	w->state = ZSTD_WALK_HEAD;
	w->want = w->skippable ? 8 : 5;
}

static void head_seen(struct gp_splice *s)
{
	struct gp_zstd_walk *w = &s->zstd;
	const uint8_t *h = w->head;

	if (w->skippable) {
		w->skip = h[4] | (uint64_t)h[5] << 8 | (uint64_t)h[6] << 16 | (uint64_t)h[7] << 24;
		w->state = ZSTD_WALK_CHECK;
		return;
	}
	if (w->want == 5) {
		w->want = frame_header_size(h[4]);
		return;
	}
	s->checking = has_checksum(h[4]);
	if (s->checking && !s->xxh && !(s->xxh = XXH64_createState()))
		gp_oom();
	if (s->checking)
		XXH64_reset(s->xxh, 0);
	collect(w, ZSTD_WALK_BLOCK, BLOCK_HEADER);
}

/* Bit 0 the last one, 1-2 the type (1: one byte, repeated), 3-23 the size. */
static void block_seen(struct gp_splice *s)
{
	struct gp_zstd_walk *w = &s->zstd;
	uint32_t h = (uint32_t)w->head[0] | (uint32_t)w->head[1] << 8 | (uint32_t)w->head[2] << 16;

	w->last = h & 1;
	w->skip = (h >> 1 & 3) == 1 ? 1 : h >> 3;
	w->block_at = s->packed - BLOCK_HEADER;
	w->state = ZSTD_WALK_BODY;
}

static void collected(struct gp_splice *s)
{
	switch (s->zstd.state) {
	case ZSTD_WALK_MAGIC: magic_seen(s); break;
	case ZSTD_WALK_HEAD: head_seen(s); break;
	case ZSTD_WALK_BLOCK: block_seen(s); break;
	case ZSTD_WALK_BODY:
	case ZSTD_WALK_CHECK: break;
	}
}

static bool skips(const struct gp_zstd_walk *w)
{
	return w->state == ZSTD_WALK_BODY || w->state == ZSTD_WALK_CHECK;
}

size_t gp_zstd_portion(struct gp_splice *s, const uint8_t *p, size_t len)
{
	struct gp_zstd_walk *w = &s->zstd;
	uint64_t want;
	size_t n;

	if (w->state == ZSTD_WALK_MAGIC && !w->want) { /* at the very start */
		collect(w, ZSTD_WALK_MAGIC, 4);
		s->unit = (struct gp_cut){ .packed = s->packed, .plain = s->plain };
		s->checking = false;
		candidate(s, UINT64_MAX);
	}
	want = skips(w) ? w->skip : w->want - w->have;
	n = want < len ? (size_t)want : len;
	if (skips(w)) {
		w->skip -= n;
		return n;
	}
	memcpy(w->head + w->have, p, n);
	w->have += n;
	w->ended = w->have == w->want; /* the caller counts the bytes first */
	return n;
}

static void frame_end(struct gp_splice *s)
{
	collect(&s->zstd, ZSTD_WALK_MAGIC, 4);
	s->unit = (struct gp_cut){ .packed = s->packed, .plain = s->plain };
	s->checking = false;
	candidate(s, UINT64_MAX);
}

void gp_zstd_flushed(struct gp_splice *s)
{
	struct gp_zstd_walk *w = &s->zstd;

	if (w->ended) {
		w->ended = false;
		collected(s);
		if (s->why || !skips(w) || w->skip)
			return;
	}
	if (!skips(w) || w->skip)
		return;
	if (w->state == ZSTD_WALK_CHECK) {
		frame_end(s);
	} else if (!w->last) {
		candidate(s, w->block_at);
		collect(w, ZSTD_WALK_BLOCK, BLOCK_HEADER);
	} else if (s->checking) {
		w->state = ZSTD_WALK_CHECK;
		w->skip = 4;
	} else {
		frame_end(s);
	}
}

void gp_zstd_plain(struct gp_splice *s, const uint8_t *p, size_t len)
{
	if (s->checking)
		XXH64_update(s->xxh, p, len);
}

void gp_zstd_release(struct gp_splice *s)
{
	XXH64_freeState(s->xxh);
}

/* --- going on --- */

/* A window for content of this size: 2^(10+e) * (1 + m/8), not smaller.
 * RFC 8878 3.1.1.1.2. */
static uint8_t window_for(uint64_t size)
{
	for (unsigned e = 0; e < 32; e++)
		for (unsigned m = 0; m < 8; m++) {
			uint64_t base = 1ull << (10 + e);

			if (base + base / 8 * m >= size)
				return (uint8_t)(e << 3 | m);
		}
	return 0xff;
}

static uint64_t content_size(const uint8_t *head)
{
	size_t n = content_size_size(head[4]), at = frame_header_size(head[4]) - n;
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v |= (uint64_t)head[at + i] << 8 * i;
	return n == 2 ? v + 256 : v;
}

/* The header again, without the content size. */
static void drop_size(const struct gp_cut *cut, const uint8_t *head, struct gp_splice_plan *plan)
{
	struct gp_splice_edit *e = &plan->edit[plan->nedit++];
	size_t dict = dict_id_size(head[4]);

	*e = (struct gp_splice_edit){ .off = cut->unit_packed, .old_len = frame_header_size(head[4]) };
	memcpy(e->bytes, magic, 4);
	e->bytes[4] = head[4] & 0x1f; /* no size, not a single segment */
	e->bytes[5] = is_single_segment(head[4]) ? window_for(content_size(head)) : head[5];
	memcpy(e->bytes + 6, head + 5 + !is_single_segment(head[4]), dict);
	e->len = 6 + dict;
}

/* End the frame at the cut. */
static int end_frame(struct gp_splice_more *m, struct gp_peek peek, bool *checksum, struct gp_err *err)
{
	const struct gp_cut *cut = &m->cut;
	struct gp_splice_plan *plan = m->plan;
	struct gp_splice_edit *e;
	uint8_t head[18] = { 0 }, sum[4];

	if (peek.read(peek.arg, cut->unit_packed, head, 5, err) < 0 ||
	    peek.read(peek.arg, cut->unit_packed, head, frame_header_size(head[4]), err) < 0)
		return -1;
	if (cut->last_block < cut->unit_packed + frame_header_size(head[4]) ||
	    cut->packed < cut->last_block + BLOCK_HEADER)
		return gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
	*checksum = has_checksum(head[4]);
	if (content_size_size(head[4]))
		drop_size(cut, head, plan);
	e = &plan->edit[plan->nedit++];
	*e = (struct gp_splice_edit){ .off = cut->last_block, .old_len = BLOCK_HEADER, .len = BLOCK_HEADER };
	if (peek.read(peek.arg, cut->last_block, e->bytes, BLOCK_HEADER, err) < 0)
		return -1;
	e->bytes[0] |= 1;
	for (int i = 0; i < 4; i++) /* its low 32 bits */
		sum[i] = (uint8_t)(cut->check >> 8 * i & 255);
	return gp_splice_emit(m, sum, *checksum ? sizeof(sum) : 0, err);
}

static int put(struct gp_splice_more *m, const void *p, size_t len, ZSTD_EndDirective end, struct gp_err *err)
{
	ZSTD_inBuffer in = { p, len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { m->room.data, m->room.cap, 0 };

		left = ZSTD_compressStream2(m->zstd, &out, &in, end);
		if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
			return gp_fail_sys(err, ENOMEM, "cannot compress: zstd");
		if (ZSTD_isError(left))
			return gp_fail(err, GP_E_BUG, "libzstd: %s", ZSTD_getErrorName(left));
		if (gp_splice_emit(m, m->room.data, out.pos, err) < 0)
			return -1;
	} while (end == ZSTD_e_end ? left : in.pos < in.size);
	return 0;
}

int gp_zstd_put(struct gp_splice_more *m, const void *p, size_t len, struct gp_err *err)
{
	return put(m, p, len, ZSTD_e_continue, err);
}

int gp_zstd_end(struct gp_splice_more *m, struct gp_err *err)
{
	return put(m, NULL, 0, ZSTD_e_end, err);
}

void gp_zstd_more_release(struct gp_splice_more *m)
{
	ZSTD_freeCCtx(m->zstd);
}

int gp_zstd_more(struct gp_splice_more *m, struct gp_peek peek, struct gp_err *err)
{
	bool checksum = true;

	if (m->cut.last_block != UINT64_MAX && end_frame(m, peek, &checksum, err) < 0)
		return -1;
	m->zstd = ZSTD_createCCtx();
	if (!m->zstd)
		gp_oom();
	gp_buf_reserve(&m->room, ROOM);
	ZSTD_CCtx_setParameter(m->zstd, ZSTD_c_compressionLevel, 9);
	ZSTD_CCtx_setParameter(m->zstd, ZSTD_c_checksumFlag, checksum);
	/* A library without threads works in this one. */
	ZSTD_CCtx_setParameter(m->zstd, ZSTD_c_nbWorkers, (int)(m->to.threads < WORKERS ? m->to.threads : WORKERS));
	ZSTD_CCtx_setParameter(m->zstd, ZSTD_c_jobSize, JOB);
	return 0;
}
