/* SPDX-License-Identifier: MIT */
/* base/wire: what is put is got, and nothing is read outside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/wire.h"

static const uint64_t number[] = {
	0, 1, 127, 128, 255, 256, 65535, 65536, UINT32_MAX, 1ull << 32, 0x0102030405060708ull, INT64_MAX, UINT64_MAX,
};

/* Reading from exactly so many bytes: a sanitizer sees one too many. */
static struct gp_wire wire_of(const void *p, size_t len, char **mem)
{
	*mem = gp_alloc(len ? len : 1);
	if (len)
		memcpy(*mem, p, len);
	return (struct gp_wire){ .rest = { *mem, len } };
}

static void numbers_come_back(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	gp_auto(gp_free_ptr) char *mem = NULL;
	struct gp_wire w;

	(void)state;
	for (size_t i = 0; i < GP_COUNT(number); i++)
		gp_wire_put(&b, number[i]);
	assert_int_equal(b.len, 8 * GP_COUNT(number));
	w = wire_of(b.data, b.len, &mem);
	for (size_t i = 0; i < GP_COUNT(number); i++)
		assert_true(gp_wire_get(&w) == number[i]);
	assert_false(w.bad);
	assert_int_equal(w.rest.len, 0);
	assert_true(gp_wire_get(&w) == 0);
	assert_true(w.bad);
}

static void the_least_byte_is_first(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	(void)state;
	gp_wire_put(&b, 0x0102030405060708ull);
	assert_int_equal(b.len, 8);
	assert_memory_equal(b.data, "\x08\x07\x06\x05\x04\x03\x02\x01", 8);
	gp_wire_put_str(&b, GP_STR("ab"));
	assert_int_equal(b.len, 18);
	assert_memory_equal(b.data + 8, "\2\0\0\0\0\0\0\0ab", 10);
}

static void strings_come_back(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };
	gp_auto(gp_free_ptr) char *mem = NULL;
	struct gp_str s;
	struct gp_wire w;

	(void)state;
	gp_wire_put_str(&b, GP_STR("with a \0 byte"));
	gp_wire_put_str(&b, (struct gp_str){ NULL, 0 });
	gp_wire_put_str(&b, GP_STR("the end"));
	w = wire_of(b.data, b.len, &mem);
	s = gp_wire_get_str(&w);
	assert_int_equal(s.len, 13);
	assert_memory_equal(s.p, "with a \0 byte", 13);
	assert_ptr_equal(s.p, mem + 8); /* borrowed */
	s = gp_wire_get_str(&w);
	assert_int_equal(s.len, 0);
	s = gp_wire_get_str(&w);
	assert_true(gp_str_eq(s, "the end"));
	assert_false(w.bad);
	assert_int_equal(w.rest.len, 0);
	s = gp_wire_get_str(&w);
	assert_int_equal(s.len, 0);
	assert_non_null(s.p);
	assert_true(w.bad);
}

/* Cut anywhere: what lies before the cut is right, the rest is nothing. */
static void cut_bytes_are_bad(void **state)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	(void)state;
	gp_wire_put(&b, 5);
	gp_wire_put_str(&b, GP_STR("some bytes"));
	gp_wire_put(&b, 6);
	for (size_t len = 0; len < b.len; len++) {
		gp_auto(gp_free_ptr) char *mem = NULL;
		struct gp_wire w = wire_of(b.data, len, &mem);
		struct gp_str s;

		assert_true(gp_wire_get(&w) == (len < 8 ? 0 : 5));
		s = gp_wire_get_str(&w);
		assert_int_equal(s.len, len < 26 ? 0 : 10);
		assert_true(gp_wire_get(&w) == 0);
		assert_true(w.bad);
		/* It stays bad, whatever is left. */
		assert_true(gp_wire_get_max(&w, UINT64_MAX) == 0);
		assert_int_equal(gp_wire_get_str(&w).len, 0);
		assert_true(w.bad);
	}
}

static void a_length_is_not_believed(void **state)
{
	static const uint64_t len[] = {
		4, 5, 1u << 20, UINT32_MAX, 1ull << 32, 1ull << 63, UINT64_MAX - 8, UINT64_MAX
	};

	(void)state;
	for (size_t i = 0; i < GP_COUNT(len); i++) {
		gp_auto(gp_buf_release) struct gp_buf b = { 0 };
		gp_auto(gp_free_ptr) char *mem = NULL;
		struct gp_str s;
		struct gp_wire w;

		gp_wire_put(&b, len[i]);
		gp_buf_puts(&b, "abc");
		w = wire_of(b.data, b.len, &mem);
		s = gp_wire_get_str(&w);
		assert_true(w.bad);
		assert_int_equal(s.len, 0);
	}
}

static void more_than_the_most_is_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(number); i++)
		for (size_t k = 0; k < GP_COUNT(number); k++) {
			gp_auto(gp_buf_release) struct gp_buf b = { 0 };
			struct gp_wire w;
			bool fits = number[i] <= number[k];

			gp_wire_put(&b, number[i]);
			gp_wire_put(&b, 7);
			w = (struct gp_wire){ .rest = gp_buf_str(&b) };
			assert_true(gp_wire_get_max(&w, number[k]) == (fits ? number[i] : 0));
			assert_int_equal(w.bad, !fits);
			assert_true(gp_wire_get(&w) == (fits ? 7 : 0));
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_come_back),        cmocka_unit_test(the_least_byte_is_first),
		cmocka_unit_test(strings_come_back),        cmocka_unit_test(cut_bytes_are_bad),
		cmocka_unit_test(a_length_is_not_believed), cmocka_unit_test(more_than_the_most_is_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
