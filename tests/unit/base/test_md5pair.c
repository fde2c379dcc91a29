/* SPDX-License-Identifier: MIT */
/* Our MD5, of one and of two streams at a time, against libmd's and RFC 1321's values. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/md5pair.h"
#include "fx_table.h"

#define MOST (1u << 20)

static uint8_t *data; /* 2 * MOST bytes */

static int setup(void **state)
{
	uint32_t x = 2024;

	(void)state;
	data = malloc(2 * MOST);
	for (size_t i = 0; data && i < 2 * MOST; i++) {
		x = x * 1103515245u + 12345;
		data[i] = (uint8_t)(x >> 16);
	}
	return data ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(data);
	return 0;
}

static size_t below(uint32_t *x, size_t n)
{
	*x = *x * 1103515245u + 12345;
	return (*x >> 8) % n;
}

static void libmd(const uint8_t *p, size_t len, char out[GP_MD5_HEX])
{
	struct gp_hash *h = gp_hash_new(GP_HASH_MD5);

	gp_hash_add(h, p, len);
	gp_hash_hex(h, out);
	gp_hash_free(h);
}

static void is_md5(const struct gp_md5 *m, const uint8_t *p, size_t len)
{
	char got[GP_MD5_HEX], want[GP_MD5_HEX];

	libmd(p, len, want);
	gp_md5_hex(m, got);
	assert_string_equal(got, want);
}

/* RFC 1321 A.5 */
static const struct published_case {
	const char *name, *text, *sum;
} published[] = { { "nothing", "", "d41d8cd98f00b204e9800998ecf8427e" },
		  { "a", "a", "0cc175b9c0f1b6a831c399e269772661" },
		  { "abc", "abc", "900150983cd24fb0d6963f7d28e17f72" },
		  { "message digest", "message digest", "f96b697d7cb7938d525a2f31aaf161d0" },
		  { "the alphabet", "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b" },
		  { "letters and digits", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
		    "d174ab98d277d9f5a5611c2c9f419d9f" },
		  { "digits", "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
		    "57edf4a22be3c955ac49da2e2107b67a" } };

static void check_published(void **state)
{
	const struct published_case *c = *state;
	struct gp_md5 m, one, other;
	char got[GP_MD5_HEX];

	gp_md5_init(&m);
	gp_md5_add(&m, c->text, strlen(c->text));
	gp_md5_hex(&m, got);
	assert_string_equal(got, c->sum);
	gp_md5_hex(&m, got); /* asking does not change it */
	assert_string_equal(got, c->sum);
	gp_md5_init(&one);
	gp_md5_init(&other);
	gp_md5_add_both(&one, c->text, &other, c->text, strlen(c->text));
	gp_md5_hex(&one, got);
	assert_string_equal(got, c->sum);
	gp_md5_hex(&other, got);
	assert_string_equal(got, c->sum);
}

/* Exactly these bytes, so that a sanitizer sees one too many. */
static void every_length(void **state)
{
	(void)state;
	for (size_t len = 0; len <= 600; len++) {
		uint8_t *exact = gp_alloc(len + 1);
		struct gp_md5 m, one, other;

		memcpy(exact + 1, data, len);
		gp_md5_init(&m);
		gp_md5_add(&m, exact + 1, len);
		is_md5(&m, data, len);
		gp_md5_init(&one);
		gp_md5_init(&other);
		gp_md5_add_both(&one, exact + 1, &other, data + MOST, len);
		is_md5(&one, data, len);
		is_md5(&other, data + MOST, len);
		free(exact);
	}
}

/* Where each of the two is in its block when they meet, and where it is left. */
static void every_place_of_both(void **state)
{
	static const size_t lengths[] = { 1, 55, 56, 63, 64, 65, 127, 128, 129, 500 };

	(void)state;
	for (size_t i = 0; i < 64; i++)
		for (size_t k = 0; k < 64; k++)
			for (size_t n = 0; n < GP_COUNT(lengths); n++) {
				struct gp_md5 one, other;
				size_t len = lengths[n];

				gp_md5_init(&one);
				gp_md5_init(&other);
				gp_md5_add(&one, data, i);
				gp_md5_add(&other, data + MOST, k);
				gp_md5_add_both(&one, data + i, &other, data + MOST + k, len);
				assert_int_equal(one.len, i + len);
				is_md5(&one, data, i + len);
				is_md5(&other, data + MOST, k + len);
			}
}

/* As a repack does it: other bytes in front, then the same ones, in turns alone and with the other. */
static void random_pieces(void **state)
{
	static const size_t most[] = { 3, 100, 5000, 300000 };
	uint32_t x = 5;

	(void)state;
	for (size_t round = 0; round < 60; round++) {
		size_t at = 0, to = MOST - below(&x, 100), skip = below(&x, 200);
		struct gp_md5 one, other;

		gp_md5_init(&one);
		gp_md5_init(&other);
		gp_md5_add(&other, data, skip);
		while (at < to) {
			size_t n = 1 + below(&x, most[round % GP_COUNT(most)]);

			n = n < to - at ? n : to - at;
			if (below(&x, 4)) {
				gp_md5_add_both(&one, data + at, &other, data + skip + at, n);
			} else {
				gp_md5_add(&other, data + skip + at, n);
				gp_md5_add(&one, data + at, n);
			}
			at += n;
		}
		is_md5(&one, data, to);
		is_md5(&other, data, skip + to);
	}
}

/* More bits than 32 can count. */
static void a_long_one(void **state)
{
	struct gp_hash *h = gp_hash_new(GP_HASH_MD5);
	char want[GP_MD5_HEX], got[GP_MD5_HEX];
	struct gp_md5 one, other;

	(void)state;
	gp_md5_init(&one);
	gp_md5_init(&other);
	for (size_t i = 0; i < 520; i++) {
		gp_hash_add(h, data, MOST);
		gp_md5_add_both(&one, data, &other, data, MOST);
	}
	gp_hash_hex(h, want);
	gp_hash_free(h);
	gp_md5_hex(&one, got);
	assert_string_equal(got, want);
	gp_md5_hex(&other, got);
	assert_string_equal(got, want);
}

int main(void)
{
	static const struct CMUnitTest rest[] = { cmocka_unit_test(every_length), cmocka_unit_test(every_place_of_both),
						  cmocka_unit_test(random_pieces), cmocka_unit_test(a_long_one) };

	FX_ROWS(published, check_published, NULL, NULL);
	FX_TESTS(rest);
	return fx_run(setup, teardown);
}
