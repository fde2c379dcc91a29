/* SPDX-License-Identifier: MIT */
/* base/similar: what a mistyped word was meant to be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/similar.h"

static const char *const NAMES[] = { "select", "support", "patch",     "push",       "pop",
				     "build",  "matrix",  "proxmox-8", "fetch-hooks" };

static struct gp_list names;

static int set_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(NAMES); i++)
		gp_list_add(&names, NAMES[i]);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gp_list_release(&names);
	return 0;
}

static void expect(const char *word, const char *name)
{
	const char *got = gp_similar(gp_str_of(word), &names);

	if (!name)
		assert_null(got);
	else if (!got || strcmp(got, name) != 0)
		fail_msg("'%s': '%s', not '%s'", word, got ? got : "none", name);
}

/* Every slip of one key finds its word again: no two of these are that near. */
static void test_one_slip(void **state)
{
	(void)state;
	for (size_t i = 0; i < GP_COUNT(NAMES); i++) {
		const char *name = NAMES[i];
		int len = (int)strlen(name);

		for (int at = 0; at <= len; at++) {
			gp_auto(gp_free_ptr) char *more = gp_asprintf("%.*sz%s", at, name, name + at);
			gp_auto(gp_free_ptr) char *less = gp_asprintf("%.*s%s", at, name, name + at + (at < len));
			gp_auto(gp_free_ptr) char *other = gp_asprintf("%.*sz%s", at, name, name + at + (at < len));
			gp_auto(gp_free_ptr) char *swapped = gp_strdup(name);

			expect(more, name);
			/* Of three letters two are left, and that is not enough. */
			if (len > 3) {
				expect(at < len ? less : more, name);
				expect(other, name);
			}
			if (at + 1 < len) {
				swapped[at] = name[at + 1];
				swapped[at + 1] = name[at];
			}
			if (strcmp(swapped, name) != 0)
				expect(swapped, name);
		}
	}
}

static void test_words(void **state)
{
	gp_auto(gp_free_ptr) char *hint = gp_similar_hint(gp_str_of("selct"), &names);
	gp_auto(gp_free_ptr) char *none = gp_similar_hint(gp_str_of("frobnicate"), &names);
	char all[200];

	(void)state;
	assert_string_equal(hint, " (did you mean 'select'?)");
	assert_string_equal(none, "");
	expect("slecet", "select"); /* two swaps: a third of six */
	expect("proxmx8", "proxmox-8");
	expect("matrx", "matrix");
	expect("select", NULL); /* it is one of them */
	expect("", NULL);
	expect("x", NULL);
	expect("tach", NULL); /* two of four are another word */
	expect("vm", NULL);
	memset(all, 's', sizeof(all));
	assert_null(gp_similar((struct gp_str){ all, sizeof(all) }, &names));
	gp_list_add(&names,
		    "sssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssssss");
	assert_null(gp_similar((struct gp_str){ all, 64 }, &names));
}

/* Of two that are as near the first: the order of the help is that of use. */
static void test_first(void **state)
{
	(void)state;
	expect("pxp", "pop");
	expect("pash", "push");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_one_slip, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_words, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_first, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
