/* SPDX-License-Identifier: MIT */
/*
 * Compression of every kind behind gp_sink. xz and zstd have threads of their
 * own; gzip and bzip2 get theirs from the chunker: deflate blocks that end on
 * a byte (Z_SYNC_FLUSH) with the 32 KiB before them as dictionary make one
 * valid member (pigz does it so), and bzip2 streams may follow one another.
 */
#include "core/payload/codec.h"

#include <bzlib.h>
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "core/payload/chunker.h"
#include "core/payload/chunkwork.h"

#define OUT_SIZE (256u << 10)
#define GZIP_PIECE (1u << 20)
#define BZIP2_PIECE 900000u

struct gp_encoder {
	enum gp_codec kind;
	int level;
	struct gp_sink sink;
	struct gp_chunker *chunker; /* gzip, bzip2 */
	uint32_t crc;               /* gzip */
	uint64_t total;
	lzma_stream xz;
	ZSTD_CCtx *zstd;
	uint8_t *out;
};

static int gzip_work(void *arg, struct gp_chunk *piece)
{
	const struct gp_encoder *e = arg;

	return gp_chunk_deflate(piece, e->level);
}

static int gzip_done(void *arg, const struct gp_chunk *piece, struct gp_err *err)
{
	struct gp_encoder *e = arg;

	e->crc = (uint32_t)crc32_combine(e->crc, piece->check, (z_off_t)piece->len);
	return e->sink.write(e->sink.arg, piece->out.data, piece->out.len, err);
}

static int bzip2_work(void *arg, struct gp_chunk *piece)
{
	struct gp_encoder *e = arg;
	unsigned len;
	int rc;

	if (piece->len == 0) { /* only for an empty input; a stream of nothing is valid */
		gp_buf_reserve(&piece->out, 64);
		len = 64;
	} else {
		len = (unsigned)(piece->len + piece->len / 100 + 601); /* bzip2's own bound */
		gp_buf_reserve(&piece->out, len);
	}
	rc = BZ2_bzBuffToBuffCompress(piece->out.data, &len, (char *)piece->data, (unsigned)piece->len, e->level, 0, 0);
	piece->out.len = len;
	return rc == BZ_OK ? 0 : rc == BZ_MEM_ERROR ? ENOMEM : -1;
}

static int bzip2_done(void *arg, const struct gp_chunk *piece, struct gp_err *err)
{
	struct gp_encoder *e = arg;

	return e->sink.write(e->sink.arg, piece->out.data, piece->out.len, err);
}

static int no_memory(const struct gp_encoder *e, struct gp_err *err)
{
	return gp_fail_sys(err, ENOMEM, "cannot compress: %s", gp_codec_name(e->kind));
}

static int start_xz(struct gp_encoder *e, const struct gp_encoder_opts *o, struct gp_err *err)
{
	/* block_size 0: three times the dictionary, whatever the number of threads. */
	lzma_mt mt = { .threads = o->threads, .preset = (uint32_t)e->level, .check = (lzma_check)o->xz_check };
	lzma_ret rc;

	e->xz = (lzma_stream)LZMA_STREAM_INIT;
	rc = lzma_stream_encoder_mt(&e->xz, &mt);
	if (rc == LZMA_MEM_ERROR)
		return no_memory(e, err);
	if (rc != LZMA_OK)
		return gp_fail(err, GP_E_UNSUPPORTED, "liblzma cannot write check %d", o->xz_check);
	return 0;
}

static int start_zstd(struct gp_encoder *e, const struct gp_encoder_opts *o, struct gp_err *err)
{
	e->zstd = ZSTD_createCCtx();
	if (!e->zstd)
		return no_memory(e, err);
	/* With one worker or more the output is the same for any number of them. */
	if (ZSTD_isError(ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_compressionLevel, e->level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_nbWorkers, (int)o->threads)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(e->zstd, ZSTD_c_checksumFlag, 1)))
		return gp_fail(err, GP_E_UNSUPPORTED, "this libzstd was built without threads");
	return 0;
}

/* RFC 1952 2.3: deflate, no name, no time (reproducible), XFL 2 = best, OS 3 = Unix. */
static int start_gzip(struct gp_encoder *e, const struct gp_encoder_opts *o, struct gp_err *err)
{
	static const uint8_t head[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3 };
	struct gp_chunk_ops ops = { GZIP_PIECE, 32768, gzip_work, gzip_done, e };

	e->chunker = gp_chunker_new(&ops, o->threads);
	return e->sink.write(e->sink.arg, head, sizeof(head), err);
}

static int start(struct gp_encoder *e, const struct gp_encoder_opts *o, struct gp_err *err)
{
	struct gp_chunk_ops bz = { BZIP2_PIECE, 0, bzip2_work, bzip2_done, e };

	switch (e->kind) {
	case GP_CODEC_GZIP: return start_gzip(e, o, err);
	case GP_CODEC_XZ: return start_xz(e, o, err);
	case GP_CODEC_ZSTD: return start_zstd(e, o, err);
	case GP_CODEC_BZIP2: e->chunker = gp_chunker_new(&bz, o->threads); break;
	case GP_CODEC_NONE: break;
	}
	return 0;
}

struct gp_encoder *gp_encoder_new(enum gp_codec c, const struct gp_encoder_opts *opts, struct gp_sink sink,
				  struct gp_err *err)
{
	struct gp_encoder *e = gp_alloc(sizeof(*e));

	e->kind = c;
	e->sink = sink;
	e->level = gp_encoder_level(c, opts);
	e->out = gp_alloc(OUT_SIZE);
	if (start(e, opts, err) < 0) {
		gp_encoder_free(e);
		return NULL;
	}
	return e;
}

static int run_xz(struct gp_encoder *e, const void *p, size_t len, lzma_action act, struct gp_err *err)
{
	lzma_ret rc;

	e->xz.next_in = p;
	e->xz.avail_in = len;
	do {
		e->xz.next_out = e->out;
		e->xz.avail_out = OUT_SIZE;
		rc = lzma_code(&e->xz, act);
		if (rc == LZMA_MEM_ERROR)
			return no_memory(e, err);
		if (rc != LZMA_OK && rc != LZMA_STREAM_END)
			return gp_fail(err, GP_E_BUG, "liblzma: error %d", (int)rc);
		if (e->sink.write(e->sink.arg, e->out, OUT_SIZE - e->xz.avail_out, err) < 0)
			return -1;
	} while (act == LZMA_FINISH ? rc != LZMA_STREAM_END : e->xz.avail_in > 0);
	return 0;
}

static int run_zstd(struct gp_encoder *e, const void *p, size_t len, ZSTD_EndDirective end, struct gp_err *err)
{
	ZSTD_inBuffer in = { p, len, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { e->out, OUT_SIZE, 0 };

		left = ZSTD_compressStream2(e->zstd, &out, &in, end);
		if (ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation)
			return no_memory(e, err);
		if (ZSTD_isError(left))
			return gp_fail(err, GP_E_BUG, "libzstd: %s", ZSTD_getErrorName(left));
		if (e->sink.write(e->sink.arg, e->out, out.pos, err) < 0)
			return -1;
	} while (end == ZSTD_e_end ? left : in.pos < in.size);
	return 0;
}

int gp_encoder_write(struct gp_encoder *e, const void *p, size_t len, struct gp_err *err)
{
	e->total += len;
	if (e->chunker)
		return gp_chunker_write(e->chunker, p, len, err);
	if (e->kind == GP_CODEC_XZ)
		return run_xz(e, p, len, LZMA_RUN, err);
	if (e->kind == GP_CODEC_ZSTD)
		return run_zstd(e, p, len, ZSTD_e_continue, err);
	return e->sink.write(e->sink.arg, p, len, err);
}

static int gzip_trailer(struct gp_encoder *e, struct gp_err *err)
{
	uint32_t isize = (uint32_t)e->total; /* modulo 2^32: RFC 1952 2.3.1 */
	uint8_t tail[8];

	for (int i = 0; i < 4; i++) {
		tail[i] = (uint8_t)(e->crc >> 8 * i);
		tail[4 + i] = (uint8_t)(isize >> 8 * i);
	}
	return e->sink.write(e->sink.arg, tail, sizeof(tail), err);
}

int gp_encoder_finish(struct gp_encoder *e, struct gp_err *err)
{
	if (e->chunker && gp_chunker_finish(e->chunker, err) < 0)
		return -1;
	if (e->kind == GP_CODEC_GZIP)
		return gzip_trailer(e, err);
	if (e->kind == GP_CODEC_XZ)
		return run_xz(e, NULL, 0, LZMA_FINISH, err);
	if (e->kind == GP_CODEC_ZSTD)
		return run_zstd(e, NULL, 0, ZSTD_e_end, err);
	return 0;
}

void gp_encoder_free(struct gp_encoder *e)
{
	if (!e)
		return;
	gp_chunker_free(e->chunker);
	if (e->kind == GP_CODEC_XZ)
		lzma_end(&e->xz);
	ZSTD_freeCCtx(e->zstd);
	free(e->out);
	free(e);
}
