/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/vm/console.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

static void parse(const char *text, size_t n, struct gp_console *c)
{
	gp_console_parse(gp_str_of(text), TOKEN, n, c);
}

static void test_plain(void **state)
{
	struct gp_console c;

	(void)state;
	parse("[    0.000000] Linux version 6.1.0\r\n"
	      "[    1.000000][    T1] " TOKEN " begin 0\r\n"
	      "[    1.100000] taken: loading out-of-tree module taints kernel.\r\n"
	      "[    1.200000] " TOKEN " out 0 a line  of output\r\n"
	      "[    1.200000] " TOKEN " end 0 0\r\n"
	      "[    1.250000] between\r\n"
	      "[    1.300000] " TOKEN " begin 2\r\n"
	      "[    1.400000] " TOKEN " end 2 -19\r\n"
	      "[    1.500000] " TOKEN " done\r\n",
	      3, &c);
	assert_true(c.started && c.done && !c.lost);
	assert_true(c.step[0].begun && c.step[0].ended);
	assert_int_equal(c.step[0].result, 0);
	assert_string_equal(c.step[0].text.data, "taken: loading out-of-tree module taints kernel.\n");
	assert_string_equal(c.step[0].out.data, "a line  of output\n");
	assert_false(c.step[1].begun || c.step[1].ended);
	assert_int_equal(c.step[2].result, -19);
	assert_string_equal(c.before.data, "Linux version 6.1.0\n");
	assert_string_equal(c.between.data, "between\n");
	gp_console_release(&c);
}

/* A module may print what it likes. */
static void test_forged(void **state)
{
	struct gp_console c;

	(void)state;
	parse(TOKEN " begin 0\n"
		    "0123456789abcdef0123456789abcdee end 0 0\n"
		    "end 0 0\n"
		    "done\n"
		    "\033[2Jred\n",
	      1, &c);
	assert_true(c.started && !c.done);
	assert_true(c.step[0].begun && !c.step[0].ended);
	assert_null(memchr(c.step[0].text.data, '\033', c.step[0].text.len));
	gp_console_release(&c);
	/* Out of turn, out of range, twice. */
	parse(TOKEN " end 0 0\n" TOKEN " begin 9\n" TOKEN " begin 1\n" TOKEN " begin 0\n" TOKEN " end 0 0\n" TOKEN
		    " done\n" TOKEN " end 1 -5\n" TOKEN " begin 1\n" TOKEN " end 1 0\n",
	      2, &c);
	assert_false(c.step[0].begun || c.step[0].ended || c.done);
	assert_int_equal(c.step[1].result, -5);
	gp_console_release(&c);
}

static void test_bounds(void **state)
{
	struct gp_buf b = { 0 };
	struct gp_console c;

	(void)state;
	gp_buf_puts(&b, TOKEN " begin 0\n");
	for (size_t i = 0; i < 2 * GP_CONSOLE_TEXT / 8; i++)
		gp_buf_puts(&b, "1234567\n");
	gp_buf_puts(&b, "** 12 printk messages dropped **\n" TOKEN " end 0 0\n");
	gp_console_parse(gp_buf_str(&b), TOKEN, 1, &c);
	assert_true(c.step[0].text.len <= GP_CONSOLE_TEXT);
	assert_true(c.step[0].ended && c.lost);
	gp_console_release(&c);
	gp_buf_release(&b);
}

static void test_lines(void **state)
{
	static const char *const same[] = { "", "[", "[]", "[drm] hello", "[ 1.5", "no time" };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(same); i++) {
		struct gp_str s = gp_console_line(gp_str_of(same[i]));

		assert_int_equal(s.len, strlen(same[i]));
	}
	assert_true(gp_str_eq(gp_console_line(gp_str_of("[    1.000000] [drm] x\r")), "[drm] x"));
	assert_true(gp_str_eq(gp_console_line(gp_str_of("[    1.000000][  C1]  two")), " two"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_plain), cmocka_unit_test(test_forged),
					    cmocka_unit_test(test_bounds), cmocka_unit_test(test_lines) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
