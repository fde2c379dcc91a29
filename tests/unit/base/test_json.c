/* SPDX-License-Identifier: MIT */
/* JSON from C's values, and the head of every report. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/text.h"

static void is(struct json_object *o, const char *want)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	gp_json_format(o, JSON_C_TO_STRING_PLAIN, &text);
	json_object_put(o);
	assert_string_equal(text.data, want);
}

static void by_type(void **state)
{
	gp_auto(gp_list_release) struct gp_list l = { 0 };
	const struct gp_list *list = &l;
	const char *none = NULL;
	char array[4] = "abc";

	(void)state;
	gp_list_add(&l, "x");
	is(gp_json_object(GP_J("array", array), GP_J("none", none), GP_J("null", NULL), GP_J("part", gp_str_of("p")),
			  GP_J("list", list), GP_J("same", &l), GP_J("no list", gp_json_list(NULL))),
	   "{\"array\":\"abc\",\"none\":null,\"null\":null,\"part\":\"p\",\"list\":[\"x\"],\"same\":[\"x\"],\"no list\":null}");
	is(gp_json_object(GP_J("yes", (bool)true), GP_J("int", -1), GP_J("max", INT64_MAX), GP_J("min", INT64_MIN),
			  GP_J("unsigned", 4294967295u), GP_J("most", UINT64_MAX), GP_J("size", sizeof(array))),
	   "{\"yes\":true,\"int\":-1,\"max\":9223372036854775807,\"min\":-9223372036854775808,"
	   "\"unsigned\":4294967295,\"most\":18446744073709551615,\"size\":4}");
	is(gp_json_object(GP_J("bad", "a\xff")), "{\"bad\":\"a\xef\xbf\xbd\"}");
}

static void more_members(void **state)
{
	struct json_object *o = gp_json_object(GP_J("a", 1), GP_J("b", gp_json_object(GP_J("c", 2))));
	size_t none = 0;

	(void)state;
	is(gp_json_fill(o, GP_J("a", 3), GP_J("d", GP_JSON_EACH(i, 3, (int)i * 2))),
	   "{\"a\":3,\"b\":{\"c\":2},\"d\":[0,2,4]}");
	is(GP_JSON_EACH(i, none, (int)i), "[]");
}

/* RFC 8259, section 7: its own example of a character beyond the first plane. */
static void ascii(void **state)
{
	static const char text[] = "{\"a\":\"\xc3\xa4\xf0\x9d\x84\x9e\xff\"}";
	static const size_t up_to[][2] = {
		{ 0, 0 }, { 6, 6 }, { 7, 8 }, { 12, 8 }, { 13, 12 }, { 30, 13 }, { 99, 15 }
	};
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < GP_COUNT(up_to); i++) {
		out.len = 0;
		assert_int_equal(gp_json_ascii(gp_str_of(text), up_to[i][0], &out), up_to[i][1]);
	}
	assert_string_equal(gp_buf_str(&out).p, "{\"a\":\"\\u00e4\\ud834\\udd1e\\ufffd\"}");
}

static void report(void **state)
{
	(void)state;
	is(gp_json_report("apply", 0, NULL, "is not looked at", gp_json_object(GP_J("x", 1))),
	   "{\"type\":\"gridpatch.apply\",\"schema\":2,\"ok\":true,\"exit\":0,\"x\":1}");
	is(gp_json_report("lint-set", 2, "usage", "wrong", NULL),
	   "{\"type\":\"gridpatch.lint-set\",\"schema\":2,\"ok\":false,\"exit\":2,\"reason\":\"usage\",\"error\":\"wrong\"}");
}

int main(void)
{
	static const struct CMUnitTest tests[] = { cmocka_unit_test(by_type), cmocka_unit_test(more_members),
						   cmocka_unit_test(ascii), cmocka_unit_test(report) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
