/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_MD5PAIR_H
#define GP_BASE_MD5PAIR_H

#include <stddef.h>
#include <stdint.h>

#include "base/digest.h"

/*
 * MD5, of one or of two streams at a time. Each of its steps needs the one before, so that
 * one stream leaves most of a processor idle: two side by side take little longer than one.
 * libmd and libcrypto have no such way, and Debian 12 no library that has (isa-l_crypto).
 *
 * Source: RFC 1321; compared with libmd in tests/unit/base/test_md5pair.c.
 */
struct gp_md5 {
	uint32_t state[4];
	uint64_t len;
	uint8_t part[64]; /* the first len % 64 bytes of a block */
};

void gp_md5_init(struct gp_md5 *m);
void gp_md5_add(struct gp_md5 *m, const void *p, size_t len);

/* As gp_md5_add() of both, which are two: len bytes of each. They may be at different
 * places of their blocks, and p and q may be the same bytes. */
void gp_md5_add_both(struct gp_md5 *m, const void *p, struct gp_md5 *other, const void *q, size_t len);

/* Lower-case hex, of what has been added so far. */
void gp_md5_hex(const struct gp_md5 *m, char out[GP_MD5_HEX]);

#endif
