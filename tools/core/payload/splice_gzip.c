/* SPDX-License-Identifier: MIT */
/*
 * gzip: a place between two deflate blocks.
 *
 * zlib tells where blocks end (Z_BLOCK), ISA-L, which decodes 2.5 times as
 * fast, does not. Behind ISA-L the last block boundaries are searched for: at
 * every bit of the payload's end that could start a block, with dynamic Huffman
 * codes or stored, one is found that decodes to the very end of the stream; it
 * is proved by decoding once more with the 32 kB before it as dictionary, which
 * must give the known plain bytes. What is not proved does not count.
 */
#include "core/payload/splice_impl.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "core/payload/chunkwork.h"

#define SEARCH (1u << 20) /* bytes of the payload's end to look at */
#define WINDOW 32768u
#define TRAILER 8u /* CRC32 and ISIZE: RFC 1952 2.3 */
#define OUT_BLOCK 65536u
#define PIECE (1u << 20) /* that one thread compresses */
/* Somebody may have made an end full of starts that decode for long: then zlib
 * tells, which takes as long as it takes. Seen: below 1 MB before the first hit. */
#define BUDGET (256u << 20)

void gp_splice_member(struct gp_splice *s, uint64_t packed)
{
	s->unit = (struct gp_cut){ .packed = packed, .plain = s->plain };
}

void gp_splice_block(struct gp_splice *s, uint64_t packed, unsigned bits, uint32_t crc)
{
	struct gp_cut c = { .packed = packed,
			    .plain = s->plain,
			    .unit_packed = s->unit.packed,
			    .unit_plain = s->unit.plain,
			    .check = crc,
			    .bits = bits };

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

static int work(void *arg, struct gp_chunk *piece)
{
	(void)arg;
	return gp_chunk_deflate(piece, 9);
}

static int done(void *arg, const struct gp_chunk *piece, struct gp_err *err)
{
	struct gp_splice_more *m = arg;

	m->check = crc32_combine((uLong)m->check, piece->check, (z_off_t)piece->len);
	return gp_splice_emit(m, piece->out.data, piece->out.len, err);
}

int gp_gzip_more(struct gp_splice_more *m, struct gp_peek peek, struct gp_err *err)
{
	struct gp_chunk_ops ops = { PIECE, WINDOW, work, done, m };
	gp_auto(gp_buf_release) struct gp_buf begin = { 0 };
	uint8_t byte = 0;

	m->plan->keep = m->cut.packed - (m->cut.bits ? 1 : 0);
	if (m->cut.bits && peek.read(peek.arg, m->plan->keep, &byte, 1, err) < 0)
		return -1;
	align(&begin, byte, m->cut.bits);
	m->chunker = gp_chunker_new(&ops, m->to.threads);
	return gp_splice_emit(m, begin.data, begin.len, err);
}

int gp_gzip_end(struct gp_splice_more *m, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf trailer = { 0 };

	if (gp_chunker_finish(m->chunker, err) < 0)
		return -1;
	put_le32(&trailer, (uint32_t)m->check);
	put_le32(&trailer, (uint32_t)(m->cut.plain - m->cut.unit_plain + m->plain));
	return gp_splice_emit(m, trailer.data, trailer.len, err);
}

/* --- the search --- */

static const char no_window[WINDOW];

/* The end of the payload, and what is known of it. */
struct search {
	const uint8_t *in; /* deflate data up to the trailer */
	size_t len;
	uint64_t at;        /* payload offset of in[0] */
	struct gp_str last; /* the last plain bytes */
	uint64_t end;       /* the cut is not after this plain offset */
	uint64_t total;     /* plain bytes of the payload */
	uint64_t work;      /* so far, in trying */
};

static unsigned bits_at(const struct search *s, size_t bit, unsigned n)
{
	size_t byte = bit / 8;
	uint32_t v = 0;

	for (unsigned i = 0; i < 4 && byte + i < s->len; i++)
		v |= (uint32_t)s->in[byte + i] << 8 * i;
	return v >> bit % 8 & ((1u << n) - 1);
}

/* Not the last block, dynamic codes, numbers of codes in range, and a complete
 * code for the code lengths. RFC 1951 3.2.3, 3.2.7. */
static bool may_start_dynamic(const struct search *s, size_t bit)
{
	unsigned n, sum = 0;

	if (bits_at(s, bit, 3) != 4 || bits_at(s, bit + 3, 5) > 29 || bits_at(s, bit + 8, 5) > 29)
		return false;
	n = bits_at(s, bit + 13, 4) + 4;
	for (unsigned i = 0; i < n; i++) {
		unsigned len = bits_at(s, bit + 17 + 3 * i, 3);

		sum += len ? 128u >> len : 0;
	}
	return sum == 128;
}

/* May a stored block start here, at its latest: three zero bits before a byte
 * boundary, then LEN and its complement. Where the padding before it began, its
 * true start, is not known. RFC 1951 3.2.4. */
static bool may_start_stored(const struct search *s, size_t bit)
{
	size_t at = bit / 8 + 1;

	return bit % 8 == 5 && at + 4 <= s->len && bits_at(s, bit, 3) == 0 && (s->in[at] ^ s->in[at + 2]) == 0xff &&
	       (s->in[at + 1] ^ s->in[at + 3]) == 0xff;
}

static bool start_at(z_stream *z, const struct search *s, size_t bit, const char *window)
{
	size_t byte = bit / 8;
	unsigned skip = bit % 8;

	if (inflateReset2(z, -15) != Z_OK || (skip && inflatePrime(z, (int)(8 - skip), s->in[byte] >> skip) != Z_OK))
		return false;
	byte += skip != 0;
	z->next_in = (Bytef *)s->in + byte;
	z->avail_in = (uInt)(s->len - byte);
	return inflateSetDictionary(z, (const Bytef *)window, WINDOW) == Z_OK;
}

/* Does the stream decode from here to its end, and to how many bytes? */
static bool decodes(z_stream *z, struct search *s, size_t bit, uint64_t *plain)
{
	uint8_t out[OUT_BLOCK];
	size_t fed;
	int rc;

	if (!start_at(z, s, bit, no_window))
		return false;
	fed = z->avail_in;
	*plain = 0;
	do {
		z->next_out = out;
		z->avail_out = sizeof(out);
		rc = inflate(z, Z_NO_FLUSH);
		*plain += sizeof(out) - z->avail_out;
	} while (rc == Z_OK && *plain < BUDGET);
	if (rc == Z_STREAM_END && !z->avail_in)
		return true;
	/* A table of codes may take four bytes of input, and as long as 300 of output. */
	s->work += 64 * (fed - z->avail_in) + *plain;
	return false;
}

/* When the known plain bytes begin later: the first block boundary after bit
 * from which they reach, window and all. Without the right window the bytes are
 * wrong, but not their number. */
static bool move_on(z_stream *z, const struct search *s, size_t *bit, uint64_t *plain)
{
	uint8_t out[OUT_BLOCK];
	int rc = Z_OK;

	if (!start_at(z, s, *bit, no_window))
		return false;
	while (rc == Z_OK) {
		z->next_out = out;
		z->avail_out = sizeof(out);
		rc = inflate(z, Z_BLOCK);
		*plain -= sizeof(out) - z->avail_out;
		if ((z->data_type & 192) == 128 && *plain + WINDOW <= s->last.len) {
			*bit = (s->len - z->avail_in) * 8 - ((unsigned)z->data_type & 7);
			return true;
		}
	}
	return false;
}

/* Decode with the right window and compare; the last block boundary that is not
 * after the end is the place. exact: this one is a boundary itself. */
static bool prove(z_stream *z, const struct search *s, size_t bit, bool exact, uint64_t plain, struct gp_cut *cut)
{
	uint8_t out[OUT_BLOCK];
	const char *known;
	uint64_t from = s->total - plain;
	bool found = exact;
	int rc = Z_OK;

	if (plain + WINDOW > s->last.len || from > s->end)
		return false;
	known = s->last.p + s->last.len - plain;
	if (!start_at(z, s, bit, known - WINDOW))
		return false;
	cut->packed = s->at + (bit + 7) / 8;
	cut->bits = (8 - bit % 8) % 8;
	cut->plain = from;
	while (rc != Z_STREAM_END) {
		size_t n;

		z->next_out = out;
		z->avail_out = sizeof(out);
		rc = inflate(z, Z_BLOCK);
		n = sizeof(out) - z->avail_out;
		if ((rc != Z_OK && rc != Z_STREAM_END) || n > plain || memcmp(out, known, n) != 0)
			return false;
		known += n;
		plain -= n;
		if ((z->data_type & 192) == 128 && s->total - plain <= s->end) {
			cut->packed = s->at + s->len - z->avail_in;
			cut->bits = (unsigned)z->data_type & 7;
			cut->plain = s->total - plain;
			found = true;
		}
	}
	return found && !plain;
}

/* The CRC of a text without its last bytes: the table's steps backwards. */
static uint32_t crc_before(uint32_t crc, const uint8_t *p, size_t len)
{
	const z_crc_t *table = get_crc_table();
	uint8_t by_top[256];

	for (unsigned i = 0; i < 256; i++)
		by_top[table[i] >> 24] = (uint8_t)i;
	crc = ~crc;
	while (len--) {
		uint8_t i = by_top[crc >> 24];

		crc = (crc ^ (uint32_t)table[i]) << 8 | (i ^ p[len]);
	}
	return ~crc;
}

static bool find(struct search *s, struct gp_cut *cut)
{
	z_stream z = { 0 };
	bool found = false;
	uint64_t plain;

	if (inflateInit2(&z, -15) != Z_OK)
		gp_oom();
	for (size_t bit = 0; bit + 80 < s->len * 8 && !found && s->work < BUDGET; bit++) {
		bool exact = may_start_dynamic(s, bit);
		size_t at = bit;

		if ((!exact && !may_start_stored(s, bit)) || !decodes(&z, s, bit, &plain))
			continue;
		if (plain + WINDOW > s->last.len) {
			if (!move_on(&z, s, &at, &plain))
				break; /* too long a last block */
			exact = true;
		}
		found = prove(&z, s, at, exact, plain, cut);
		s->work += 64 * s->len;
	}
	inflateEnd(&z);
	return found;
}

int gp_gzip_search(const struct gp_splice *s, uint64_t end, struct gp_peek peek, struct gp_str last, struct gp_cut *cut,
		   struct gp_err *err)
{
	uint64_t from = s->unit.packed + 10; /* after the shortest header */
	gp_auto(gp_free_ptr) uint8_t *in = NULL;
	struct search f = { .last = last, .end = end, .total = s->plain };
	size_t len;

	*cut = (struct gp_cut){ .unit_packed = s->unit.packed, .unit_plain = s->unit.plain };
	if (s->packed < from + TRAILER || end < s->unit.plain)
		return gp_fail(err, GP_E_NOTFOUND, "no deflate block was found");
	if (s->packed - from > SEARCH)
		from = s->packed - SEARCH;
	len = (size_t)(s->packed - from);
	in = gp_alloc(len);
	if (peek.read(peek.arg, from, in, len, err) < 0)
		return -1;
	f.in = in;
	f.len = len - TRAILER;
	f.at = from;
	if (!find(&f, cut) || cut->plain < s->unit.plain)
		return gp_fail(err, GP_E_NOTFOUND, "no deflate block was found");
	cut->check =
		crc_before((uint32_t)in[f.len] | (uint32_t)in[f.len + 1] << 8 | (uint32_t)in[f.len + 2] << 16 |
				   (uint32_t)in[f.len + 3] << 24,
			   (const uint8_t *)last.p + last.len - (f.total - cut->plain), (size_t)(f.total - cut->plain));
	return 0;
}
