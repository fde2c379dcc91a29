/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PAYLOAD_SUMS_H
#define GP_CORE_PAYLOAD_SUMS_H

#include "base/digest.h"

/*
 * Both sums of a .run's stub, taken by a thread of their own: whoever reads or
 * writes the bytes hands them over and goes on. MD5 takes a second for 600 MB.
 */
struct gp_sums;

struct gp_sums *gp_sums_new(void);
/* Hand bytes over (they are copied); waits when the thread is far behind. */
void gp_sums_add(struct gp_sums *s, const void *p, size_t len);
/* Wait for the thread. crc: decimal without leading zeros, as the stub compares. Once. */
void gp_sums_finish(struct gp_sums *s, char crc[16], char md5[GP_MD5_HEX]);
void gp_sums_free(struct gp_sums *s); /* at any time */

#endif
