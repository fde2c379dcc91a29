/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_DIGEST_H
#define GP_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#define GP_MD5_HEX 33  /* with the NUL */
#define GP_SHA1_HEX 41 /* only where a format wants it */
#define GP_SHA256_HEX 65

/*
 * POSIX cksum: CRC-32 with polynomial 0x04c11db7, most significant bit first,
 * the length appended least significant byte first, the result inverted.
 *
 * Source: POSIX.1-2017, utility "cksum"; compared with coreutils' cksum in
 *         tests/unit/base/test_digest.c.
 */
struct gp_cksum {
	uint32_t crc;
	uint64_t len;
};

void gp_cksum_add(struct gp_cksum *c, const void *p, size_t len); /* start zeroed */
/* As if next's bytes had been added: none of them is read again. */
void gp_cksum_join(struct gp_cksum *c, const struct gp_cksum *next);
uint32_t gp_cksum_value(const struct gp_cksum *c);

/* MD5 and the SHAs come from libmd: as fast at MD5 as libcrypto (1.05 times its
 * time), no FIPS mode that refuses it, and a tenth of its start-up. */
struct gp_hash; /* opaque */
enum gp_hash_kind { GP_HASH_MD5, GP_HASH_SHA1, GP_HASH_SHA256 };

struct gp_hash *gp_hash_new(enum gp_hash_kind kind);
void gp_hash_add(struct gp_hash *h, const void *p, size_t len);
/* Lower-case hex; out holds GP_MD5_HEX, GP_SHA1_HEX or GP_SHA256_HEX bytes. Once per hash. */
void gp_hash_hex(struct gp_hash *h, char *out);
void gp_hash_free(struct gp_hash *h);

/* SHA-256 of one piece, as hex. */
void gp_sha256_hex(const void *p, size_t len, char out[GP_SHA256_HEX]);

#endif
