/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_BACKLOG_H
#define GP_BASE_BACKLOG_H

#include <signal.h>

#include "base/buf.h"

/*
 * Bytes on their way to a slow sink, which a thread feeds: whoever has them goes on. What
 * waits lies in a file without a name, in a ring of a fixed size; when it is full the
 * writer waits. Where there is no thread, or no room for the file, the writer calls the
 * sink itself: then it takes longer, that is all.
 */
struct gp_backlog;

/*
 * In: to: called by one thread at a time, with all bytes in their order; cancel may be
 *     NULL. ring: how many bytes may wait.
 */
struct gp_backlog *gp_backlog_new(struct gp_sink to, uint64_t ring, const volatile sig_atomic_t *cancel);

/* One more to the end. Errors: the sink's, of this or of earlier bytes; GP_E_CANCELLED;
 * GP_E_SYSTEM the file cannot be read. */
int gp_backlog_put(struct gp_backlog *b, const void *p, size_t len, struct gp_err *err);

/* Wait until the sink has all. Errors: as gp_backlog_put(). */
int gp_backlog_end(struct gp_backlog *b, struct gp_err *err);

/* At any time: what waits is forgotten. */
void gp_backlog_free(struct gp_backlog *b);

#endif
