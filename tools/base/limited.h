/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_LIMITED_H
#define GP_BASE_LIMITED_H

#include <stdbool.h>

#include "base/buf.h"

/* How a piece of work ended that had a limit. */
struct gp_limited {
	struct gp_buf text; /* what it wrote, at most 1 MiB of it; also of one that was stopped */
	int status;         /* what it returned, 0 – 255; 128 + signal when that killed it */
	bool over;          /* its time was over, and it was stopped */
};

void gp_limited_release(struct gp_limited *l);

/*
 * Run a function of ours in a process of its own. When its time is over that gets SIGTERM,
 * to clean up if our handlers let it, and SIGKILL two seconds later: whatever it waits for,
 * a disk or a file system that does not answer, we do not.
 *
 * In:     work: writes what it has to say to out; what it changes in memory is lost with
 *         its process, which ends when ours does. seconds: more than 0.
 * Out:    gp_limited_release() *l, also after a failure.
 * Errors: GP_E_SYSTEM: it could not be started.
 */
int gp_limited_run(int (*work)(void *arg, int out), void *arg, double seconds, struct gp_limited *l,
		   struct gp_err *err);

#endif
