/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_PROGRESS_H
#define GP_BASE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

enum gp_phase { GP_PHASE_READ, GP_PHASE_UNPACK, GP_PHASE_WRITE };

/*
 * How far long work has come, for whoever wants to know. The work calls as often
 * as it likes (per block); the listener decides what is worth showing.
 *
 * done never falls within a phase, and the last call of one has done == total,
 * unless an error ends it. Called from one thread only.
 */
struct gp_progress {
	void (*tell)(void *arg, enum gp_phase phase, uint64_t done, uint64_t total);
	void *arg;
};

/* p may be NULL: nobody listens. */
static inline void gp_progress_tell(const struct gp_progress *p, enum gp_phase phase, uint64_t done, uint64_t total)
{
	if (p)
		p->tell(p->arg, phase, done, total);
}

#endif
