/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <md5.h>
#include <sha1.h>
#include <pthread.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "base/text.h"

#define POLY 0x04c11db7u

/* table[k][b]: the CRC of byte b followed by k zero bytes. Eight tables let
 * one step take eight bytes: 400 MB in a quarter of a second. */
static uint32_t table[8][256];
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

static void table_make(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t c = b << 24;

		for (int i = 0; i < 8; i++)
			c = c & 0x80000000u ? c << 1 ^ POLY : c << 1;
		table[0][b] = c;
	}
	for (int k = 1; k < 8; k++)
		for (uint32_t b = 0; b < 256; b++)
			table[k][b] = table[k - 1][b] << 8 ^ table[0][table[k - 1][b] >> 24];
}

static uint32_t crc_tables(uint32_t crc, const uint8_t *p, size_t len)
{
	for (; len >= 8; p += 8, len -= 8) {
		crc ^= (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
		crc = table[7][crc >> 24] ^ table[6][crc >> 16 & 255] ^ table[5][crc >> 8 & 255] ^ table[4][crc & 255] ^
		      table[3][p[4]] ^ table[2][p[5]] ^ table[1][p[6]] ^ table[0][p[7]];
	}
	while (len--)
		crc = crc << 8 ^ table[0][crc >> 24 ^ *p++];
	return crc;
}

#ifdef __x86_64__
/* x^n modulo the polynomial. */
static uint32_t power(unsigned n)
{
	uint32_t v = 1;

	while (n--)
		v = v & 0x80000000u ? v << 1 ^ POLY : v << 1;
	return v;
}

__attribute__((target("pclmul,ssse3"))) static __m128i fold(__m128i a, __m128i k, __m128i next)
{
	return _mm_xor_si128(_mm_xor_si128(_mm_clmulepi64_si128(a, k, 0x11), _mm_clmulepi64_si128(a, k, 0x00)), next);
}

/*
 * Carry-less multiplication: 64 bytes a step, at the speed of memory. A block
 * of 128 bits A = H x^64 + L that lies d bits ahead is H (x^(d+64) mod P) +
 * L (x^d mod P) in its place; four of them run side by side, d = 512.
 *
 * Source: Gopal et al., "Fast CRC Computation for Generic Polynomials Using
 *         PCLMULQDQ Instruction", Intel 2009. In: len a multiple of 64, not 0.
 */
__attribute__((target("pclmul,ssse3"))) static uint32_t crc_folded(uint32_t crc, const uint8_t *p, size_t len)
{
	const __m128i swap = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
	const __m128i far = _mm_set_epi64x(power(576), power(512)), near = _mm_set_epi64x(power(192), power(128));
	uint8_t last[16];
	__m128i a[4];

	for (int i = 0; i < 4; i++)
		a[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p + i), swap);
	a[0] = _mm_xor_si128(a[0], _mm_set_epi32((int)crc, 0, 0, 0));
	for (p += 64, len -= 64; len; p += 64, len -= 64)
		for (int i = 0; i < 4; i++)
			a[i] = fold(a[i], far, _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p + i), swap));
	for (int i = 1; i < 4; i++)
		a[i] = fold(a[i - 1], near, a[i]);
	_mm_storeu_si128((__m128i *)last, _mm_shuffle_epi8(a[3], swap));
	return crc_tables(0, last, sizeof(last));
}
#endif

static uint32_t crc_run(uint32_t crc, const uint8_t *p, size_t len)
{
#ifdef __x86_64__
	size_t whole = len & ~(size_t)63;

	if (len >= 1024 && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("ssse3")) {
		crc = crc_folded(crc, p, whole);
		p += whole;
		len -= whole;
	}
#endif
	return crc_tables(crc, p, len);
}

void gp_cksum_add(struct gp_cksum *c, const void *p, size_t len)
{
	pthread_once(&table_once, table_make);
	c->crc = crc_run(c->crc, p, len);
	c->len += len;
}

/* a times b modulo the polynomial; bit 31 is x^31. */
static uint32_t multiply(uint32_t a, uint32_t b)
{
	uint32_t v = 0;

	for (int i = 31; i >= 0; i--) {
		v = v & 0x80000000u ? v << 1 ^ POLY : v << 1;
		v ^= b >> i & 1 ? a : 0;
	}
	return v;
}

/* The CRC of what follows does not depend on what was before it, whose own is moved ahead
 * by as many bits: times x^(8 len). */
void gp_cksum_join(struct gp_cksum *c, const struct gp_cksum *next)
{
	uint32_t square = 1u << 8;

	for (uint64_t n = next->len; n; n >>= 1) {
		if (n & 1)
			c->crc = multiply(c->crc, square);
		square = multiply(square, square);
	}
	c->crc ^= next->crc;
	c->len += next->len;
}

uint32_t gp_cksum_value(const struct gp_cksum *c)
{
	uint32_t crc = c->crc;

	pthread_once(&table_once, table_make);
	for (uint64_t n = c->len; n; n >>= 8) {
		uint8_t byte = (uint8_t)n;

		crc = crc_run(crc, &byte, 1);
	}
	return ~crc;
}

struct gp_hash {
	enum gp_hash_kind kind;
	union {
		MD5_CTX md5;
		SHA1_CTX sha1;
		SHA2_CTX sha256;
	};
};

struct gp_hash *gp_hash_new(enum gp_hash_kind kind)
{
	struct gp_hash *h = gp_alloc(sizeof(*h));

	h->kind = kind;
	if (kind == GP_HASH_MD5)
		MD5Init(&h->md5);
	else if (kind == GP_HASH_SHA1)
		SHA1Init(&h->sha1);
	else
		SHA256Init(&h->sha256);
	return h;
}

void gp_hash_add(struct gp_hash *h, const void *p, size_t len)
{
	if (h->kind == GP_HASH_MD5)
		MD5Update(&h->md5, p, len);
	else if (h->kind == GP_HASH_SHA1)
		SHA1Update(&h->sha1, p, len);
	else
		SHA256Update(&h->sha256, p, len);
}

void gp_hash_hex(struct gp_hash *h, char *out)
{
	uint8_t sum[SHA256_DIGEST_LENGTH];

	if (h->kind == GP_HASH_MD5)
		MD5Final(sum, &h->md5);
	else if (h->kind == GP_HASH_SHA1)
		SHA1Final(sum, &h->sha1);
	else
		SHA256Final(sum, &h->sha256);
	gp_hex(sum,
	       h->kind == GP_HASH_MD5  ? MD5_DIGEST_LENGTH :
	       h->kind == GP_HASH_SHA1 ? SHA1_DIGEST_LENGTH :
					 SHA256_DIGEST_LENGTH,
	       out);
}

void gp_hash_free(struct gp_hash *h)
{
	free(h);
}

void gp_sha256_hex(const void *p, size_t len, char out[GP_SHA256_HEX])
{
	struct gp_hash *h = gp_hash_new(GP_HASH_SHA256);

	gp_hash_add(h, p, len);
	gp_hash_hex(h, out);
	gp_hash_free(h);
}
