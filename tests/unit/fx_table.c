/* SPDX-License-Identifier: MIT */
#include "fx_table.h"

#include <stdlib.h>

static struct CMUnitTest tests[1024];
static size_t count;

void fx_add(struct CMUnitTest test)
{
	if (count == sizeof(tests) / sizeof(tests[0]))
		abort();
	tests[count++] = test;
}

int fx_run(CMFixtureFunction setup, CMFixtureFunction teardown)
{
	return _cmocka_run_group_tests("tests", tests, count, setup, teardown);
}
