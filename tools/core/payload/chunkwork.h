/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PAYLOAD_CHUNKWORK_H
#define GP_CORE_PAYLOAD_CHUNKWORK_H

#include "core/payload/chunker.h"

/* Compressing one piece of a stream: for gp_chunk_ops.work, whose values they return. */

/* Raw deflate, which goes on after the piece's dictionary and ends on a byte; the last
 * piece ends the stream. piece->check becomes the CRC-32 of its bytes. */
int gp_chunk_deflate(struct gp_chunk *piece, int level);

/* LZMA2 chunks, of which the first resets the dictionary; the last piece ends the stream.
 * dict_size: no decoder is asked for more. */
int gp_chunk_lzma2(struct gp_chunk *piece, size_t dict_size);

#endif
