/* SPDX-License-Identifier: MIT */
#include "core/payload/chunkwork.h"

#include <errno.h>
#include <lzma.h>
#include <zlib.h>

int gp_chunk_deflate(struct gp_chunk *piece, int level)
{
	z_stream z = { 0 };
	int rc;

	rc = deflateInit2(&z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY);
	if (rc != Z_OK)
		return rc == Z_MEM_ERROR ? ENOMEM : -1;
	if (piece->dict)
		deflateSetDictionary(&z, piece->dict, (uInt)piece->dict_len);
	gp_buf_reserve(&piece->out, deflateBound(&z, piece->len) + 64);
	z.next_in = (Bytef *)piece->data;
	z.avail_in = (uInt)piece->len;
	z.next_out = (Bytef *)piece->out.data;
	z.avail_out = (uInt)piece->out.cap;
	rc = deflate(&z, piece->last ? Z_FINISH : Z_SYNC_FLUSH);
	piece->out.len = piece->out.cap - z.avail_out;
	deflateEnd(&z);
	piece->check = (uint32_t)crc32(0, piece->data, (uInt)piece->len);
	return rc == (piece->last ? Z_STREAM_END : Z_OK) && !z.avail_in ? 0 : -1;
}

int gp_chunk_lzma2(struct gp_chunk *piece, size_t dict_size)
{
	lzma_options_lzma o;
	lzma_filter filter[] = { { LZMA_FILTER_LZMA2, &o }, { LZMA_VLI_UNKNOWN, NULL } };
	size_t bound = lzma_stream_buffer_bound(piece->len), pos = 0;
	lzma_ret rc;

	if (lzma_lzma_preset(&o, 6) || !bound)
		return -1;
	o.dict_size = (uint32_t)(dict_size < LZMA_DICT_SIZE_MIN ? LZMA_DICT_SIZE_MIN : dict_size);
	gp_buf_reserve(&piece->out, bound);
	rc = lzma_raw_buffer_encode(filter, NULL, piece->data, piece->len, (uint8_t *)piece->out.data, &pos, bound);
	if (rc != LZMA_OK)
		return rc == LZMA_MEM_ERROR ? ENOMEM : -1;
	/* The encoder ends what it writes with a zero byte, and only the last one ends the stream. */
	piece->out.len = piece->last ? pos : pos - 1;
	return 0;
}
