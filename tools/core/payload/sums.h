/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PAYLOAD_SUMS_H
#define GP_CORE_PAYLOAD_SUMS_H

#include "base/digest.h"

/*
 * Both sums of a .run's stub, taken by a thread of their own: whoever reads or
 * writes the bytes hands them over and goes on.
 *
 * One thread takes them of all streams that there are. MD5 of two takes it little longer
 * than of one (base/md5pair.h), so while there are two it waits until both have bytes, or
 * one has no more room. A stream that is handed over in step with another, as an installer
 * that is read and one that is written, costs next to nothing.
 */
struct gp_sums; /* the thread; there is one while there are streams */
struct gp_sum;  /* a stream */

#define GP_SUM_BLOCK (256u << 10)

struct gp_sums *gp_sums_new(void);
struct gp_sums *gp_sums_share(struct gp_sums *s); /* s, for one more, who frees it, too */
void gp_sums_free(struct gp_sums *s);             /* when all streams have been freed */

/* A stream, at its beginning. All are made, finished and freed by one thread at a time. */
struct gp_sum *gp_sum_new(struct gp_sums *s);

/* It takes no time but beside another stream, while there is one; until there is a hurry. */
void gp_sum_patient(struct gp_sum *m);
void gp_sum_hurry(struct gp_sum *m);

/*
 * Hand bytes over (they are copied); waits when the thread is far behind.
 *
 * In: crc: of these bytes alone, when the caller has it, and then at most GP_SUM_BLOCK of
 *     them; NULL.
 */
void gp_sum_add(struct gp_sum *m, const void *p, size_t len, const struct gp_cksum *crc);

/*
 * The same without a copy: GP_SUM_BLOCK bytes to be filled in (waits for them), of which len
 * are handed over then. Between the two calls they are the caller's.
 */
void *gp_sum_room(struct gp_sum *m);
void gp_sum_filled(struct gp_sum *m, size_t len, const struct gp_cksum *crc);

/* Wait for the thread. crc: decimal without leading zeros, as the stub compares. Once. */
void gp_sum_finish(struct gp_sum *m, char crc[16], char md5[GP_MD5_HEX]);
void gp_sum_free(struct gp_sum *m); /* at any time; NULL */

#endif
