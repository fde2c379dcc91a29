/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PAYLOAD_CHUNKER_H
#define GP_CORE_PAYLOAD_CHUNKER_H

#include "base/buf.h"

/*
 * Turn a stream into pieces of a fixed size that threads work on side by side;
 * the results leave in order. The pieces do not depend on the number of
 * threads, so neither does the output.
 */
struct gp_chunk {
	const uint8_t *data;
	size_t len;
	const uint8_t *dict; /* up to dict_len bytes before data, NULL at the start */
	size_t dict_len;
	bool last;
	struct gp_buf out; /* the worker's result */
	uint32_t check;    /* a value of the worker's, for done */
};

struct gp_chunk_ops {
	size_t piece_len, dict_len;
	/* In a worker thread: fill piece->out. 0, ENOMEM, or -1 when the library fails. */
	int (*work)(void *arg, struct gp_chunk *piece);
	/* In the caller's thread, in order. */
	int (*done)(void *arg, const struct gp_chunk *piece, struct gp_err *err);
	void *arg;
};

struct gp_chunker;
struct gp_chunker *gp_chunker_new(const struct gp_chunk_ops *ops, unsigned threads);
int gp_chunker_write(struct gp_chunker *c, const void *p, size_t len, struct gp_err *err);
int gp_chunker_finish(struct gp_chunker *c, struct gp_err *err); /* there is always a last piece */
void gp_chunker_free(struct gp_chunker *c);

#endif
