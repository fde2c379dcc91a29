/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "core/module/symvers.h"
#include "fx_table.h"

static struct gp_symvers s;
static struct gp_buf text;

static int clear(void **state)
{
	(void)state;
	gp_symvers_release(&s);
	gp_buf_release(&text);
	return 0;
}

/* --- lines --- */

static const struct line_case {
	const char *name, *line;
	bool good, gpl;
	uint32_t crc;
	const char *module, *ns;
} lines[] = {
	{ "four columns", "0x56069cfa\tfoo\tvmlinux\tEXPORT_SYMBOL", true, false, 0x56069cfa, "vmlinux", "" },
	{ "four columns, GPL", "0x1\tfoo\tnet/a/b\tEXPORT_SYMBOL_GPL", true, true, 1, "net/a/b", "" },
	{ "since 5.6", "0xdb3f0dac\tfoo\tdrivers/usb/u\tEXPORT_SYMBOL_GPL\tUSB_STORAGE", true, true, 0xdb3f0dac,
	  "drivers/usb/u", "USB_STORAGE" },
	{ "since 5.6, no namespace", "0xFFFFFFFF\tfoo\tvmlinux\tEXPORT_SYMBOL\t", true, false, 0xffffffff, "vmlinux",
	  "" },
	{ "5.4 and 5.5", "0x00000002\tfoo\tNS\tvmlinux\tEXPORT_SYMBOL_GPL", true, true, 2, "vmlinux", "NS" },
	{ "5.4 and 5.5, no namespace", "0x00000002\tfoo\t\tvmlinux\tEXPORT_SYMBOL", true, false, 2, "vmlinux", "" },
	{ "unused exports", "0x0\tfoo\tvmlinux\tEXPORT_UNUSED_SYMBOL_GPL", true, true, 0, "vmlinux", "" },
	{ "GPL in the future", "0x0\tfoo\tvmlinux\tEXPORT_SYMBOL_GPL_FUTURE", true, false, 0, "vmlinux", "" },
	{ "unused exports, not of the GPL", "0x0\tfoo\tvmlinux\tEXPORT_UNUSED_SYMBOL", true, false, 0, "vmlinux", "" },
	{ "a namespace of modules", "0x3\tfoo\ta/b\tEXPORT_SYMBOL_GPL\tmodule:kvm-*,x", true, true, 3, "a/b",
	  "module:kvm-*,x" },
	{ "CRLF, four columns", "0x1\tfoo\tvmlinux\tEXPORT_SYMBOL_GPL\r", false, false, 0, NULL, NULL },
	{ "CRLF, five columns", "0x1\tfoo\tvmlinux\tEXPORT_SYMBOL\t\r", false, false, 0, NULL, NULL },
	{ "an export that nobody knows", "0x1\tfoo\tvmlinux\tEXPORT_SYMBOL_MIT\t", false, false, 0, NULL, NULL },
	{ "no module", "0x1\tfoo\t\tEXPORT_SYMBOL\t", false, false, 0, NULL, NULL },
	{ "an empty line", "\n0x1\tfoo\tvmlinux\tEXPORT_SYMBOL\t", false, false, 0, NULL, NULL },
	{ "three columns", "0x0\tfoo\tvmlinux", false, false, 0, NULL, NULL },
	{ "six columns", "0x0\tfoo\tvmlinux\tEXPORT_SYMBOL\t\t", false, false, 0, NULL, NULL },
	{ "no export type", "0x0\tfoo\tvmlinux\tfoo\tbar", false, false, 0, NULL, NULL },
	{ "no CRC", "foo\tfoo\tvmlinux\tEXPORT_SYMBOL", false, false, 0, NULL, NULL },
	{ "an empty CRC", "0x\tfoo\tvmlinux\tEXPORT_SYMBOL", false, false, 0, NULL, NULL },
	{ "a long CRC", "0x123456789\tfoo\tvmlinux\tEXPORT_SYMBOL", false, false, 0, NULL, NULL },
	{ "a CRC that is none", "0x12g\tfoo\tvmlinux\tEXPORT_SYMBOL", false, false, 0, NULL, NULL },
	{ "no name", "0x1\t\tvmlinux\tEXPORT_SYMBOL", false, false, 0, NULL, NULL },
	{ "blanks for tabs", "0x1 foo vmlinux EXPORT_SYMBOL", false, false, 0, NULL, NULL },
};

static void test_line(void **state)
{
	const struct line_case *c = *state;
	const struct gp_symver *v;
	struct gp_err err = { 0 };
	int rc = gp_symvers_parse(gp_str_of(c->line), &s, &err);

	if (!c->good) {
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, GP_E_FORMAT);
		assert_non_null(strstr(err.cause, "line 1"));
		assert_int_equal(s.n, 0);
		return;
	}
	assert_int_equal(rc, 0);
	v = gp_symvers_find(&s, GP_STR("foo"));
	assert_non_null(v);
	assert_int_equal(v->crc, c->crc);
	assert_int_equal(v->gpl_only, c->gpl);
	assert_true(gp_str_eq(v->module, c->module));
	assert_true(gp_str_eq(v->ns, c->ns));
	assert_null(gp_symvers_find(&s, GP_STR("fo")));
	assert_null(gp_symvers_find(&s, GP_STR("fooo")));
	assert_null(gp_symvers_find(&s, GP_STR("")));
}

/* --- whole files --- */

static void test_empty(void **state)
{
	(void)state;
	assert_int_equal(gp_symvers_parse(GP_STR(""), &s, NULL), 0);
	assert_null(gp_symvers_find(&s, GP_STR("foo")));
	gp_symvers_release(&s);
	assert_null(gp_symvers_find(&s, GP_STR("foo")));
	gp_symvers_release(NULL);
}

static void test_twice(void **state)
{
	(void)state;
	assert_int_equal(gp_symvers_parse(GP_STR("0x1\ta\tm\tEXPORT_SYMBOL\n0x2\ta\tn\tEXPORT_SYMBOL\n"), &s, NULL), 0);
	assert_int_equal(s.n, 2);
	assert_int_equal(gp_symvers_find(&s, GP_STR("a"))->crc, 1);
}

static void test_where(void **state)
{
	struct gp_err err = { 0 };

	(void)state;
	assert_int_equal(gp_symvers_parse(GP_STR("0x1\ta\tm\tEXPORT_SYMBOL\n0x2\ta\n"), &s, &err), -1);
	assert_non_null(strstr(err.cause, "line 2"));
	assert_int_equal(gp_symvers_parse(GP_STR("\0\0\0\0"), &s, &err), -1);
}

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* A kernel's worth of symbols; each is found again with what it had. */
static void test_many(void **state)
{
	double start, ms;
	char name[64];

	(void)state;
	for (unsigned i = 0; i < 30000; i++)
		gp_buf_printf(&text, "0x%08x\tsome_subsystem_symbol_%u\tdrivers/some/module%u\tEXPORT_SYMBOL%s\t%s\n",
			      i * 7919, i, i % 500, i % 2 ? "_GPL" : "", i % 10 ? "" : "SOME_NS");
	start = now_ms();
	assert_int_equal(gp_symvers_parse(gp_buf_str(&text), &s, NULL), 0);
	ms = now_ms() - start;
	print_message("30000 symbols: %.1f ms\n", ms);
	assert_int_equal(s.n, 30000);
	for (unsigned i = 0; i < 30000; i++) {
		const struct gp_symver *v;

		snprintf(name, sizeof(name), "some_subsystem_symbol_%u", i);
		v = gp_symvers_find(&s, gp_str_of(name));
		assert_non_null(v);
		assert_int_equal(v->crc, i * 7919);
		assert_int_equal(v->gpl_only, i % 2);
		assert_int_equal(v->ns.len, i % 10 ? 0 : 7);
	}
	/* Twenty times what it takes; quadratic work would take seconds. */
	assert_true(ms < 500);
}

/* Names of one hash slot cost no more than a chain that is refused. */
static void test_collisions(void **state)
{
	struct gp_err err = { 0 };
	size_t n = 0;

	(void)state;
	/* 6000 names make a table of 16384 slots: take those that fall in the first of them. */
	for (uint64_t i = 0; n < 6000 && i < 40000000; i++) {
		char name[24];
		uint64_t h = 0xcbf29ce484222325u;
		int len = snprintf(name, sizeof(name), "%llx", (unsigned long long)i);

		for (int k = 0; k < len; k++)
			h = (h ^ (unsigned char)name[k]) * 0x100000001b3u;
		if (((h ^ h >> 32) & 16383) > 20)
			continue;
		gp_buf_printf(&text, "0x1\t%s\tm\tEXPORT_SYMBOL\n", name);
		n++;
	}
	assert_int_equal(n, 6000);
	assert_int_equal(gp_symvers_parse(gp_buf_str(&text), &s, &err), -1);
	assert_int_equal(err.code, GP_E_FORMAT);
	assert_non_null(strstr(err.cause, "collide"));
}

/* --- damage --- */

static void test_fuzz(void **state)
{
	static const char seed[] = "0x56069cfa\tipv6\tvmlinux\tEXPORT_SYMBOL\t\n"
				   "0xdb3f0dac\tusb\tdrivers/u\tEXPORT_SYMBOL_GPL\tNS\n";
	uint32_t r = 12345;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		size_t len = sizeof(seed) - 1;
		char *copy;

		for (int k = 0; k < 4; k++) {
			r ^= r << 13;
			r ^= r >> 17;
			r ^= r << 5;
		}
		len = r % 7 == 0 ? r % len : len;
		copy = malloc(len + 1); /* exactly as long, for the sanitizer */
		assert_non_null(copy);
		memcpy(copy, seed, len);
		for (uint32_t k = 0; len && k < r % 5; k++)
			copy[(r >> (k * 3)) % len] = (char)(r >> (k * 5));
		copy = realloc(copy, len ? len : 1);
		if (gp_symvers_parse((struct gp_str){ copy, len }, &s, NULL) == 0)
			gp_symvers_find(&s, GP_STR("usb"));
		gp_symvers_release(&s);
		free(copy);
	}
}

int main(void)
{
	FX_ROWS(lines, test_line, NULL, clear);
	FX_TEST(test_empty, NULL, clear);
	FX_TEST(test_twice, NULL, clear);
	FX_TEST(test_where, NULL, clear);
	FX_TEST(test_many, NULL, clear);
	FX_TEST(test_collisions, NULL, clear);
	FX_TEST(test_fuzz, NULL, clear);
	return fx_run(NULL, NULL);
}
