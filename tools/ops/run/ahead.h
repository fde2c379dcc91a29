/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_AHEAD_H
#define GP_OPS_RUN_AHEAD_H

#include "core/payload/sums.h"
#include "ops/run/runfile.h"

/*
 * The sums of an installer that will be scanned later, taken while another one is: that one
 * leaves a processor half idle, and beside its own sums these cost next to nothing. The
 * scan needs to take its CRC only, which says that it read the same bytes.
 */
struct gp_ahead;

/*
 * Begin. A thread reads the file.
 *
 * In:     rf: opened; sums: those of the one that is scanned meanwhile. Both outlive this.
 * Out:    NULL: it cannot be, and the scan will do it all.
 */
struct gp_ahead *gp_ahead_new(const struct gp_runfile *rf, struct gp_sums *sums);

/* Is it about the installer with this header? */
bool gp_ahead_is_of(const struct gp_ahead *a, const struct gp_runheader *h);

/* Wait for them, as often as one likes. Errors: GP_E_SYSTEM it could not be read;
 * GP_E_FORMAT the file became shorter. */
int gp_ahead_finish(struct gp_ahead *a, char crc[16], char md5[GP_MD5_HEX], struct gp_err *err);

void gp_ahead_free(struct gp_ahead *a); /* at any time; NULL */

#endif
