/* SPDX-License-Identifier: MIT */
/* Decompression of every kind behind gp_src. Each kind gives one step
 * function that turns input into output; the loop around it is shared. */
#include "core/payload/codec.h"

#include <bzlib.h>
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "core/payload/splice.h"

#ifdef GP_HAVE_ISAL
#include <isa-l/igzip_lib.h>
#endif

#define IN_SIZE (256u << 10)
#define IN_BACK 64u /* bytes of the block before that stay in front */

/* Dictionaries beyond this come only from hostile files: xz -9 needs 65 MiB. */
#define XZ_MEMLIMIT (1ull << 30)

enum step { STEP_MORE, STEP_BOUNDARY, STEP_ERROR };

struct gp_decoder {
	enum gp_codec kind;
	struct gp_src src;
	uint8_t *in; /* IN_BACK old bytes, then those of the last read */
	size_t in_pos, in_len;
	bool in_end;      /* src has no more */
	bool at_boundary; /* between two members, streams or frames */
	bool done;
	uint64_t in_total; /* bytes read from src */
	int xz_check;
	z_stream z;
	struct inflate_state *isal; /* or this, which is 2.5 times as fast */
#ifdef GP_HAVE_ISAL
	struct isal_gzip_header head;
	bool in_head;
#endif
	bz_stream bz;
	lzma_stream xz;
	ZSTD_DStream *zstd;
	struct gp_splice *watch;
	size_t portion; /* zstd: bytes that may be decoded now */
	bool flushing;  /* zstd: the portion is read, not all of it told */
	bool between;   /* gzip: the step ended between two blocks */
	bool started;   /* gzip: the first member has */
};

static int damaged(struct gp_err *err, const struct gp_decoder *d, const char *what)
{
	return gp_fail(err, GP_E_FORMAT, "payload damaged: %s: %s", gp_codec_name(d->kind), what);
}

/* Well formed for all we know, but beyond what we take or the library knows. */
static int unsupported(struct gp_err *err, const struct gp_decoder *d, const char *what)
{
	return gp_fail(err, GP_E_UNSUPPORTED, "payload unsupported: %s: %s", gp_codec_name(d->kind), what);
}

/* Not the input's fault: somebody may try again with more. */
static int no_memory(struct gp_err *err, const struct gp_decoder *d)
{
	return gp_fail_sys(err, ENOMEM, "cannot unpack %s", gp_codec_name(d->kind));
}

/* Each step: consume from in, put at most cap bytes into out, tell how many. */
static enum step step_gzip(struct gp_decoder *d, uint8_t *out, size_t cap, size_t *got, struct gp_err *err)
{
	int rc;

	if (d->at_boundary && inflateReset(&d->z) != Z_OK)
		return damaged(err, d, "cannot reset"), STEP_ERROR;
	if (d->watch && (d->at_boundary || !d->started))
		gp_splice_member(d->watch, d->in_total - (d->in_len - d->in_pos));
	d->started = true;
	d->z.next_in = d->in + d->in_pos;
	d->z.avail_in = (uInt)(d->in_len - d->in_pos);
	d->z.next_out = out;
	d->z.avail_out = (uInt)cap;
	rc = inflate(&d->z, d->watch ? Z_BLOCK : Z_NO_FLUSH);
	d->in_pos = d->in_len - d->z.avail_in;
	/* zlib.h, inflate(): 128 at the end of a block or header, 64 after the last block. */
	d->between = (d->z.data_type & 192) == 128;
	*got = cap - d->z.avail_out;
	if (rc == Z_STREAM_END)
		return STEP_BOUNDARY;
	if (rc == Z_MEM_ERROR)
		return no_memory(err, d), STEP_ERROR;
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		return damaged(err, d, d->z.msg ? d->z.msg : "bad data"), STEP_ERROR;
	return STEP_MORE;
}

#ifdef GP_HAVE_ISAL
static const char *isal_problem(int rc)
{
	return rc == ISAL_INCORRECT_CHECKSUM                               ? "incorrect data check" :
	       rc == ISAL_INVALID_WRAPPER || rc == ISAL_UNSUPPORTED_METHOD ? "incorrect header" :
									     "bad data";
}

static enum step step_isal(struct gp_decoder *d, uint8_t *out, size_t cap, size_t *got, struct gp_err *err)
{
	struct inflate_state *s = d->isal;
	int rc;

	if (d->at_boundary || !d->started) {
		if (d->watch)
			gp_splice_member(d->watch, d->in_total - (d->in_len - d->in_pos));
		isal_inflate_reset(s);
		s->crc_flag = ISAL_GZIP_NO_HDR_VER;
		memset(&d->head, 0, sizeof(d->head));
		d->in_head = true;
		d->started = true;
	}
	s->next_in = d->in + d->in_pos;
	s->avail_in = (uint32_t)(d->in_len - d->in_pos);
	s->next_out = out;
	s->avail_out = (uint32_t)cap;
	/* isal_inflate() forgets what it knows of a header that comes in pieces. */
	rc = d->in_head ? isal_read_gzip_header(s, &d->head) : ISAL_DECOMP_OK;
	if (rc == ISAL_DECOMP_OK) {
		d->in_head = false;
		rc = isal_inflate(s);
	}
	/* At a member's end it gives back whole bytes that it had taken: perhaps
	 * some of the block before, which is why those are kept. */
	d->in_pos = (size_t)(s->next_in - d->in);
	*got = cap - s->avail_out;
	if (rc < 0 || rc == ISAL_NAME_OVERFLOW || rc == ISAL_COMMENT_OVERFLOW || rc == ISAL_EXTRA_OVERFLOW)
		return damaged(err, d, isal_problem(rc)), STEP_ERROR;
	return s->block_state == ISAL_BLOCK_FINISH ? STEP_BOUNDARY : STEP_MORE;
}
#endif

static enum step step_bzip2(struct gp_decoder *d, uint8_t *out, size_t cap, size_t *got, struct gp_err *err)
{
	int rc;

	if (d->at_boundary) {
		BZ2_bzDecompressEnd(&d->bz);
		memset(&d->bz, 0, sizeof(d->bz));
		if (BZ2_bzDecompressInit(&d->bz, 0, 0) != BZ_OK)
			return no_memory(err, d), STEP_ERROR;
	}
	d->bz.next_in = (char *)d->in + d->in_pos;
	d->bz.avail_in = (unsigned)(d->in_len - d->in_pos);
	d->bz.next_out = (char *)out;
	d->bz.avail_out = (unsigned)cap;
	rc = BZ2_bzDecompress(&d->bz);
	d->in_pos = d->in_len - d->bz.avail_in;
	*got = cap - d->bz.avail_out;
	if (rc == BZ_STREAM_END)
		return STEP_BOUNDARY;
	if (rc == BZ_MEM_ERROR)
		return no_memory(err, d), STEP_ERROR;
	if (rc != BZ_OK)
		return damaged(err, d, "bad data"), STEP_ERROR;
	return STEP_MORE;
}

static const char *xz_problem(lzma_ret rc)
{
	switch (rc) {
	case LZMA_FORMAT_ERROR: return "garbage after the stream";
	case LZMA_BUF_ERROR: return "cut off";
	default: return "bad data";
	}
}

/* liblzma walks concatenated streams and their padding itself. */
static enum step step_xz(struct gp_decoder *d, uint8_t *out, size_t cap, size_t *got, struct gp_err *err)
{
	lzma_ret rc;

	d->xz.next_in = d->in + d->in_pos;
	d->xz.avail_in = d->in_len - d->in_pos;
	d->xz.next_out = out;
	d->xz.avail_out = cap;
	rc = lzma_code(&d->xz, d->in_end ? LZMA_FINISH : LZMA_RUN);
	d->in_pos = d->in_len - d->xz.avail_in;
	*got = cap - d->xz.avail_out;
	if (rc == LZMA_STREAM_END)
		return STEP_BOUNDARY;
	if (rc == LZMA_MEM_ERROR)
		return no_memory(err, d), STEP_ERROR;
	if (rc == LZMA_MEMLIMIT_ERROR)
		return unsupported(err, d, "its dictionary needs more than 1 GiB"), STEP_ERROR;
	if (rc == LZMA_OPTIONS_ERROR)
		return unsupported(err, d, "it uses a filter or check this liblzma does not know"), STEP_ERROR;
	if (rc != LZMA_OK && !(rc == LZMA_BUF_ERROR && !d->in_end))
		return damaged(err, d, xz_problem(rc)), STEP_ERROR;
	return STEP_MORE;
}

static enum step step_zstd(struct gp_decoder *d, uint8_t *out, size_t cap, size_t *got, struct gp_err *err)
{
	ZSTD_inBuffer in = { d->in, d->in_len, d->in_pos };
	ZSTD_outBuffer o = { out, cap, 0 };
	size_t rc;

	if (d->watch && !d->portion && !d->flushing)
		d->portion = gp_splice_portion(d->watch, d->in + d->in_pos, d->in_len - d->in_pos);
	if (d->watch)
		in.size = d->in_pos + d->portion;
	rc = ZSTD_decompressStream(d->zstd, &o, &in);
	d->portion -= d->watch ? in.pos - d->in_pos : 0;
	d->in_pos = in.pos;
	*got = o.pos;
	/* Less than there was room for: nothing is held back. */
	d->flushing = d->watch && !d->portion && o.pos == cap && rc != 0;
	if (ZSTD_getErrorCode(rc) == ZSTD_error_memory_allocation)
		return no_memory(err, d), STEP_ERROR;
	if (ZSTD_getErrorCode(rc) == ZSTD_error_frameParameter_windowTooLarge)
		return unsupported(err, d, "its window is larger than this libzstd takes"), STEP_ERROR;
	if (ZSTD_isError(rc))
		return damaged(err, d, ZSTD_getErrorName(rc)), STEP_ERROR;
	return rc == 0 ? STEP_BOUNDARY : STEP_MORE;
}

static enum step step_none(struct gp_decoder *d, uint8_t *out, size_t cap, size_t *got, struct gp_err *err)
{
	(void)err;
	*got = d->in_len - d->in_pos < cap ? d->in_len - d->in_pos : cap;
	if (*got)
		memcpy(out, d->in + d->in_pos, *got);
	d->in_pos += *got;
	return STEP_BOUNDARY;
}

static enum step step(struct gp_decoder *d, uint8_t *out, size_t cap, size_t *got, struct gp_err *err)
{
	switch (d->kind) {
	case GP_CODEC_GZIP:
#ifdef GP_HAVE_ISAL
		if (d->isal)
			return step_isal(d, out, cap, got, err);
#endif
		return step_gzip(d, out, cap, got, err);
	case GP_CODEC_BZIP2: return step_bzip2(d, out, cap, got, err);
	case GP_CODEC_XZ: return step_xz(d, out, cap, got, err);
	case GP_CODEC_ZSTD: return step_zstd(d, out, cap, got, err);
	case GP_CODEC_NONE: break;
	}
	return step_none(d, out, cap, got, err);
}

static int refill(struct gp_decoder *d, struct gp_err *err)
{
	ssize_t n;

	if (d->in_pos < d->in_len || d->in_end)
		return 0;
	memmove(d->in, d->in + d->in_len - IN_BACK, IN_BACK);
	d->in_pos = IN_BACK;
	d->in_len = IN_BACK;
	n = d->src.read(d->src.arg, d->in + IN_BACK, IN_SIZE, err);
	if (n < 0)
		return -1;
	if (d->watch && d->kind != GP_CODEC_ZSTD)
		gp_splice_packed(d->watch, d->in + IN_BACK, (size_t)n);
	d->in_len += (size_t)n;
	d->in_end = n == 0;
	/* Stream Flags, xz-file-format 2.1.1.2: byte 7, whatever read brings it. */
	if (d->kind == GP_CODEC_XZ && d->in_total <= 7 && d->in_total + (uint64_t)n > 7)
		d->xz_check = d->in[IN_BACK + 7 - d->in_total] & 0x0f;
	d->in_total += (uint64_t)n;
	return 0;
}

static void tell(struct gp_decoder *d, const uint8_t *out, size_t got)
{
	gp_splice_plain(d->watch, out, got);
	if (d->kind == GP_CODEC_GZIP && !d->isal && d->between)
		gp_splice_block(d->watch, d->in_total - (d->in_len - d->in_pos), (unsigned)d->z.data_type & 7,
				(uint32_t)d->z.adler);
	if (d->kind == GP_CODEC_ZSTD && !d->portion && !d->flushing)
		gp_splice_flushed(d->watch);
}

static ssize_t decoder_read(void *arg, void *buf, size_t cap, struct gp_err *err)
{
	struct gp_decoder *d = arg;
	size_t got = 0;

	if (cap > 1u << 30)
		cap = 1u << 30; /* zlib and bzip2 count in 32 bits */
	while (!got && !d->done) {
		enum step s;

		if (refill(d, err) < 0)
			return -1;
		if (d->in_end && d->in_pos == d->in_len && d->at_boundary) {
			d->done = true;
			break;
		}
		s = step(d, buf, cap, &got, err);
		if (s == STEP_ERROR)
			return -1;
		d->at_boundary = s == STEP_BOUNDARY;
		if (d->watch)
			tell(d, buf, got);
		if (d->kind == GP_CODEC_XZ && d->at_boundary)
			d->done = true; /* only after LZMA_FINISH: the very end */
		if (!got && d->in_end && d->in_pos == d->in_len && !d->at_boundary)
			return damaged(err, d, "cut off");
	}
	return (ssize_t)got;
}

static bool start_gzip(struct gp_decoder *d)
{
#ifdef GP_HAVE_ISAL
	d->isal = gp_alloc(sizeof(*d->isal));
	isal_inflate_init(d->isal);
#endif
	return inflateInit2(&d->z, 15 + 16) == Z_OK; /* +16: gzip wrapper only */
}

struct gp_decoder *gp_decoder_new(enum gp_codec c, struct gp_src src, struct gp_err *err)
{
	struct gp_decoder *d = gp_alloc(sizeof(*d));
	bool ok = true;

	d->kind = c;
	d->src = src;
	d->in = gp_alloc(IN_BACK + IN_SIZE);
	d->in_pos = d->in_len = IN_BACK;
	d->xz_check = -1;
	d->xz = (lzma_stream)LZMA_STREAM_INIT;
	if (c == GP_CODEC_GZIP)
		ok = start_gzip(d);
	else if (c == GP_CODEC_BZIP2)
		ok = BZ2_bzDecompressInit(&d->bz, 0, 0) == BZ_OK;
	else if (c == GP_CODEC_XZ)
		ok = lzma_stream_decoder(&d->xz, XZ_MEMLIMIT, LZMA_CONCATENATED) == LZMA_OK;
	else if (c == GP_CODEC_ZSTD)
		ok = (d->zstd = ZSTD_createDStream()) != NULL;
	/* Where pointers have 32 bits the largest window is smaller, and stays as it is. */
	if (d->zstd)
		(void)ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, 31);
	if (!ok) {
		no_memory(err, d);
		gp_decoder_free(d);
		return NULL;
	}
	return d;
}

struct gp_src gp_decoder_src(struct gp_decoder *dec)
{
	return (struct gp_src){ decoder_read, dec };
}

void gp_decoder_watch(struct gp_decoder *dec, struct gp_splice *splice)
{
	dec->watch = splice;
	/* ISA-L does not stop between blocks. */
	if (dec->isal && gp_splice_wants_blocks(splice)) {
		free(dec->isal);
		dec->isal = NULL;
	}
}

struct gp_codec_facts gp_decoder_facts(const struct gp_decoder *dec)
{
	struct gp_codec_facts f = { .xz_check = dec->xz_check };

	if (dec->kind == GP_CODEC_XZ)
		f.check = gp_xz_check_name(dec->xz_check);
	return f;
}

void gp_decoder_free(struct gp_decoder *dec)
{
	if (!dec)
		return;
	free(dec->isal);
	if (dec->kind == GP_CODEC_GZIP)
		inflateEnd(&dec->z);
	if (dec->kind == GP_CODEC_BZIP2)
		BZ2_bzDecompressEnd(&dec->bz);
	lzma_end(&dec->xz);
	ZSTD_freeDStream(dec->zstd);
	free(dec->in);
	free(dec);
}
