/* SPDX-License-Identifier: MIT */
/* Between the files of core/payload/splice: nobody else includes this. */
#ifndef GP_CORE_PAYLOAD_SPLICE_IMPL_H
#define GP_CORE_PAYLOAD_SPLICE_IMPL_H

#include <stdatomic.h>

#include "core/payload/chunker.h"
#include "core/payload/splice.h"

/* A block that an xz index names. */
struct gp_xz_record {
	uint64_t unpadded, plain;
};

/* Where an xz walker is. */
enum gp_xz_state { XZ_STREAM_HEADER, XZ_BLOCK_HEADER, XZ_CHUNK_HEADER, XZ_CHUNK, XZ_BLOCK_PADDING, XZ_REST };

struct gp_xz_walk {
	enum gp_xz_state state;
	uint8_t head[1024]; /* what is being collected */
	size_t have, want;
	uint64_t skip;  /* bytes of a chunk, of padding and check */
	uint64_t at;    /* packed bytes seen */
	uint64_t plain; /* that they will decode to */
	uint64_t chunk_plain;
	size_t header_size; /* of the block */
	int check;
	struct gp_xz_record *record;
	size_t n, cap;
	uint64_t index_at;
};

enum gp_zstd_state { ZSTD_WALK_MAGIC, ZSTD_WALK_HEAD, ZSTD_WALK_BLOCK, ZSTD_WALK_BODY, ZSTD_WALK_CHECK };

struct gp_zstd_walk {
	enum gp_zstd_state state;
	uint8_t head[20];
	size_t have, want;
	uint64_t skip;
	uint64_t block_at; /* of the present block's header */
	bool last, skippable, frame, ended;
};

struct gp_splice {
	enum gp_codec codec;
	struct gp_cut *cut; /* candidates, by offset */
	size_t n, cap;
	size_t done;        /* xz: candidates whose check is known */
	uint64_t beyond;    /* the tar does not end before this */
	struct gp_cut unit; /* the present member, block or frame: its start */
	uint64_t plain;     /* bytes seen */
	uint64_t packed;
	const char *why; /* there is no place, because */
	bool blocks;     /* gzip: the decoder tells of blocks */
	bool checking;   /* the unit has a check that must be taken along */
	uint64_t crc;    /* xz */
	void *xxh;       /* zstd */
	struct gp_xz_walk xz;
	struct gp_zstd_walk zstd;
	atomic_uint users; /* gp_splice_more: none when it goes */
};

/* What follows a cut, in the making. */
struct gp_splice_more {
	struct gp_splice *s;
	struct gp_cut cut;
	struct gp_splice_to to;
	struct gp_splice_plan *plan;
	uint64_t plain;             /* bytes so far */
	uint64_t check;             /* of the unit up to there: gzip, xz */
	struct gp_chunker *chunker; /* gzip, xz */
	size_t dict_size;           /* xz */
	void *zstd;                 /* a ZSTD_CCtx */
	struct gp_buf room;         /* for what it says */
};

/* A piece of the rest. */
int gp_splice_emit(struct gp_splice_more *m, const void *p, size_t len, struct gp_err *err);

/* Note a candidate; too many close ones are thinned out. */
void gp_splice_add(struct gp_splice *s, const struct gp_cut *cut);

int gp_gzip_search(const struct gp_splice *s, uint64_t end, struct gp_peek peek, struct gp_str last, struct gp_cut *cut,
		   struct gp_err *err);
int gp_gzip_more(struct gp_splice_more *m, struct gp_peek peek, struct gp_err *err);
int gp_gzip_end(struct gp_splice_more *m, struct gp_err *err);

void gp_xz_packed(struct gp_splice *s, const uint8_t *p, size_t len);
void gp_xz_plain(struct gp_splice *s, const uint8_t *p, size_t len);
const char *gp_xz_problem(const struct gp_splice *s);
int gp_xz_more(struct gp_splice_more *m, struct gp_peek peek, struct gp_err *err);
uint64_t gp_xz_check(int check, uint64_t crc, const void *p, size_t len);
int gp_xz_end(struct gp_splice_more *m, struct gp_err *err);

size_t gp_zstd_portion(struct gp_splice *s, const uint8_t *p, size_t len);
void gp_zstd_plain(struct gp_splice *s, const uint8_t *p, size_t len);
void gp_zstd_flushed(struct gp_splice *s);
void gp_zstd_release(struct gp_splice *s);
int gp_zstd_more(struct gp_splice_more *m, struct gp_peek peek, struct gp_err *err);
int gp_zstd_put(struct gp_splice_more *m, const void *p, size_t len, struct gp_err *err);
int gp_zstd_end(struct gp_splice_more *m, struct gp_err *err);
void gp_zstd_more_release(struct gp_splice_more *m);

#endif
