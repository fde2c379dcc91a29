/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PAYLOAD_SPLICE_H
#define GP_CORE_PAYLOAD_SPLICE_H

#include "base/wire.h"
#include "core/payload/codec.h"

/*
 * Continuing a compressed payload: the new one has the bytes of the old one up to
 * a place near its end, and their plain data differ only after that place. Nothing
 * before it is compressed again.
 *
 * While a decoder runs it is watched for such places (gp_decoder_watch()).
 * Where they are:
 *   none   anywhere
 *   gzip   between two deflate blocks; the same member goes on
 *   xz     between two LZMA2 chunks; the same block goes on with a chunk that
 *          resets dictionary, properties and state. Never a second stream: XZ
 *          Embedded, which NVIDIA's installers carry, decodes only the first
 *          one and says nothing
 *   zstd   between two blocks, which ends the frame; a new frame follows
 *   bzip2  none that is worth it: its blocks are not aligned to bytes
 *
 * Source: RFC 1951 3.2, RFC 1952 2.3; xz-file-format 1.1.0; XZ Embedded's
 *         xz_dec_lzma2.c for chunk headers; RFC 8878 3.1.1.
 */
struct gp_cut {
	uint64_t packed;      /* bytes of the payload before it */
	uint64_t plain;       /* what they decode to */
	uint64_t unit_packed; /* where its member, block or frame starts */
	uint64_t unit_plain;
	uint64_t check;      /* of the unit's plain bytes before the cut, if the unit has a check */
	uint64_t last_block; /* zstd: where the header of the block before it is */
	size_t blocks;       /* xz: complete blocks before the unit */
	unsigned bits;       /* gzip: so many of the last byte belong to what follows */
};

struct gp_splice;
struct gp_splice *gp_splice_new(enum gp_codec c);
void gp_splice_free(struct gp_splice *s);

/* gzip: be told of every block. That takes zlib, which is slower than ISA-L,
 * after which the last blocks are searched for. Before gp_decoder_watch(). */
void gp_splice_want_blocks(struct gp_splice *s);
bool gp_splice_wants_blocks(const struct gp_splice *s);

/* The tar is known to go on at least to here: earlier places are forgotten. */
void gp_splice_beyond(struct gp_splice *s, uint64_t plain);

/* Reads the old payload: exactly len bytes at off, or -1. */
struct gp_peek {
	int (*read)(void *arg, uint64_t off, void *buf, size_t len, struct gp_err *err);
	void *arg;
};

/*
 * The last place at or before plain offset end.
 *
 * In:     after the decoder has seen the payload's end; its bytes are right.
 *         last: the last plain bytes of the payload, many; peek: for gzip, when
 *         it has to be searched for.
 * Errors: GP_E_UNSUPPORTED there is none; the message says why, for a report;
 *         GP_E_NOTFOUND the search finds none, gp_splice_want_blocks() does.
 */
int gp_splice_cut(const struct gp_splice *s, uint64_t end, struct gp_peek peek, struct gp_str last, struct gp_cut *cut,
		  struct gp_err *err);

/* What gp_splice_more_new() needs for this cut, as bytes, and back again: NULL
 * when they are no such thing (w is untrusted). */
void gp_splice_save(const struct gp_splice *s, const struct gp_cut *cut, struct gp_buf *out);
struct gp_splice *gp_splice_load(enum gp_codec c, struct gp_cut *cut, struct gp_wire *w);

/* Bytes [off, off + old_len) become these. */
struct gp_splice_edit {
	uint64_t off;
	size_t old_len, len;
	uint8_t bytes[1024]; /* an xz block header is at most this long */
};

/* The new payload: the old one's [0, keep) with the edits, then rest. */
struct gp_splice_plan {
	uint64_t keep;
	struct gp_splice_edit edit[2]; /* by offset, below keep */
	size_t nedit;
	uint64_t rest_len; /* the sink has it */
};

/* Where the rest goes, and how many threads make it: its bytes do not depend on them. */
struct gp_splice_to {
	struct gp_sink sink;
	unsigned threads; /* at least 1 */
};

/*
 * Go on at cut with more plain bytes, which come one after another, to the end of the
 * payload. The rest may be larger than memory.
 *
 * In:     plan: zeroed; it and s outlive what is returned.
 * Out:    gp_splice_more_free() it. plan is right once gp_splice_more_end() is done.
 * Errors: what peek says, and the sink; GP_E_BUG a compressor fails.
 */
struct gp_splice_more;
struct gp_splice_more *gp_splice_more_new(struct gp_splice *s, const struct gp_cut *cut, struct gp_peek peek,
					  const struct gp_splice_to *to, struct gp_splice_plan *plan,
					  struct gp_err *err);
int gp_splice_more_put(struct gp_splice_more *m, const void *p, size_t len, struct gp_err *err);
int gp_splice_more_end(struct gp_splice_more *m, struct gp_err *err);
void gp_splice_more_free(struct gp_splice_more *m); /* before its end: gives up */

/* --- for the decoder --- */

/* Compressed bytes, in order, before they are decoded (xz). */
void gp_splice_packed(struct gp_splice *s, const uint8_t *p, size_t len);

/* How many of the next bytes may be decoded before everything that they give
 * has to be there (zstd); at least 1. They count as seen. */
size_t gp_splice_portion(struct gp_splice *s, const uint8_t *p, size_t len);

/* Plain bytes, in order. */
void gp_splice_plain(struct gp_splice *s, const uint8_t *p, size_t len);

/* All that the portion gives has been told (zstd). */
void gp_splice_flushed(struct gp_splice *s);

/* gzip: a member starts or ends; between two blocks, with its packed offset,
 * the bits of its last byte that follow, and the member's CRC so far. */
void gp_splice_member(struct gp_splice *s, uint64_t packed);
void gp_splice_block(struct gp_splice *s, uint64_t packed, unsigned bits, uint32_t crc);

#endif
