/* SPDX-License-Identifier: MIT */
/*
 * xz: the walk over headers and LZMA2 chunk headers, without decoding, and the
 * end of a stream that goes on inside of its last block.
 *
 * Source: xz-file-format 1.1.0, sections 2 to 4; LZMA2 chunks: XZ Embedded,
 *         xz_dec_lzma2.c, "LZMA2 is a simple layer".
 */
#include "core/payload/splice_impl.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "core/payload/chunkwork.h"

/* More blocks than this are somebody's test: 16 bytes of memory each. */
#define BLOCKS_MAX 1000000u

#define PIECE (2u << 20) /* that one thread compresses */
#define DICT_MAX (1u << 20)

static void give_up(struct gp_splice *s, const char *why)
{
	s->why = why;
}

static uint32_t check_size(int check)
{
	return lzma_check_size((lzma_check)check);
}

/* --- the walk --- */

static void collect(struct gp_xz_walk *w, enum gp_xz_state state, size_t want)
{
	w->state = state;
	w->have = 0;
	w->want = want;
}

static void stream_header(struct gp_splice *s)
{
	lzma_stream_flags flags;

	if (lzma_stream_header_decode(&flags, s->xz.head) != LZMA_OK) {
		give_up(s, "its stream header is damaged");
		return;
	}
	s->xz.check = (int)flags.check;
	if (flags.check != LZMA_CHECK_NONE && flags.check != LZMA_CHECK_CRC32 && flags.check != LZMA_CHECK_CRC64) {
		give_up(s, flags.check == LZMA_CHECK_SHA256 ? "an xz stream with SHA-256 checks cannot be continued" :
							      "its xz check is unknown");
		return;
	}
	s->checking = flags.check != LZMA_CHECK_NONE;
	collect(&s->xz, XZ_BLOCK_HEADER, 1);
}

static void free_options(lzma_filter *filter)
{
	for (size_t i = 0; i < LZMA_FILTERS_MAX && filter[i].id != LZMA_VLI_UNKNOWN; i++)
		free(filter[i].options);
}

/* Does the block have LZMA2 as its one filter? */
static bool is_plain_lzma2(const struct gp_splice *s, const uint8_t *head)
{
	lzma_filter filter[LZMA_FILTERS_MAX + 1] = { { 0 } };
	lzma_block block = { .version = 0,
			     .check = (lzma_check)s->xz.check,
			     .filters = filter,
			     .header_size = lzma_block_header_size_decode(head[0]) };
	lzma_ret rc = lzma_block_header_decode(&block, NULL, head);
	bool yes;

	if (rc == LZMA_MEM_ERROR)
		gp_oom();
	if (rc != LZMA_OK)
		return false;
	yes = filter[0].id == LZMA_FILTER_LZMA2;
	free_options(filter);
	return yes;
}

static void candidate(struct gp_splice *s)
{
	struct gp_cut c = { .packed = s->xz.at,
			    .plain = s->xz.plain,
			    .unit_packed = s->unit.packed,
			    .unit_plain = s->unit.plain,
			    .blocks = s->xz.n };

	gp_splice_add(s, &c);
}

static void block_header(struct gp_splice *s)
{
	struct gp_xz_walk *w = &s->xz;

	if (w->want == 1 && w->head[0] == 0) { /* the index */
		w->state = XZ_REST;
		w->index_at = w->at - 1;
		return;
	}
	if (w->want == 1) {
		w->want = lzma_block_header_size_decode(w->head[0]);
		s->unit = (struct gp_cut){ .packed = w->at - 1, .plain = w->plain };
		return;
	}
	if (!is_plain_lzma2(s, w->head)) {
		give_up(s, "an xz stream with other filters than LZMA2 cannot be continued");
		return;
	}
	w->header_size = w->want;
	candidate(s);
	collect(w, XZ_CHUNK_HEADER, 1);
}

/* The LZMA2 data are complete: what follows is padding to four bytes, and the check. */
static void block_end(struct gp_splice *s)
{
	struct gp_xz_walk *w = &s->xz;
	uint64_t packed = w->at - s->unit.packed;

	if (w->n >= BLOCKS_MAX) {
		give_up(s, "it has more than a million xz blocks");
		return;
	}
	GP_GROW(w->record, w->n, w->cap);
	w->record[w->n++] = (struct gp_xz_record){ packed + check_size(w->check), w->plain - s->unit.plain };
	w->skip = (4 - packed % 4) % 4 + check_size(w->check);
	w->state = XZ_BLOCK_PADDING;
	if (!w->skip)
		collect(w, XZ_BLOCK_HEADER, 1);
}

/* Control byte: 0 end; 1, 2 uncompressed; from 0x80 LZMA, from 0xc0 with a
 * properties byte. Sizes are stored less one. */
static void chunk_header(struct gp_splice *s)
{
	struct gp_xz_walk *w = &s->xz;
	const uint8_t *h = w->head;

	if (w->want == 1) {
		if (h[0] == 0) {
			block_end(s);
			return;
		}
		w->want = h[0] < 0x80 ? 3 : h[0] < 0xc0 ? 5 : 6;
		return;
	}
	if (h[0] < 0x80) {
		w->chunk_plain = ((uint64_t)h[1] << 8 | h[2]) + 1;
		w->skip = w->chunk_plain;
	} else {
		w->chunk_plain = ((uint64_t)(h[0] & 0x1f) << 16 | (uint64_t)h[1] << 8 | h[2]) + 1;
		w->skip = ((uint64_t)h[3] << 8 | h[4]) + 1;
	}
	w->state = XZ_CHUNK;
}

static void skipped(struct gp_splice *s)
{
	struct gp_xz_walk *w = &s->xz;

	if (w->state == XZ_BLOCK_PADDING) {
		collect(w, XZ_BLOCK_HEADER, 1);
		return;
	}
	w->plain += w->chunk_plain;
	candidate(s);
	collect(w, XZ_CHUNK_HEADER, 1);
}

static void collected(struct gp_splice *s)
{
	switch (s->xz.state) {
	case XZ_STREAM_HEADER: stream_header(s); break;
	case XZ_BLOCK_HEADER: block_header(s); break;
	case XZ_CHUNK_HEADER: chunk_header(s); break;
	case XZ_CHUNK:
	case XZ_BLOCK_PADDING:
	case XZ_REST: break;
	}
}

void gp_xz_packed(struct gp_splice *s, const uint8_t *p, size_t len)
{
	struct gp_xz_walk *w = &s->xz;

	if (!w->want)
		collect(w, XZ_STREAM_HEADER, LZMA_STREAM_HEADER_SIZE);
	while (len && !s->why && w->state != XZ_REST) {
		bool skipping = w->state == XZ_CHUNK || w->state == XZ_BLOCK_PADDING;
		uint64_t want = skipping ? w->skip : w->want - w->have;
		size_t n = want < len ? (size_t)want : len;

		if (!skipping)
			memcpy(w->head + w->have, p, n);
		w->have += skipping ? 0 : n;
		w->skip -= skipping ? n : 0;
		w->at += n;
		p += n;
		len -= n;
		if (skipping && !w->skip)
			skipped(s);
		else if (!skipping && w->have == w->want)
			collected(s);
	}
	w->at += len;
}

/* --- the check, at every candidate --- */

uint64_t gp_xz_check(int check, uint64_t crc, const void *p, size_t len)
{
	return check == LZMA_CHECK_CRC32 ? lzma_crc32(p, len, (uint32_t)crc) : lzma_crc64(p, len, crc);
}

void gp_xz_plain(struct gp_splice *s, const uint8_t *p, size_t len)
{
	uint64_t at = s->plain;

	if (!s->checking)
		return;
	/* The walk is ahead of the decoder: its candidates wait for their check. */
	for (; s->done < s->n && s->cut[s->done].plain <= at + len; s->done++) {
		struct gp_cut *c = &s->cut[s->done];
		size_t n = (size_t)(c->plain - at);

		s->crc = gp_xz_check(s->xz.check, s->crc, p, n);
		if (c->plain == c->unit_plain)
			s->crc = 0; /* a new block */
		c->check = s->crc;
		p += n;
		at += n;
		len -= n;
	}
	s->crc = gp_xz_check(s->xz.check, s->crc, p, len);
}

/* --- the end of the stream --- */

static uint64_t index_size(const struct gp_xz_walk *w)
{
	uint64_t size = 1 + lzma_vli_size(w->n);

	for (size_t i = 0; i < w->n; i++)
		size += lzma_vli_size(w->record[i].unpadded) + lzma_vli_size(w->record[i].plain);
	return (size + 3) / 4 * 4 + 4; /* padding, CRC32 */
}

const char *gp_xz_problem(const struct gp_splice *s)
{
	const struct gp_xz_walk *w = &s->xz;

	if (w->state != XZ_REST)
		return "its blocks could not be followed";
	/* XZ Embedded would not see a second stream: neither do we go on after one. */
	if (w->at != w->index_at + index_size(w) + LZMA_STREAM_HEADER_SIZE)
		return "several xz streams cannot be continued";
	return NULL;
}

/* The block's own header, without the sizes that it may state: they change. It
 * stays as long as it was, so that nothing after it moves. */
static int open_sizes(lzma_block *block, struct gp_splice_plan *plan, struct gp_err *err)
{
	struct gp_splice_edit *e = &plan->edit[0];

	if (block->compressed_size == LZMA_VLI_UNKNOWN && block->uncompressed_size == LZMA_VLI_UNKNOWN)
		return 0;
	block->compressed_size = LZMA_VLI_UNKNOWN;
	block->uncompressed_size = LZMA_VLI_UNKNOWN;
	e->old_len = e->len = block->header_size;
	if (lzma_block_header_encode(block, e->bytes) != LZMA_OK)
		return gp_fail(err, GP_E_BUG, "liblzma: cannot write a block header");
	plan->nedit = 1;
	return 0;
}

static int work(void *arg, struct gp_chunk *piece)
{
	const struct gp_splice_more *m = arg;

	return gp_chunk_lzma2(piece, m->dict_size);
}

static int done(void *arg, const struct gp_chunk *piece, struct gp_err *err)
{
	return gp_splice_emit(arg, piece->out.data, piece->out.len, err);
}

static int put_index(const struct gp_splice *s, const struct gp_cut *cut, const struct gp_xz_record *last,
		     struct gp_buf *out, struct gp_err *err)
{
	lzma_index *index = lzma_index_init(NULL);
	lzma_stream_flags flags = { .version = 0, .check = (lzma_check)s->xz.check };
	size_t pos = 0;
	lzma_ret rc = LZMA_OK;

	if (!index)
		gp_oom();
	for (size_t i = 0; i < cut->blocks && rc == LZMA_OK; i++)
		rc = lzma_index_append(index, NULL, s->xz.record[i].unpadded, s->xz.record[i].plain);
	if (rc == LZMA_OK)
		rc = lzma_index_append(index, NULL, last->unpadded, last->plain);
	flags.backward_size = lzma_index_size(index);
	gp_buf_reserve(out, (size_t)flags.backward_size + LZMA_STREAM_HEADER_SIZE);
	if (rc == LZMA_OK)
		rc = lzma_index_buffer_encode(index, (uint8_t *)out->data + out->len, &pos,
					      (size_t)flags.backward_size);
	out->len += pos;
	lzma_index_end(index, NULL);
	if (rc == LZMA_MEM_ERROR)
		gp_oom();
	if (rc == LZMA_OK)
		rc = lzma_stream_footer_encode(&flags, (uint8_t *)out->data + out->len);
	out->len += LZMA_STREAM_HEADER_SIZE;
	return rc == LZMA_OK ? 0 : gp_fail(err, GP_E_BUG, "liblzma: cannot write the index: error %d", (int)rc);
}

/* The last block's end: padding, check. In: the bytes of it that are packed. */
static void put_block_end(const struct gp_splice_more *m, uint64_t packed, struct gp_buf *out)
{
	gp_buf_add(out, "\0\0\0", (size_t)((4 - packed % 4) % 4));
	for (uint32_t i = 0; i < check_size(m->s->xz.check); i++)
		gp_buf_putc(out, (char)(m->check >> 8 * i & 255));
}

int gp_xz_end(struct gp_splice_more *m, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf end = { 0 };
	struct gp_xz_record last;
	uint64_t packed;

	if (gp_chunker_finish(m->chunker, err) < 0)
		return -1;
	packed = m->cut.packed - m->cut.unit_packed + m->plan->rest_len;
	last.unpadded = packed + check_size(m->s->xz.check);
	last.plain = m->cut.plain - m->cut.unit_plain + m->plain;
	put_block_end(m, packed, &end);
	if (put_index(m->s, &m->cut, &last, &end, err) < 0)
		return -1;
	return gp_splice_emit(m, end.data, end.len, err);
}

/* The decoder has the dictionary that the block header promised; and two workers with
 * more than this would take more memory than all the rest. */
static size_t dict_size(const lzma_options_lzma *theirs)
{
	gp_assert(theirs);
	return theirs->dict_size < DICT_MAX ? theirs->dict_size : DICT_MAX;
}

/* What the header of the block says; it was read when the payload was. */
static int read_header(const struct gp_cut *cut, struct gp_peek peek, lzma_block *block, struct gp_err *err)
{
	uint8_t head[1024];
	lzma_ret decoded;

	if (peek.read(peek.arg, cut->unit_packed, head, 1, err) < 0)
		return -1;
	block->header_size = lzma_block_header_size_decode(head[0]);
	if (peek.read(peek.arg, cut->unit_packed, head, block->header_size, err) < 0)
		return -1;
	if (!head[0] || cut->packed - cut->unit_packed < block->header_size)
		return gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
	decoded = lzma_block_header_decode(block, NULL, head);
	if (decoded == LZMA_MEM_ERROR)
		gp_oom();
	return decoded == LZMA_OK ? 0 : gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
}

int gp_xz_more(struct gp_splice_more *m, struct gp_peek peek, struct gp_err *err)
{
	struct gp_chunk_ops ops = { PIECE, 0, work, done, m };
	lzma_filter filter[LZMA_FILTERS_MAX + 1] = { { 0 } };
	lzma_block block = { .version = 0, .check = (lzma_check)m->s->xz.check, .filters = filter };
	int rc;

	if (read_header(&m->cut, peek, &block, err) < 0)
		return -1;
	m->plan->edit[0].off = m->cut.unit_packed;
	rc = filter[0].id != LZMA_FILTER_LZMA2 ? gp_fail(err, GP_E_FORMAT, "the input changed while it was read") :
						 open_sizes(&block, m->plan, err);
	if (rc == 0) {
		m->dict_size = dict_size(filter[0].options);
		m->chunker = gp_chunker_new(&ops, m->to.threads);
	}
	free_options(filter);
	return rc;
}
