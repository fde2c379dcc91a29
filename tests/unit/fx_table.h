/* SPDX-License-Identifier: MIT */
#ifndef GP_TESTS_FX_TABLE_H
#define GP_TESTS_FX_TABLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* The tests of a program, put together from tables; a main() lists them and ends
 * with `return fx_run(setup, teardown);`, the two for the whole program. */

void fx_add(struct CMUnitTest test);
int fx_run(CMFixtureFunction setup, CMFixtureFunction teardown);

/* A test for each row of a table: its member `name` says which, its state is the row. */
#define FX_ROWS(rows, test, setup, teardown) \
	do { \
		for (size_t i_ = 0; i_ < sizeof(rows) / sizeof((rows)[0]); i_++) \
			fx_add((struct CMUnitTest){ (rows)[i_].name, test, setup, teardown, \
						    (void *)(uintptr_t) & (rows)[i_] }); \
	} while (0)

/* An array of cmocka's own. */
#define FX_TESTS(tests) \
	do { \
		for (size_t i_ = 0; i_ < sizeof(tests) / sizeof((tests)[0]); i_++) \
			fx_add((tests)[i_]); \
	} while (0)

/* A single one. */
#define FX_TEST(test, setup, teardown) fx_add((struct CMUnitTest){ #test, test, setup, teardown, NULL })

#endif
