/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_TAROUT_H
#define GP_OPS_RUN_TAROUT_H

#include "base/buf.h"

/* A GNU tar in the making, as bytes into a sink. */
struct gp_tarout {
	struct gp_sink sink;
	uint64_t plain; /* bytes so far; what the caller puts into the sink itself, it adds */
};

/* What a member is: a file, a link, or a directory (none of the four). Owner and group are 0. */
struct gp_tarmember {
	const char *name; /* of a directory, without the slash at its end */
	unsigned mode;    /* 07777 */
	int64_t mtime;    /* seconds since the epoch */
	const struct gp_str *data;
	const uint64_t *size; /* of a file whose bytes come later: gp_tarout_data() */
	const char *symlink;  /* where it leads */
	const char *hardlink; /* the name of an earlier file */
};

/* Append a member. Errors: those of the sink; GP_E_BUG libarchive cannot say it. */
int gp_tarout_put(struct gp_tarout *t, const struct gp_tarmember *m, struct gp_err *err);

/* Bytes of a file that was put with its size only; and its end, when all have come. */
int gp_tarout_data(struct gp_tarout *t, const void *p, size_t len, struct gp_err *err);
int gp_tarout_pad(struct gp_tarout *t, struct gp_err *err);

/* Two zero blocks, then zeros to a full record of 20 blocks, as GNU tar does. */
int gp_tarout_end(struct gp_tarout *t, struct gp_err *err);

#endif
