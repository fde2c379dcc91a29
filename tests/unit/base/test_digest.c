/* SPDX-License-Identifier: MIT */
/* Tests: core/payload/sums */
/* The sums of base/digest, against coreutils. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/digest.h"
#include "core/payload/sums.h"
#include "fx_table.h"

/* len bytes, the same every time; piece: how many are handed over at once. */
static const struct sum_case {
	const char *name;
	size_t len, piece;
	int fill; /* one byte value, or -1: mixed */
} cases[] = { { "nothing at all", 0, 1, -1 },
	      { "one zero byte", 1, 1, 0 },
	      { "one byte 0xff", 1, 1, 0xff },
	      { "seven bytes, less than a step", 7, 7, -1 },
	      { "eight bytes, one step", 8, 8, -1 },
	      { "nine bytes", 9, 9, -1 },
	      { "fifteen bytes in pieces of four", 15, 4, -1 },
	      { "sixteen bytes, one at a time", 16, 1, -1 },
	      { "255 bytes: the length fits one byte", 255, 255, -1 },
	      { "256 bytes: it takes two", 256, 13, -1 },
	      { "257 bytes", 257, 257, -1 },
	      { "zeros only", 1000, 1000, 0 },
	      { "0xff only", 1000, 17, 0xff },
	      { "65535 bytes", 65535, 4096, -1 },
	      { "65536 bytes: three length bytes", 65536, 4097, -1 },
	      { "a megabyte and three", (1u << 20) + 3, 65536, -1 },
	      { "sixteen megabytes and five: four length bytes", (16u << 20) + 5, 1u << 20, -1 } };

static uint8_t *data;
static char file[] = "/tmp/gp-digest-XXXXXX";

static int setup(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	data = malloc((16u << 20) + 64);
	if (fd < 0 || !data)
		return -1;
	close(fd);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(data);
	return unlink(file);
}

static void fill(const struct sum_case *c)
{
	uint32_t x = 12345;
	FILE *f = fopen(file, "wb");

	assert_non_null(f);
	for (size_t i = 0; i < c->len; i++) {
		x = x * 1103515245u + 12345;
		data[i] = c->fill < 0 ? (uint8_t)(x >> 16) : (uint8_t)c->fill;
	}
	assert_int_equal(fwrite(data, 1, c->len, f), c->len);
	assert_int_equal(fclose(f), 0);
}

/* The first word that a tool of this machine prints for the file. */
static void told(const char *tool, char *out, size_t cap)
{
	char cmd[128];
	FILE *p;

	snprintf(cmd, sizeof(cmd), "%s < %s", tool, file);
	p = popen(cmd, "r");
	assert_non_null(p);
	assert_non_null(fgets(out, (int)cap, p));
	assert_int_equal(pclose(p), 0);
	out[strcspn(out, " \n")] = '\0';
}

static void hash(const struct sum_case *c, enum gp_hash_kind kind, char *out)
{
	struct gp_hash *h = gp_hash_new(kind);

	for (size_t i = 0; i < c->len; i += c->piece)
		gp_hash_add(h, data + i, c->len - i < c->piece ? c->len - i : c->piece);
	gp_hash_hex(h, out);
	gp_hash_free(h);
}

static void check(void **state)
{
	const struct sum_case *c = *state;
	struct gp_cksum sum = { 0 };
	char want[128], got[128];

	fill(c);
	for (size_t i = 0; i < c->len; i += c->piece)
		gp_cksum_add(&sum, data + i, c->len - i < c->piece ? c->len - i : c->piece);
	told("cksum", want, sizeof(want));
	snprintf(got, sizeof(got), "%lu", (unsigned long)gp_cksum_value(&sum));
	assert_string_equal(got, want);
	/* Asking does not change the sum. */
	snprintf(got, sizeof(got), "%lu", (unsigned long)gp_cksum_value(&sum));
	assert_string_equal(got, want);

	told("md5sum", want, sizeof(want));
	hash(c, GP_HASH_MD5, got);
	assert_string_equal(got, want);
	told("sha1sum", want, sizeof(want));
	hash(c, GP_HASH_SHA1, got);
	assert_string_equal(got, want);
	told("sha256sum", want, sizeof(want));
	hash(c, GP_HASH_SHA256, got);
	assert_string_equal(got, want);
	gp_sha256_hex(data, c->len, got);
	assert_string_equal(got, want);
}

/* RFC 1321 A.5, FIPS 180-2 B.1; the check value of CRC-32/CKSUM. */
static void published_values(void **state)
{
	struct gp_cksum sum = { 0 };
	struct gp_hash *h = gp_hash_new(GP_HASH_MD5);
	char hex[GP_SHA256_HEX];

	(void)state;
	gp_hash_add(h, "abc", 3);
	gp_hash_hex(h, hex);
	gp_hash_free(h);
	assert_string_equal(hex, "900150983cd24fb0d6963f7d28e17f72");
	gp_sha256_hex("abc", 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	gp_sha256_hex(NULL, 0, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	gp_cksum_add(&sum, "123456789", 9);
	assert_int_equal(gp_cksum_value(&sum), 930766865);
}

/* --- the CRC's ways through long data, against one bit at a time --- */

static uint32_t crc_bitwise(uint32_t crc, const uint8_t *p, size_t len)
{
	while (len--) {
		crc ^= (uint32_t)*p++ << 24;
		for (int i = 0; i < 8; i++)
			crc = crc & 0x80000000u ? crc << 1 ^ 0x04c11db7u : crc << 1;
	}
	return crc;
}

static uint32_t cksum_bitwise(uint32_t crc, size_t len)
{
	for (; len; len >>= 8) {
		uint8_t byte = (uint8_t)len;

		crc = crc_bitwise(crc, &byte, 1);
	}
	return ~crc;
}

static uint32_t mixed(uint32_t *x)
{
	*x = *x * 1103515245u + 12345;
	return *x >> 8;
}

static void fill_mixed(size_t len)
{
	uint32_t x = 99;

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)mixed(&x);
}

/* Exactly these bytes, so that a sanitizer sees one too many. */
static uint32_t cksum_of(const uint8_t *p, size_t len)
{
	struct gp_cksum sum = { 0 };

	gp_cksum_add(&sum, p, len);
	return gp_cksum_value(&sum);
}

static void every_length(void **state)
{
	uint32_t crc = 0;

	(void)state;
	fill_mixed(3000);
	for (size_t len = 0; len <= 3000; len++) {
		if (len <= 1400 || len % 64 < 2 || len % 64 == 63) {
			uint8_t *exact = gp_alloc(len + 1);

			memcpy(exact + 1, data, len);
			assert_int_equal(cksum_of(data, len), cksum_bitwise(crc, len));
			assert_int_equal(cksum_of(exact + 1, len), cksum_bitwise(crc, len));
			free(exact);
		}
		crc = crc_bitwise(crc, data + len, 1);
	}
}

static void every_alignment(void **state)
{
	(void)state;
	fill_mixed(3000);
	for (size_t at = 0; at < 65; at++)
		for (size_t len = 1000; len <= 1400; len += at ? 13 : 1)
			assert_int_equal(cksum_of(data + at, len), cksum_bitwise(crc_bitwise(0, data + at, len), len));
}

static void random_pieces(void **state)
{
	static const size_t most[] = { 3, 1500, 5000, 100000 };
	const size_t len = 300000;
	uint32_t x = 7, want;

	(void)state;
	fill_mixed(len);
	want = cksum_bitwise(crc_bitwise(0, data, len), len);
	for (size_t i = 0; i < 40; i++) {
		struct gp_cksum sum = { 0 };
		size_t n;

		for (size_t at = 0; at < len; at += n) {
			n = mixed(&x) % most[i % GP_COUNT(most)];
			n = n < len - at ? n : len - at;
			gp_cksum_add(&sum, data + at, n);
		}
		assert_int_equal(gp_cksum_value(&sum), want);
	}
}

/* Asked of sums of pieces, it is that of all of them. */
static void joined_pieces(void **state)
{
	const size_t len = 300000;
	struct gp_cksum none = { 0 }, all = { 0 };
	uint32_t x = 11, want;

	(void)state;
	fill_mixed(len);
	want = cksum_bitwise(crc_bitwise(0, data, len), len);
	gp_cksum_join(&all, &none);
	assert_int_equal(gp_cksum_value(&all), cksum_bitwise(0, 0));
	for (size_t i = 0; i < 200; i++) {
		struct gp_cksum sum = { 0 };
		size_t n;

		for (size_t at = 0; at < len; at += n) {
			struct gp_cksum piece = { 0 };

			n = mixed(&x) % (i % 3 ? 100000 : 4000);
			n = n < len - at ? n : len - at;
			gp_cksum_add(&piece, data + at, n);
			gp_cksum_join(&sum, &piece);
		}
		assert_int_equal(gp_cksum_value(&sum), want);
	}
}

/* --- core/payload/sums: both of them, taken by a thread --- */

/* A stream's sums are those that coreutils tell of its bytes. */
static void is_sum_of(struct gp_sum *m, const char *crc, const char *md5)
{
	char got_crc[16], got_md5[GP_MD5_HEX];

	gp_sum_finish(m, got_crc, got_md5);
	gp_sum_free(m);
	assert_string_equal(got_crc, crc);
	assert_string_equal(got_md5, md5);
}

static void tell(const struct sum_case *c, char crc[128], char md5[128])
{
	fill(c);
	told("cksum", crc, 128);
	told("md5sum", md5, 128);
}

static void check_sums(size_t len, size_t most)
{
	const struct sum_case c = { .len = len, .piece = len ? len : 1, .fill = -1 };
	struct gp_sums *s = gp_sums_new();
	struct gp_sum *m = gp_sum_new(s);
	char crc[128], md5[128];
	uint32_t x = (uint32_t)len;
	size_t n;

	tell(&c, crc, md5);
	for (size_t at = 0; at < len; at += n) {
		n = mixed(&x) % (most + 1);
		n = n < len - at ? n : len - at;
		gp_sum_add(m, data + at, n, NULL);
		/* They are copied: the caller may do what it wants. */
		memset(data + at, 0x55, n);
	}
	is_sum_of(m, crc, md5);
	gp_sums_free(s);
}

static void sums_of_a_thread(void **state)
{
	(void)state;
	check_sums(0, 1);
	check_sums(1, 1);
	check_sums(5000, 7);
	check_sums((256u << 10) - 1, 1u << 20);
	check_sums(256u << 10, 1u << 20);
	check_sums((256u << 10) + 1, 1u << 20);
	check_sums(8u * (256u << 10) + 3, 16u << 20);
	check_sums((16u << 20) + 5, 300000);
	check_sums((16u << 20) + 5, 16u << 20);
}

/* In the room that there is for them, with their CRC or without. */
static void put_block(struct gp_sum *m, const uint8_t *p, size_t n, bool with_crc)
{
	struct gp_cksum crc = { 0 };

	memcpy(gp_sum_room(m), p, n);
	gp_cksum_add(&crc, p, n);
	gp_sum_filled(m, n, with_crc ? &crc : NULL);
}

/* len bytes, and those after the first `skip` again, as much ahead or behind as it comes. */
static void check_streams(size_t len, size_t skip, uint32_t x)
{
	const struct sum_case c = { .len = len, .piece = 1, .fill = -1 };
	char crc[128], md5[128], crc2[128], md5_2[128];
	struct gp_sums *s = gp_sums_new();
	struct gp_sum *one = gp_sum_new(s), *other = gp_sum_new(s), *idle = gp_sum_new(s);
	size_t at = 0, at2 = skip;
	FILE *f;

	tell(&c, crc, md5);
	f = fopen(file, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data + skip, 1, len - skip, f), len - skip);
	assert_int_equal(fclose(f), 0);
	told("cksum", crc2, 128);
	told("md5sum", md5_2, 128);
	while (at < len || at2 < len) {
		size_t n = 1 + mixed(&x) % GP_SUM_BLOCK;
		bool first = at2 == len || (at < len && mixed(&x) % 2);
		size_t *to = first ? &at : &at2;

		n = n < len - *to ? n : len - *to;
		put_block(first ? one : other, data + *to, n, mixed(&x) % 2);
		*to += n;
	}
	/* One that nothing comes of does not keep the others waiting for ever. */
	is_sum_of(one, crc, md5);
	is_sum_of(other, crc2, md5_2);
	gp_sum_free(idle);
	gp_sums_free(s);
}

static void sums_of_several_streams(void **state)
{
	(void)state;
	check_streams(1000, 1, 1);
	check_streams(300000, 64, 2);
	for (uint32_t i = 0; i < 6; i++)
		check_streams((12u << 20) + i, 5000 + 13 * i, 3 + i);
}

static void sums_given_up(void **state)
{
	struct gp_sums *s = gp_sums_new();
	struct gp_sum *m, *other;

	(void)state;
	gp_sums_free(NULL);
	gp_sum_free(NULL);
	gp_sum_free(gp_sum_new(s));
	m = gp_sum_new(s);
	gp_sum_add(m, data, 16u << 20, NULL);
	gp_sum_free(m);
	/* With what waits for the other one. */
	m = gp_sum_new(s);
	other = gp_sum_new(s);
	gp_sum_add(m, data, 1u << 20, NULL);
	gp_sum_free(m);
	gp_sum_add(other, data, 4u << 20, NULL);
	gp_sum_free(other);
	gp_sums_free(s);
}

static void a_hash_is_freed_unused_or_null(void **state)
{
	(void)state;
	gp_hash_free(NULL);
	gp_hash_free(gp_hash_new(GP_HASH_SHA256));
}

int main(void)
{
	static const struct CMUnitTest rest[] = { cmocka_unit_test(published_values),
						  cmocka_unit_test(every_length),
						  cmocka_unit_test(every_alignment),
						  cmocka_unit_test(random_pieces),
						  cmocka_unit_test(joined_pieces),
						  cmocka_unit_test(sums_of_a_thread),
						  cmocka_unit_test(sums_of_several_streams),
						  cmocka_unit_test(sums_given_up),
						  cmocka_unit_test(a_hash_is_freed_unused_or_null) };

	FX_ROWS(cases, check, NULL, NULL);
	FX_TESTS(rest);
	return fx_run(setup, teardown);
}
