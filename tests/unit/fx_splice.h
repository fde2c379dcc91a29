/* SPDX-License-Identifier: MIT */
#ifndef GP_TESTS_FX_SPLICE_H
#define GP_TESTS_FX_SPLICE_H

#include "core/payload/splice.h"

/* Payloads of every kind that the libraries can be asked for, what a decoder
 * tells a splice about them, and the new payload that a plan describes. */

uint64_t fx_random(uint64_t *seed);
size_t fx_below(uint64_t *seed, size_t n); /* 0 … n - 1; 0 for n = 0 */

enum fx_data { FX_TEXT, FX_NOISE, FX_ZEROS, FX_MIXED };
void fx_fill(struct gp_buf *out, enum fx_data kind, size_t len, uint64_t seed);

struct fx_recipe {
	const char *name;
	enum gp_codec codec;
	void (*make)(const struct fx_recipe *r, struct gp_str plain, struct gp_buf *out);
	int level;
	size_t piece;      /* flush after so many plain bytes: how is flush */
	int flush;         /* the library's own value */
	size_t units;      /* members, streams or frames; 0: one */
	int strategy, mem; /* gzip */
	int check;         /* xz: its ID; zstd: a checksum */
	size_t block_size; /* xz: the threaded encoder, which states sizes */
	unsigned flags;
	const char *why; /* why there is never a place */
};

enum {
	FX_EMPTY_UNIT = 1,   /* an empty member, stream or frame at the end */
	FX_NAMED = 2,        /* gzip: a header with all fields */
	FX_BCJ = 4,          /* xz */
	FX_PADDED = 8,       /* xz: four zeros behind the stream */
	FX_SIZED = 16,       /* zstd: content size */
	FX_SINGLE = 32,      /* zstd by hand: single segment */
	FX_SKIPPABLE = 64,   /* zstd: around every frame */
	FX_EMPTY_LAST = 128, /* zstd by hand: the last block is empty */
	FX_ONE_SHOT = 256,   /* zstd: the library decides about the segment */
	FX_SMALL_WINDOW = 512,
};

extern const struct fx_recipe fx_recipe[];
extern const size_t fx_recipes;

/* A payload in memory, for struct gp_peek. */
int fx_peek(void *arg, uint64_t off, void *buf, size_t len, struct gp_err *err);

/* How a payload is read. */
struct fx_way {
	size_t step, cap; /* bytes that the source gives and the caller takes at once */
	bool blocks;
	uint64_t end;  /* gp_splice_beyond() at places before it, … */
	uint64_t seed; /* … unless this is 0 */
	size_t max;    /* stop after so many plain bytes; 0: never */
};

/* Decode and watch; the result of the last read. plain gets what was decoded. */
int fx_scan(enum gp_codec c, struct gp_str packed, const struct fx_way *way, struct gp_splice *s, struct gp_buf *plain,
	    struct gp_err *err);

/* What the library itself makes of a payload: false when it does not like it.
 * units: how many members, streams or frames there are. */
bool fx_library_decode(enum gp_codec c, struct gp_str packed, struct gp_buf *plain, size_t *units);

/* A plan, and the rest that belongs to it. */
struct fx_plan {
	struct gp_splice_plan plan;
	struct gp_buf rest;
};
void fx_plan_release(struct fx_plan *p);

/* Go on at cut with all of more at once. */
int fx_continue(struct gp_splice *s, const struct gp_cut *cut, struct gp_peek peek, struct gp_str more,
		struct fx_plan *p, struct gp_err *err);

/* Do the edits lie in order below keep, and keep inside of the payload? */
bool fx_plan_is_sane(const struct gp_splice_plan *plan, size_t packed_len);
void fx_build(struct gp_str packed, const struct fx_plan *p, struct gp_buf *out);

#endif
