/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_WIRE_H
#define GP_BASE_WIRE_H

#include "base/buf.h"

/*
 * Numbers and byte strings as bytes, for files that only this program reads:
 * a number is eight bytes, least significant first; a string its length and
 * its bytes.
 */
void gp_wire_put(struct gp_buf *out, uint64_t v);
void gp_wire_put_str(struct gp_buf *out, struct gp_str s);

/* Reading: what lies outside sets bad, and everything after it is 0 or empty. */
struct gp_wire {
	struct gp_str rest; /* untrusted */
	bool bad;
};

uint64_t gp_wire_get(struct gp_wire *w);
uint64_t gp_wire_get_max(struct gp_wire *w, uint64_t max); /* more is bad */
struct gp_str gp_wire_get_str(struct gp_wire *w);          /* borrowed from rest */

#endif
