/* SPDX-License-Identifier: MIT */
#include "base/md5pair.h"

#include <endian.h>
#include <string.h>

#include "base/text.h"

#define BLOCK 64u

/* RFC 1321 3.4. The two halves of g have no bit in common, and added they need not wait
 * for each other. */
#define F(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define G(x, y, z) (((x) & (z)) + ((y) & ~(z)))
#define H(x, y, z) ((x) ^ (y) ^ (z))
#define I(x, y, z) ((y) ^ ((x) | ~(z)))

/* clang-format off */
/* The 64 steps: function, registers, word of the block, rotation, constant. */
#define STEPS(DO) \
	DO(F, a, b, c, d, 0, 7, 0xd76aa478)   DO(F, d, a, b, c, 1, 12, 0xe8c7b756) \
	DO(F, c, d, a, b, 2, 17, 0x242070db)  DO(F, b, c, d, a, 3, 22, 0xc1bdceee) \
	DO(F, a, b, c, d, 4, 7, 0xf57c0faf)   DO(F, d, a, b, c, 5, 12, 0x4787c62a) \
	DO(F, c, d, a, b, 6, 17, 0xa8304613)  DO(F, b, c, d, a, 7, 22, 0xfd469501) \
	DO(F, a, b, c, d, 8, 7, 0x698098d8)   DO(F, d, a, b, c, 9, 12, 0x8b44f7af) \
	DO(F, c, d, a, b, 10, 17, 0xffff5bb1) DO(F, b, c, d, a, 11, 22, 0x895cd7be) \
	DO(F, a, b, c, d, 12, 7, 0x6b901122)  DO(F, d, a, b, c, 13, 12, 0xfd987193) \
	DO(F, c, d, a, b, 14, 17, 0xa679438e) DO(F, b, c, d, a, 15, 22, 0x49b40821) \
	DO(G, a, b, c, d, 1, 5, 0xf61e2562)   DO(G, d, a, b, c, 6, 9, 0xc040b340) \
	DO(G, c, d, a, b, 11, 14, 0x265e5a51) DO(G, b, c, d, a, 0, 20, 0xe9b6c7aa) \
	DO(G, a, b, c, d, 5, 5, 0xd62f105d)   DO(G, d, a, b, c, 10, 9, 0x02441453) \
	DO(G, c, d, a, b, 15, 14, 0xd8a1e681) DO(G, b, c, d, a, 4, 20, 0xe7d3fbc8) \
	DO(G, a, b, c, d, 9, 5, 0x21e1cde6)   DO(G, d, a, b, c, 14, 9, 0xc33707d6) \
	DO(G, c, d, a, b, 3, 14, 0xf4d50d87)  DO(G, b, c, d, a, 8, 20, 0x455a14ed) \
	DO(G, a, b, c, d, 13, 5, 0xa9e3e905)  DO(G, d, a, b, c, 2, 9, 0xfcefa3f8) \
	DO(G, c, d, a, b, 7, 14, 0x676f02d9)  DO(G, b, c, d, a, 12, 20, 0x8d2a4c8a) \
	DO(H, a, b, c, d, 5, 4, 0xfffa3942)   DO(H, d, a, b, c, 8, 11, 0x8771f681) \
	DO(H, c, d, a, b, 11, 16, 0x6d9d6122) DO(H, b, c, d, a, 14, 23, 0xfde5380c) \
	DO(H, a, b, c, d, 1, 4, 0xa4beea44)   DO(H, d, a, b, c, 4, 11, 0x4bdecfa9) \
	DO(H, c, d, a, b, 7, 16, 0xf6bb4b60)  DO(H, b, c, d, a, 10, 23, 0xbebfbc70) \
	DO(H, a, b, c, d, 13, 4, 0x289b7ec6)  DO(H, d, a, b, c, 0, 11, 0xeaa127fa) \
	DO(H, c, d, a, b, 3, 16, 0xd4ef3085)  DO(H, b, c, d, a, 6, 23, 0x04881d05) \
	DO(H, a, b, c, d, 9, 4, 0xd9d4d039)   DO(H, d, a, b, c, 12, 11, 0xe6db99e5) \
	DO(H, c, d, a, b, 15, 16, 0x1fa27cf8) DO(H, b, c, d, a, 2, 23, 0xc4ac5665) \
	DO(I, a, b, c, d, 0, 6, 0xf4292244)   DO(I, d, a, b, c, 7, 10, 0x432aff97) \
	DO(I, c, d, a, b, 14, 15, 0xab9423a7) DO(I, b, c, d, a, 5, 21, 0xfc93a039) \
	DO(I, a, b, c, d, 12, 6, 0x655b59c3)  DO(I, d, a, b, c, 3, 10, 0x8f0ccc92) \
	DO(I, c, d, a, b, 10, 15, 0xffeff47d) DO(I, b, c, d, a, 1, 21, 0x85845dd1) \
	DO(I, a, b, c, d, 8, 6, 0x6fa87e4f)   DO(I, d, a, b, c, 15, 10, 0xfe2ce6e0) \
	DO(I, c, d, a, b, 6, 15, 0xa3014314)  DO(I, b, c, d, a, 13, 21, 0x4e0811a1) \
	DO(I, a, b, c, d, 4, 6, 0xf7537e82)   DO(I, d, a, b, c, 11, 10, 0xbd3af235) \
	DO(I, c, d, a, b, 2, 15, 0x2ad7d2bb)  DO(I, b, c, d, a, 9, 21, 0xeb86d391)
/* clang-format on */

/* What a block is added to. Local ones are registers. */
struct lane {
	uint32_t a, b, c, d;
};

static inline uint32_t word(const uint8_t *p, unsigned i)
{
	uint32_t v;

	memcpy(&v, p + 4 * (size_t)i, sizeof(v));
	return le32toh(v);
}

static inline struct lane load(const struct gp_md5 *m)
{
	return (struct lane){ m->state[0], m->state[1], m->state[2], m->state[3] };
}

static inline void store(struct gp_md5 *m, struct lane x)
{
	m->state[0] = x.a;
	m->state[1] = x.b;
	m->state[2] = x.c;
	m->state[3] = x.d;
}

#define SUM(x, y) ((struct lane){ (x).a + (y).a, (x).b + (y).b, (x).c + (y).c, (x).d + (y).d })
#define STEP(x, p, f, a, b, c, d, i, turn, k) \
	(x).a += f((x).b, (x).c, (x).d) + word(p, i) + (k); \
	(x).a = ((x).a << (turn) | (x).a >> (32 - (turn))) + (x).b;
#define ONE(...) STEP(x, p, __VA_ARGS__)
#define BOTH(...) STEP(x, p, __VA_ARGS__) STEP(y, q, __VA_ARGS__)

static void add_blocks(struct gp_md5 *m, const uint8_t *p, size_t n)
{
	struct lane sum = load(m);

	for (; n; n--, p += BLOCK) {
		struct lane x = sum;

		STEPS(ONE)
		sum = SUM(sum, x);
	}
	store(m, sum);
}

static void add_blocks_both(struct gp_md5 *m, const uint8_t *p, struct gp_md5 *other, const uint8_t *q, size_t n)
{
	struct lane sum = load(m), second = load(other);

	for (; n; n--, p += BLOCK, q += BLOCK) {
		struct lane x = sum, y = second;

		STEPS(BOTH)
		sum = SUM(sum, x);
		second = SUM(second, y);
	}
	store(m, sum);
	store(other, second);
}

/* --- bytes --- */

void gp_md5_init(struct gp_md5 *m)
{
	*m = (struct gp_md5){ .state = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476 } }; /* RFC 1321 3.3 */
}

/* Complete a block that was begun, if there is enough for it. Out: how many bytes that took. */
static size_t add_part(struct gp_md5 *m, const uint8_t *p, size_t len)
{
	size_t have = m->len % BLOCK, n = BLOCK - have;

	if (!have)
		return 0;
	n = n < len ? n : len;
	memcpy(m->part + have, p, n);
	m->len += n;
	if (have + n == BLOCK)
		add_blocks(m, m->part, 1);
	return n;
}

/* What is left when whole blocks were taken with another stream's. */
static void add_rest(struct gp_md5 *m, const uint8_t *p, size_t len)
{
	size_t n = len / BLOCK;

	add_blocks(m, p, n);
	m->len += len;
	if (len % BLOCK)
		memcpy(m->part, p + n * BLOCK, len % BLOCK);
}

void gp_md5_add(struct gp_md5 *m, const void *p, size_t len)
{
	size_t n = len ? add_part(m, p, len) : 0;

	if (n < len)
		add_rest(m, (const uint8_t *)p + n, len - n);
}

void gp_md5_add_both(struct gp_md5 *m, const void *p, struct gp_md5 *other, const void *q, size_t len)
{
	size_t i = len ? add_part(m, p, len) : 0, k = len ? add_part(other, q, len) : 0;
	size_t most = (len - (i > k ? i : k)) / BLOCK, bytes = most * BLOCK;

	if (most) {
		add_blocks_both(m, (const uint8_t *)p + i, other, (const uint8_t *)q + k, most);
		m->len += bytes;
		other->len += bytes;
	}
	if (i + bytes < len)
		add_rest(m, (const uint8_t *)p + i + bytes, len - i - bytes);
	if (k + bytes < len)
		add_rest(other, (const uint8_t *)q + k + bytes, len - k - bytes);
}

/* RFC 1321 3.1 and 3.2: a bit, zeros, and the length in bits. */
void gp_md5_hex(const struct gp_md5 *m, char out[GP_MD5_HEX])
{
	uint8_t end[BLOCK + 8] = { 0x80 }, sum[16];
	struct gp_md5 copy = *m;
	size_t zeros = (BLOCK + BLOCK - 8 - 1 - m->len % BLOCK) % BLOCK;
	uint64_t bits = htole64(m->len * 8);

	memcpy(end + 1 + zeros, &bits, sizeof(bits));
	gp_md5_add(&copy, end, 1 + zeros + sizeof(bits));
	for (size_t i = 0; i < 4; i++) {
		uint32_t v = htole32(copy.state[i]);

		memcpy(sum + 4 * i, &v, sizeof(v));
	}
	gp_hex(sum, sizeof(sum), out);
}
