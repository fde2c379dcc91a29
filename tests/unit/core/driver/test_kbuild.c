/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/driver/kbuild.h"
#include "fx_table.h"

struct kbuild_case {
	const char *name;
	const char *text;
	bool listed; /* is mdev_uuid listed? */
};

static const struct kbuild_case cases[] = {
	{ "function", "NV_CONFTEST_FUNCTION_COMPILE_TESTS += mdev_uuid\n", true },
	{ "type", "NV_CONFTEST_TYPE_COMPILE_TESTS     += mdev_uuid\n", true },
	{ "symbol", "NV_CONFTEST_SYMBOL_COMPILE_TESTS += mdev_uuid\n", true },
	{ "generic", "NV_CONFTEST_GENERIC_COMPILE_TESTS  += mdev_uuid\n", true },
	{ "macro", "NV_CONFTEST_MACRO_COMPILE_TESTS += mdev_uuid\n", true },
	{ "the last line, without its end", "x\nNV_CONFTEST_TYPE_COMPILE_TESTS += mdev_uuid", true },
	{ "CRLF", "NV_CONFTEST_TYPE_COMPILE_TESTS += mdev_uuid\r\nx\r\n", true },
	{ "indented", "  NV_CONFTEST_TYPE_COMPILE_TESTS += mdev_uuid\n", true },
	{ "several on a line", "NV_CONFTEST_TYPE_COMPILE_TESTS += a mdev_uuid b\n", true },
	{ "set, not added", "NV_CONFTEST_TYPE_COMPILE_TESTS := mdev_uuid\n", true },
	{ "continued", "NV_CONFTEST_TYPE_COMPILE_TESTS += \\\n  a \\\n  mdev_uuid\n", true },
	{ "behind a continuation", "NV_CONFTEST_TYPE_COMPILE_TESTS += \\\n  a\nmdev_uuid\n", false },
	{ "in a conditional", "ifeq ($(A),b)\nNV_CONFTEST_TYPE_COMPILE_TESTS += mdev_uuid\nendif\n", true },
	{ "nothing", "", false },
	{ "commented out", "# NV_CONFTEST_TYPE_COMPILE_TESTS += mdev_uuid\n", false },
	{ "in a comment", "NV_CONFTEST_TYPE_COMPILE_TESTS += a # mdev_uuid\n", false },
	{ "a longer name", "NV_CONFTEST_TYPE_COMPILE_TESTS += mdev_uuid_t\n", false },
	{ "the end of a name", "NV_CONFTEST_TYPE_COMPILE_TESTS += xmdev_uuid\n", false },
	{ "another list", "NV_OBJECTS_DEPEND_ON_CONFTEST += mdev_uuid\n", false },
	{ "a use of the list", "$(eval $(call X,types,$(NV_CONFTEST_TYPE_COMPILE_TESTS) mdev_uuid))\n", false },
	{ "no assignment", "NV_CONFTEST_TYPE_COMPILE_TESTS mdev_uuid\n", false },
	{ "a case label of conftest.sh", "    mdev_uuid)\n", false },
};

static void check(void **state)
{
	const struct kbuild_case *c = *state;

	assert_int_equal(gp_kbuild_lists_conftest(gp_str_of(c->text), "mdev_uuid"), c->listed);
}

static void all_names(void **state)
{
	gp_auto(gp_list_release) struct gp_list l = { 0 };

	(void)state;
	gp_kbuild_conftests(GP_STR("# NV_CONFTEST_TYPE_COMPILE_TESTS += no\nNV_CONFTEST_TYPE_COMPILE_TESTS += a b # c\n"
				   "x += y\nNV_CONFTEST_SYMBOL_COMPILE_TESTS += \\\n d\n"),
			    &l);
	assert_int_equal(l.n, 3);
	assert_string_equal(l.v[0], "a");
	assert_string_equal(l.v[1], "b");
	assert_string_equal(l.v[2], "d");
}

static const struct knows_case {
	const char *name, *text;
	bool knows; /* mdev_uuid */
} labels[] = {
	{ "a label", "case \"$1\" in\n        mdev_uuid)\n", true },
	{ "of two", "        mdev_parent | mdev_uuid)\n", true },
	{ "of two, the first", "mdev_uuid|mdev_parent)\r\n", true },
	{ "of a kind", "  mdev_*)\n", true },
	{ "the last one, for all the rest", "    *)\n", false },
	{ "a longer name", "mdev_uuid_t)\nxmdev_uuid)\n", false },
	{ "with its commands", "  mdev_uuid) echo x ;;\n", true },
	{ "a call", "foo mdev_uuid)\n", false },
	{ "what is put out", "$(echo mdev_uuid)\necho \"mdev_uuid\")\n", false },
	{ "in a comment", "# mdev_uuid is gone since 5.13\n", false },
	{ "nothing", "", false },
};

static void check_knows(void **state)
{
	const struct knows_case *c = *state;

	assert_int_equal(gp_conftest_knows(gp_str_of(c->text), "mdev_uuid"), c->knows);
}

static const struct {
	const char *name, *text, *want;
} versions[] = {
	{ "NVIDIA's", "EXTRA_CFLAGS += -DNV_VERSION_STRING=\\\"460.73.01\\\" -DNVRM\n", "460.73.01" },
	{ "in single quotes", "ccflags-y += -DNV_VERSION_STRING='\"535.54.03\"'\n", "535.54.03" },
	{ "bare, at the end", "-DNV_VERSION_STRING=390.12", "390.12" },
	{ "another word", "-DNV_VERSION=\\\"1.2\\\"\n", "" },
	{ "of a variable", "-DNV_VERSION_STRING=\\\"$(V)\\\"\n", "" },
	{ "nothing", "", "" },
};

static void check_version(void **state)
{
	const struct {
		const char *name, *text, *want;
	} *c = *state;
	struct gp_str got = gp_kbuild_version(gp_str_of(c->text));

	assert_int_equal(got.len, strlen(c->want));
	assert_memory_equal(got.p, c->want, got.len);
}

int main(void)
{
	FX_ROWS(versions, check_version, NULL, NULL);
	FX_ROWS(cases, check, NULL, NULL);
	FX_ROWS(labels, check_knows, NULL, NULL);
	FX_TEST(all_names, NULL, NULL);
	return fx_run(NULL, NULL);
}
