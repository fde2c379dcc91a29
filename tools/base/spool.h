/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_SPOOL_H
#define GP_BASE_SPOOL_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Pieces of data that are kept for later: in memory, and past a limit in an
 * unnamed temporary file. The results of a 10 MB patch need not be in memory
 * all together, when each of them is read once more.
 *
 * Zeroed it keeps everything in memory.
 */
struct gp_spool {
	size_t limit;           /* bytes to hold in memory; 0: no limit */
	int (*open)(void *arg); /* an unnamed file to read and write, or -1 */
	void *arg;
	int fd; /* valid when opened */
	bool opened;
	uint64_t end; /* of the file */
	size_t held;  /* bytes in memory */
};

struct gp_piece {
	struct gp_buf mem;
	size_t len;
	uint64_t off; /* in the file, when out */
	bool out;
};

void gp_spool_release(struct gp_spool *s);

/* Make *data the piece's content; data is empty afterwards. The piece goes out
 * to the file when the limit is passed. Errors: GP_E_SYSTEM, cannot write. */
int gp_piece_set(struct gp_spool *s, struct gp_piece *p, struct gp_buf *data, struct gp_err *err);

/* Its bytes: in memory, or brought into *room, which the caller releases. *out
 * is borrowed from either. Errors: GP_E_SYSTEM, cannot read. */
int gp_piece_get(const struct gp_spool *s, const struct gp_piece *p, struct gp_buf *room, struct gp_str *out,
		 struct gp_err *err);

/* Bring it back into memory, to stay there until it is set again. */
int gp_piece_load(struct gp_spool *s, struct gp_piece *p, struct gp_err *err);

void gp_piece_release(struct gp_spool *s, struct gp_piece *p);

#endif
