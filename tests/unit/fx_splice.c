/* SPDX-License-Identifier: MIT */
#include "fx_splice.h"

#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define MUST(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

/* --- data --- */

/* splitmix64 */
uint64_t fx_random(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

size_t fx_below(uint64_t *seed, size_t n)
{
	return n ? (size_t)(fx_random(seed) % n) : 0;
}

static void add_text(struct gp_buf *out, size_t len, uint64_t *seed)
{
	size_t end = out->len + len;

	while (out->len < end) {
		size_t word = fx_below(seed, 400), n = 2 + word % 9;

		for (size_t i = 0; i < n; i++)
			gp_buf_putc(out, (char)('a' + (word * 7 + i * i * 5 + word / 11) % 26));
		gp_buf_putc(out, word % 13 ? ' ' : '\n');
	}
	out->len = end;
	out->data[end] = '\0';
}

static void add_noise(struct gp_buf *out, size_t len, uint64_t *seed)
{
	for (size_t i = 0; i < len; i += 8) {
		uint64_t v = fx_random(seed);

		gp_buf_add(out, &v, len - i < 8 ? len - i : 8);
	}
}

static void add_zeros(struct gp_buf *out, size_t len)
{
	gp_buf_reserve(out, len + 1);
	memset(out->data + out->len, 0, len + 1);
	out->len += len;
}

void fx_fill(struct gp_buf *out, enum fx_data kind, size_t len, uint64_t seed)
{
	out->len = 0;
	gp_buf_puts(out, "");
	while (out->len < len) {
		size_t n = len - out->len;
		enum fx_data k = kind;

		if (kind == FX_MIXED) {
			size_t some = 1 + fx_below(&seed, 90000);

			k = (enum fx_data)fx_below(&seed, 3);
			n = some < n ? some : n;
		}
		if (k == FX_TEXT)
			add_text(out, n, &seed);
		else if (k == FX_NOISE)
			add_noise(out, n, &seed);
		else
			add_zeros(out, n);
	}
}

/* The part of plain that is unit i's. */
static struct gp_str part(const struct fx_recipe *r, struct gp_str plain, size_t i)
{
	size_t n = r->units ? r->units : 1, from = plain.len / n * i;

	return (struct gp_str){ plain.p + from, i + 1 == n ? plain.len - from : plain.len / n };
}

static size_t count(const struct fx_recipe *r)
{
	return r->units ? r->units : 1;
}

/* The next bytes that are compressed before a flush. */
static size_t next_piece(const struct fx_recipe *r, size_t left)
{
	return r->piece && r->piece < left ? r->piece : left;
}

/* --- gzip --- */

static void gzip_one(const struct fx_recipe *r, struct gp_str plain, struct gp_buf *out)
{
	static Bytef extra[300] = "many bytes", name[] = "payload.tar", comment[] = "no comment";
	gz_header head = { .extra = extra, .extra_len = sizeof(extra), .name = name, .comment = comment, .hcrc = 1 };
	z_stream z = { 0 };
	char block[65536];
	int rc;

	MUST(deflateInit2(&z, r->level, Z_DEFLATED, 15 + 16, r->mem ? r->mem : 8, r->strategy) == Z_OK);
	if (r->flags & FX_NAMED)
		MUST(deflateSetHeader(&z, &head) == Z_OK);
	do {
		size_t n = next_piece(r, plain.len);
		int flush = n == plain.len ? Z_FINISH : r->flush;

		z.next_in = (Bytef *)plain.p;
		z.avail_in = (uInt)n;
		plain.p += n;
		plain.len -= n;
		do {
			z.next_out = (Bytef *)block;
			z.avail_out = sizeof(block);
			rc = deflate(&z, flush);
			MUST(rc != Z_STREAM_ERROR);
			gp_buf_add(out, block, sizeof(block) - z.avail_out);
		} while (!z.avail_out);
	} while (rc != Z_STREAM_END);
	deflateEnd(&z);
}

static void gzip(const struct fx_recipe *r, struct gp_str plain, struct gp_buf *out)
{
	for (size_t i = 0; i < count(r); i++)
		gzip_one(r, part(r, plain, i), out);
	if (r->flags & FX_EMPTY_UNIT)
		gzip_one(r, GP_STR(""), out);
}

/* --- xz --- */

static void xz_one(const struct fx_recipe *r, struct gp_str plain, struct gp_buf *out)
{
	lzma_options_lzma o;
	lzma_filter filter[] = { { LZMA_FILTER_X86, NULL }, { LZMA_FILTER_LZMA2, &o }, { LZMA_VLI_UNKNOWN, NULL } };
	lzma_mt mt = {
		.threads = 2, .block_size = r->block_size, .filters = filter + 1, .check = (lzma_check)r->check
	};
	lzma_stream x = LZMA_STREAM_INIT;
	uint8_t block[65536];
	lzma_ret rc;

	MUST(!lzma_lzma_preset(&o, (uint32_t)r->level));
	if (r->flags & FX_SMALL_WINDOW)
		o.dict_size = LZMA_DICT_SIZE_MIN;
	if (r->block_size)
		MUST(lzma_stream_encoder_mt(&x, &mt) == LZMA_OK);
	else
		MUST(lzma_stream_encoder(&x, r->flags & FX_BCJ ? filter : filter + 1, (lzma_check)r->check) == LZMA_OK);
	do {
		size_t n = next_piece(r, plain.len);
		lzma_action action = n == plain.len ? LZMA_FINISH : (lzma_action)r->flush;

		x.next_in = (const uint8_t *)plain.p;
		x.avail_in = n;
		plain.p += n;
		plain.len -= n;
		do {
			x.next_out = block;
			x.avail_out = sizeof(block);
			rc = lzma_code(&x, action);
			MUST(rc == LZMA_OK || rc == LZMA_STREAM_END);
			gp_buf_add(out, block, sizeof(block) - x.avail_out);
		} while (rc == LZMA_OK);
		if (action == LZMA_FINISH)
			break;
	} while (true);
	lzma_end(&x);
}

static void xz(const struct fx_recipe *r, struct gp_str plain, struct gp_buf *out)
{
	for (size_t i = 0; i < count(r); i++)
		xz_one(r, part(r, plain, i), out);
	if (r->flags & FX_EMPTY_UNIT)
		xz_one(r, GP_STR(""), out);
	if (r->flags & FX_PADDED)
		gp_buf_add(out, "\0\0\0", 4);
}

/* --- zstd --- */

static void skippable(const struct fx_recipe *r, size_t i, struct gp_buf *out)
{
	char head[8] = { 0x50, 0x2a, 0x4d, 0x18 };

	if (!(r->flags & FX_SKIPPABLE))
		return;
	head[0] = (char)(0x50 + i % 16);
	head[4] = (char)(i % 3 * 7);
	gp_buf_add(out, head, sizeof(head));
	gp_buf_add(out, "neither read nor kept", (size_t)head[4]);
}

static void zstd_one(const struct fx_recipe *r, struct gp_str plain, struct gp_buf *out)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	char block[65536];
	size_t left;

	MUST(c);
	ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, r->level);
	ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, r->check);
	ZSTD_CCtx_setParameter(c, ZSTD_c_contentSizeFlag, (r->flags & FX_SIZED) != 0);
	if (r->flags & FX_SMALL_WINDOW)
		ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, 10);
	if (r->flags & FX_SIZED)
		ZSTD_CCtx_setPledgedSrcSize(c, plain.len);
	if (r->flags & FX_ONE_SHOT) {
		gp_buf_reserve(out, ZSTD_compressBound(plain.len));
		left = ZSTD_compress2(c, out->data + out->len, out->cap - out->len, plain.p, plain.len);
		MUST(!ZSTD_isError(left));
		out->len += left;
		ZSTD_freeCCtx(c);
		return;
	}
	for (bool last = false; !last;) {
		size_t n = next_piece(r, plain.len);
		ZSTD_inBuffer in = { plain.p, n, 0 };

		last = n == plain.len;
		do {
			ZSTD_outBuffer o = { block, sizeof(block), 0 };

			left = ZSTD_compressStream2(c, &o, &in, last ? ZSTD_e_end : ZSTD_e_flush);
			MUST(!ZSTD_isError(left));
			gp_buf_add(out, block, o.pos);
		} while (left);
		plain.p += n;
		plain.len -= n;
	}
	ZSTD_freeCCtx(c);
}

static void zstd(const struct fx_recipe *r, struct gp_str plain, struct gp_buf *out)
{
	for (size_t i = 0; i < count(r); i++) {
		skippable(r, i, out);
		zstd_one(r, part(r, plain, i), out);
	}
	if (r->flags & FX_EMPTY_UNIT)
		zstd_one(r, GP_STR(""), out);
	skippable(r, count(r), out);
}

static void put_le(struct gp_buf *out, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		gp_buf_putc(out, (char)(v >> 8 * i & 255));
}

static bool is_one_byte(const char *p, size_t len)
{
	return len && memcmp(p, p + 1, len - 1) == 0;
}

/* A frame of raw and RLE blocks. level: the header's content size flag, 0 … 3;
 * strategy: its dictionary ID flag, for an ID of 0, which means none. */
static void zstd_by_hand(const struct fx_recipe *r, struct gp_str plain, struct gp_buf *out)
{
	static const size_t dict[] = { 0, 1, 2, 4 }, size[] = { 0, 2, 4, 8 };
	bool single = r->flags & FX_SINGLE;
	size_t fcs = r->level, at = 0;

	/* A field that the size does not fit in gets a larger one. */
	while ((fcs == 0 && single && plain.len > 255) || (fcs == 1 && (plain.len < 256 || plain.len > 65791)))
		fcs = fcs == 1 ? 2 : 1;
	put_le(out, 0xfd2fb528, 4);
	gp_buf_putc(out, (char)(fcs << 6 | (single ? 0x20u : 0) | (r->check ? 4u : 0) | (unsigned)r->strategy));
	if (!single)
		gp_buf_putc(out, (10 << 3) | 3);
	put_le(out, 0, dict[r->strategy]);
	put_le(out, fcs == 1 ? plain.len - 256 : plain.len, fcs ? size[fcs] : single);
	do {
		size_t n = plain.len - at < r->piece ? plain.len - at : r->piece;
		bool rle = is_one_byte(plain.p + at, n);
		bool last = at + n == plain.len && !(n && (r->flags & FX_EMPTY_LAST));

		put_le(out, (uint64_t)n << 3 | (rle ? 2 : 0) | last, 3);
		gp_buf_add(out, plain.p + at, rle ? 1 : n);
		at += n;
		if (last)
			break;
	} while (true);
	if (r->check)
		put_le(out, XXH64(plain.p, plain.len, 0), 4);
}

/* --- the others --- */

static int to_buf(void *arg, const void *p, size_t len, struct gp_err *err)
{
	(void)err;
	gp_buf_add(arg, p, len);
	return 0;
}

/* What we write ourselves. */
static void ours(const struct fx_recipe *r, struct gp_str plain, struct gp_buf *out)
{
	struct gp_encoder_opts o = { .threads = 2, .level = r->level, .xz_check = r->check };
	struct gp_encoder *enc = gp_encoder_new(r->codec, &o, (struct gp_sink){ to_buf, out }, NULL);

	MUST(enc && gp_encoder_write(enc, plain.p, plain.len, NULL) == 0 && gp_encoder_finish(enc, NULL) == 0);
	gp_encoder_free(enc);
}

#define SEVERAL "several xz streams cannot be continued"
#define GZ .codec = GP_CODEC_GZIP, .make = gzip
#define XZ .codec = GP_CODEC_XZ, .make = xz
#define ZS .codec = GP_CODEC_ZSTD, .make = zstd
#define ZH .codec = GP_CODEC_ZSTD, .make = zstd_by_hand

const struct fx_recipe fx_recipe[] = {
	{ "none", .codec = GP_CODEC_NONE, .make = ours },
	{ "bzip2", .codec = GP_CODEC_BZIP2, .make = ours, .level = 1, .why = "bzip2 cannot be continued" },

	{ "gzip 1", GZ, .level = 1 },
	{ "gzip 6", GZ, .level = 6 },
	{ "gzip 9", GZ, .level = 9 },
	{ "gzip 9, large memory", GZ, .level = 9, .mem = 9 },
	{ "gzip 6, little memory", GZ, .level = 6, .mem = 1 },
	{ "gzip 9, less memory", GZ, .level = 9, .mem = 4 },
	{ "gzip, fixed codes", GZ, .level = 6, .strategy = Z_FIXED },
	{ "gzip, fixed codes, flushed to a bit", GZ, .level = 6, .strategy = Z_FIXED, .piece = 3000, .flush = Z_BLOCK },
	{ "gzip, Huffman only", GZ, .level = 6, .strategy = Z_HUFFMAN_ONLY },
	{ "gzip, filtered", GZ, .level = 6, .strategy = Z_FILTERED },
	{ "gzip, run lengths", GZ, .level = 6, .strategy = Z_RLE },
	{ "gzip, stored", GZ, .level = 0 },
	{ "gzip, all header fields", GZ, .level = 9, .flags = FX_NAMED },
	{ "gzip, synchronised", GZ, .level = 9, .piece = 131072, .flush = Z_SYNC_FLUSH },
	{ "gzip, synchronised often", GZ, .level = 1, .piece = 700, .flush = Z_SYNC_FLUSH },
	{ "gzip, flushed in full", GZ, .level = 6, .piece = 40000, .flush = Z_FULL_FLUSH },
	{ "gzip, flushed partially", GZ, .level = 6, .piece = 20000, .flush = Z_PARTIAL_FLUSH },
	{ "gzip, flushed to a bit", GZ, .level = 6, .piece = 17000, .flush = Z_BLOCK },
	{ "gzip, three members", GZ, .level = 6, .units = 3 },
	{ "gzip, 40 members with all header fields", GZ, .level = 1, .units = 40, .flags = FX_NAMED },
	{ "gzip, an empty member at the end", GZ, .level = 6, .units = 2, .flags = FX_EMPTY_UNIT },
	{ "gzip, ours", .codec = GP_CODEC_GZIP, .make = ours, .level = 6 },

	{ "xz 0, no check", XZ, .level = 0, .check = LZMA_CHECK_NONE },
	{ "xz 1, CRC32", XZ, .level = 1, .check = LZMA_CHECK_CRC32 },
	{ "xz 4, CRC64", XZ, .level = 4, .check = LZMA_CHECK_CRC64 },
	{ "xz, SHA-256", XZ, .level = 0, .check = LZMA_CHECK_SHA256,
	  .why = "an xz stream with SHA-256 checks cannot be continued" },
	{ "xz, the smallest dictionary", XZ, .level = 1, .check = LZMA_CHECK_CRC32, .flags = FX_SMALL_WINDOW },
	{ "xz, blocks without sizes", XZ, .level = 0, .check = LZMA_CHECK_CRC64, .piece = 30011,
	  .flush = LZMA_FULL_FLUSH },
	{ "xz, many blocks without sizes", XZ, .level = 0, .check = LZMA_CHECK_CRC32, .piece = 517,
	  .flush = LZMA_FULL_FLUSH },
	{ "xz, blocks without sizes or checks", XZ, .level = 0, .piece = 9001, .flush = LZMA_FULL_FLUSH },
	{ "xz, synchronised", XZ, .level = 0, .check = LZMA_CHECK_CRC64, .piece = 20001, .flush = LZMA_SYNC_FLUSH },
	{ "xz, blocks with sizes, no check", XZ, .level = 0, .block_size = 65536 },
	{ "xz, blocks with sizes, CRC32", XZ, .level = 0, .check = LZMA_CHECK_CRC32, .block_size = 50003 },
	{ "xz, blocks with sizes, CRC64", XZ, .level = 1, .check = LZMA_CHECK_CRC64, .block_size = 1u << 20 },
	{ "xz, small blocks with sizes", XZ, .level = 0, .check = LZMA_CHECK_CRC64, .block_size = 4096 },
	{ "xz, x86 filter", XZ, .level = 0, .check = LZMA_CHECK_CRC32, .flags = FX_BCJ,
	  .why = "an xz stream with other filters than LZMA2 cannot be continued" },
	{ "xz, three streams", XZ, .level = 0, .check = LZMA_CHECK_CRC64, .units = 3, .why = SEVERAL },
	{ "xz, an empty stream at the end", XZ, .level = 0, .flags = FX_EMPTY_UNIT, .why = SEVERAL },
	{ "xz, padded", XZ, .level = 0, .check = LZMA_CHECK_CRC32, .flags = FX_PADDED, .why = SEVERAL },
	{ "xz, ours", .codec = GP_CODEC_XZ, .make = ours, .level = 1, .check = LZMA_CHECK_CRC32 },

	{ "zstd 1", ZS, .level = 1 },
	{ "zstd 3, checksum", ZS, .level = 3, .check = 1 },
	{ "zstd -5, size", ZS, .level = -5, .flags = FX_SIZED },
	{ "zstd 9, size and checksum", ZS, .level = 9, .check = 1, .flags = FX_SIZED },
	{ "zstd 3 at once", ZS, .level = 3, .check = 1, .flags = FX_SIZED | FX_ONE_SHOT },
	{ "zstd, small window", ZS, .level = 1, .check = 1, .flags = FX_SMALL_WINDOW },
	{ "zstd, small window, size", ZS, .level = 1, .flags = FX_SMALL_WINDOW | FX_SIZED },
	{ "zstd, flushed", ZS, .level = 1, .check = 1, .piece = 20000 },
	{ "zstd, flushed often, size", ZS, .level = 1, .check = 1, .piece = 700, .flags = FX_SIZED },
	{ "zstd, five frames", ZS, .level = 1, .units = 5 },
	{ "zstd, five frames at once, checksums", ZS, .level = 1, .check = 1, .units = 5,
	  .flags = FX_SIZED | FX_ONE_SHOT },
	{ "zstd, skippable frames", ZS, .level = 1, .check = 1, .units = 4, .flags = FX_SKIPPABLE },
	{ "zstd, an empty frame at the end", ZS, .level = 1, .check = 1, .flags = FX_EMPTY_UNIT | FX_SIZED },
	{ "zstd by hand", ZH, .piece = 8000 },
	{ "zstd by hand, checksum, large blocks", ZH, .piece = 131072, .check = 1 },
	{ "zstd by hand, single segment", ZH, .piece = 1000, .flags = FX_SINGLE },
	{ "zstd by hand, 2 bytes of size", ZH, .level = 1, .piece = 1000, .check = 1, .flags = FX_SINGLE },
	{ "zstd by hand, 4 bytes of size", ZH, .level = 2, .piece = 1000, .flags = FX_EMPTY_LAST },
	{ "zstd by hand, 8 bytes of size", ZH, .level = 3, .piece = 90, .check = 1,
	  .flags = FX_SINGLE | FX_EMPTY_LAST },
	{ "zstd by hand, 8 bytes, dictionary 1", ZH, .level = 3, .strategy = 1, .piece = 900, .flags = FX_SINGLE },
	{ "zstd by hand, dictionary 2", ZH, .strategy = 2, .piece = 900, .check = 1 },
	{ "zstd by hand, 4 bytes, dictionary 3", ZH, .level = 2, .strategy = 3, .piece = 20000, .check = 1 },
	{ "zstd, ours", .codec = GP_CODEC_ZSTD, .make = ours, .level = 1 },
};
const size_t fx_recipes = GP_COUNT(fx_recipe);

/* --- reading --- */

int fx_peek(void *arg, uint64_t off, void *buf, size_t len, struct gp_err *err)
{
	const struct gp_str *packed = arg;

	if (off > packed->len || len > packed->len - off)
		return gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
	memcpy(buf, packed->p + off, len);
	return 0;
}

struct memory {
	struct gp_str rest;
	size_t step;
};

/* A real source leaves its traces there. */
__attribute__((noinline)) static void dirty_stack(void)
{
	volatile char traces[8192];

	memset((char *)(uintptr_t)traces, 0xff, sizeof(traces));
}

static ssize_t memory_read(void *arg, void *buf, size_t cap, struct gp_err *err)
{
	struct memory *m = arg;
	size_t n = m->rest.len < m->step ? m->rest.len : m->step;

	(void)err;
	dirty_stack();
	n = n < cap ? n : cap;
	if (n)
		memcpy(buf, m->rest.p, n);
	m->rest.p += n;
	m->rest.len -= n;
	return (ssize_t)n;
}

/* The tar goes on to some place in what has been read, as its reader finds out. */
static void go_beyond(const struct fx_way *way, uint64_t *seed, uint64_t *beyond, uint64_t read, struct gp_splice *s)
{
	uint64_t to = read < way->end ? read : way->end;

	if (!way->seed || to <= *beyond || fx_below(seed, 3))
		return;
	*beyond += fx_below(seed, (size_t)(to - *beyond) + 1);
	gp_splice_beyond(s, *beyond);
}

int fx_scan(enum gp_codec c, struct gp_str packed, const struct fx_way *way, struct gp_splice *s, struct gp_buf *plain,
	    struct gp_err *err)
{
	struct memory m = { packed, way->step };
	struct gp_decoder *dec = gp_decoder_new(c, (struct gp_src){ memory_read, &m }, err);
	struct gp_src src = gp_decoder_src(dec);
	char *block = gp_alloc(way->cap);
	uint64_t seed = way->seed, beyond = 0;
	ssize_t n;

	if (way->blocks)
		gp_splice_want_blocks(s);
	gp_decoder_watch(dec, s);
	plain->len = 0;
	gp_buf_puts(plain, "");
	while ((n = src.read(src.arg, block, way->cap, err)) > 0) {
		gp_buf_add(plain, block, (size_t)n);
		go_beyond(way, &seed, &beyond, plain->len, s);
		if (way->max && plain->len > way->max) {
			n = gp_fail(err, GP_E_CANCELLED, "enough");
			break;
		}
	}
	gp_decoder_free(dec);
	free(block);
	return (int)n;
}

/* --- the libraries --- */

static bool zlib_decode(struct gp_str packed, struct gp_buf *plain, size_t *units)
{
	z_stream z = { .next_in = (Bytef *)packed.p, .avail_in = (uInt)packed.len };
	Bytef block[65536];
	int rc = inflateInit2(&z, 15 + 16);

	while (rc == Z_OK) {
		z.next_out = block;
		z.avail_out = sizeof(block);
		rc = inflate(&z, Z_NO_FLUSH);
		gp_buf_add(plain, block, sizeof(block) - z.avail_out);
		*units += rc == Z_STREAM_END;
		if (rc == Z_STREAM_END && z.avail_in)
			rc = inflateReset(&z);
	}
	inflateEnd(&z);
	return rc == Z_STREAM_END && !z.avail_in;
}

/* One stream is decoded and has to be all. */
static bool xz_decode(struct gp_str packed, size_t plain_len, struct gp_buf *plain, size_t *units)
{
	uint64_t mem = UINT64_MAX;
	size_t in = 0, out = 0;

	gp_buf_reserve(plain, plain_len + 1);
	*units = 1;
	if (lzma_stream_buffer_decode(&mem, 0, NULL, (const uint8_t *)packed.p, &in, packed.len, (uint8_t *)plain->data,
				      &out, plain_len) != LZMA_OK)
		return false;
	plain->len = out;
	return in == packed.len;
}

static bool zstd_decode(struct gp_str packed, struct gp_buf *plain, size_t *units)
{
	ZSTD_DStream *d = ZSTD_createDStream();
	ZSTD_inBuffer in = { packed.p, packed.len, 0 };
	char block[65536];
	size_t rc = 1, size;
	ZSTD_outBuffer out;

	do {
		out = (ZSTD_outBuffer){ block, sizeof(block), 0 };
		rc = ZSTD_decompressStream(d, &out, &in);
		gp_buf_add(plain, block, out.pos);
	} while (!ZSTD_isError(rc) && (in.pos < in.size || out.pos == out.size));
	ZSTD_freeDStream(d);
	for (; packed.len; packed.p += size, packed.len -= size, ++*units) {
		size = ZSTD_findFrameCompressedSize(packed.p, packed.len);
		if (ZSTD_isError(size))
			return false;
	}
	return rc == 0;
}

bool fx_library_decode(enum gp_codec c, struct gp_str packed, struct gp_buf *plain, size_t *units)
{
	size_t guess = plain->len;

	plain->len = 0;
	gp_buf_puts(plain, "");
	*units = 0;
	switch (c) {
	case GP_CODEC_GZIP: return zlib_decode(packed, plain, units);
	case GP_CODEC_XZ: return xz_decode(packed, guess, plain, units);
	case GP_CODEC_ZSTD: return zstd_decode(packed, plain, units);
	case GP_CODEC_NONE:
	case GP_CODEC_BZIP2: break;
	}
	gp_buf_add(plain, packed.p, packed.len);
	return c == GP_CODEC_NONE;
}

/* --- the new payload --- */

bool fx_plan_is_sane(const struct gp_splice_plan *plan, size_t packed_len)
{
	uint64_t at = 0;

	if (plan->nedit > GP_COUNT(plan->edit) || plan->keep > packed_len)
		return false;
	for (size_t i = 0; i < plan->nedit; i++) {
		const struct gp_splice_edit *e = &plan->edit[i];

		if (e->off < at || e->len > sizeof(e->bytes) || e->off > plan->keep || e->old_len > plan->keep - e->off)
			return false;
		at = e->off + e->old_len;
	}
	return true;
}

void fx_plan_release(struct fx_plan *p)
{
	gp_buf_release(&p->rest);
	*p = (struct fx_plan){ 0 };
}

int fx_continue(struct gp_splice *s, const struct gp_cut *cut, struct gp_peek peek, struct gp_str more,
		struct fx_plan *p, struct gp_err *err)
{
	struct gp_splice_to to = { { to_buf, &p->rest }, 1 };
	struct gp_splice_more *m = gp_splice_more_new(s, cut, peek, &to, &p->plan, err);
	int rc = m && gp_splice_more_put(m, more.p, more.len, err) == 0 ? gp_splice_more_end(m, err) : -1;

	gp_splice_more_free(m);
	return rc;
}

void fx_build(struct gp_str packed, const struct fx_plan *p, struct gp_buf *out)
{
	const struct gp_splice_plan *plan = &p->plan;
	uint64_t at = 0;

	MUST(fx_plan_is_sane(plan, packed.len));
	out->len = 0;
	gp_buf_puts(out, "");
	for (size_t i = 0; i < plan->nedit; i++) {
		const struct gp_splice_edit *e = &plan->edit[i];

		gp_buf_add(out, packed.p + at, (size_t)(e->off - at));
		gp_buf_add(out, e->bytes, e->len);
		at = e->off + e->old_len;
	}
	gp_buf_add(out, packed.p + at, (size_t)(plan->keep - at));
	gp_buf_add(out, p->rest.data, p->rest.len);
}
