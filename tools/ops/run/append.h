/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_APPEND_H
#define GP_OPS_RUN_APPEND_H

#include "ops/run/runfile.h"
#include "ops/run/tarout.h"

/*
 * What goes behind a payload that is kept (core/payload/splice.h): members of a tar,
 * compressed as they come, in memory, and past some megabytes in a file without a name. It
 * can be begun when the payload has been scanned, long before it is known what stands in
 * front of it.
 */
struct gp_append;

/* In: rf, scanned with keep->cut, with a place to continue from; it outlives this.
 * Errors: as gp_splice_more_new(). */
struct gp_append *gp_append_new(const struct gp_runfile *rf, unsigned threads, struct gp_err *err);
void gp_append_free(struct gp_append *a);

/* From here on a thread packs, and members are taken as fast as they come: some megabytes of
 * them may wait (base/backlog.h). cancel may be NULL. */
void gp_append_ahead(struct gp_append *a, const volatile sig_atomic_t *cancel);

/* Where members are put. Errors there: GP_E_SYSTEM, no space. */
struct gp_tarout *gp_append_tar(struct gp_append *a);

/* The end of the archive and of the payload. Errors: as those of the tar. */
int gp_append_end(struct gp_append *a, struct gp_err *err);

/* What is kept of the old payload; after the end. Borrowed. */
const struct gp_splice_plan *gp_append_plan(const struct gp_append *a);

/* All of its bytes, in order. Errors: those of the sink; GP_E_SYSTEM. */
int gp_append_read(const struct gp_append *a, struct gp_sink to, struct gp_err *err);

#endif
