/* SPDX-License-Identifier: MIT */
/* base/treesum: every change of a tree shows, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "base/treesum.h"

static char top[] = "/tmp/gp-treesum-XXXXXX";
static struct gp_list paths;

static void sh(const char *command)
{
	assert_int_equal(system(command), 0);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(top) || chdir(top) < 0)
		return -1;
	gp_list_add(&paths, "t");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	gp_list_release(&paths);
	gp_remove_tree(top);
	return 0;
}

static void fresh(void)
{
	sh("rm -rf t && mkdir -p t/a/deep t/b && printf one > t/a/x && printf two > t/a/deep/y && : > t/b/empty &&"
	   " ln -s ../a t/b/back && ln -s nowhere t/b/none && mkfifo t/b/pipe && ln -s .. t/a/deep/up");
}

static void sum(enum gp_treesum_how how, char out[GP_SHA256_HEX])
{
	struct gp_err err = { 0 };

	assert_int_equal(gp_treesum(&paths, how, NULL, out, &err), 0);
}

/* --- bytes --- */

static void test_each_change(void **state)
{
	static const char *const changes[] = {
		"printf One > t/a/x",
		"printf o > t/a/x",
		"chmod +x t/a/x",
		"mv t/a/x t/a/z",
		"mv t/a/x t/b/x",
		"rm t/b/empty",
		"mkdir t/new",
		": > t/b/pipe2",
		"rm t/b/back",
		"ln -sfn nobody t/b/none",
		"rm t/b/pipe && : > t/b/pipe",
		"rm t/a/deep/up && ln -s ../../b t/a/deep/up",
		/* The same bytes in the same order, cut elsewhere. */
		"printf on > t/a/x && printf etwo > t/a/deep/y",
	};
	char was[GP_SHA256_HEX], is[GP_SHA256_HEX];

	(void)state;
	for (size_t i = 0; i < GP_COUNT(changes); i++) {
		fresh();
		sum(GP_TREESUM_BYTES, was);
		sh(changes[i]);
		sum(GP_TREESUM_BYTES, is);
		if (strcmp(was, is) == 0)
			fail_msg("'%s' does not show", changes[i]);
	}
}

static void test_what_is_no_change(void **state)
{
	char was[GP_SHA256_HEX], is[GP_SHA256_HEX];

	(void)state;
	fresh();
	sum(GP_TREESUM_BYTES, was);
	sh("touch -d 2001-01-01 t/a/x && chmod go-r t/a/x && cp -a t u && rm -rf t && mv u t");
	sum(GP_TREESUM_BYTES, is);
	assert_string_equal(was, is);
	sh("printf one > elsewhere && ln -sf ../../elsewhere t/a/x");
	sum(GP_TREESUM_BYTES, is);
	assert_string_equal(was, is); /* a link is what it leads to */
	sh("printf One > elsewhere");
	sum(GP_TREESUM_BYTES, is);
	assert_string_not_equal(was, is);
}

/* --- stat --- */

static void test_young(void **state)
{
	char is[GP_SHA256_HEX];

	(void)state;
	fresh();
	sum(GP_TREESUM_STAT, is);
	assert_string_equal(is, "");
}

static void test_old_times(void **state)
{
	char was[GP_SHA256_HEX], is[GP_SHA256_HEX];
	struct timespec wait = { 3, 500000000 };

	(void)state;
	fresh();
	nanosleep(&wait, NULL);
	sum(GP_TREESUM_STAT, was);
	assert_int_equal(strlen(was), GP_SHA256_HEX - 1);
	sh("cat t/a/x t/a/deep/y > seen");
	sum(GP_TREESUM_STAT, is);
	assert_string_equal(was, is);
	/* The same length, and the times put back. */
	sh("touch -r t/a/x when && printf 1ne > t/a/x && touch -r when t/a/x");
	nanosleep(&wait, NULL);
	sum(GP_TREESUM_STAT, is);
	assert_int_equal(strlen(is), GP_SHA256_HEX - 1);
	assert_string_not_equal(was, is);
}

/* --- errors --- */

static void test_errors(void **state)
{
	struct gp_list none = { 0 };
	struct gp_err err = { 0 };
	char out[GP_SHA256_HEX] = "x";
	static volatile sig_atomic_t stop = 1;

	(void)state;
	fresh();
	gp_list_add(&none, "gone");
	assert_int_equal(gp_treesum(&none, GP_TREESUM_BYTES, NULL, out, &err), -1);
	assert_int_equal(err.code, GP_E_NOTFOUND);
	assert_string_equal(out, "");
	gp_list_release(&none);
	err = (struct gp_err){ 0 };
	assert_int_equal(gp_treesum(&paths, GP_TREESUM_BYTES, &stop, out, &err), -1);
	assert_int_equal(err.code, GP_E_CANCELLED);
	sh("d=t; for i in $(seq 80); do d=$d/d; done; mkdir -p $d");
	err = (struct gp_err){ 0 };
	assert_int_equal(gp_treesum(&paths, GP_TREESUM_STAT, NULL, out, &err), -1);
	assert_int_equal(err.code, GP_E_UNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_change), cmocka_unit_test(test_what_is_no_change),
		cmocka_unit_test(test_young),       cmocka_unit_test(test_old_times),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
