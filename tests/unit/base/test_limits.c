/* SPDX-License-Identifier: MIT */
/* base/limits: the limits of cgroups, in files as the kernel writes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/fsio.h"
#include "base/path.h"
#include "base/limits.h"
#include "fx_table.h"

#define GIB (UINT64_C(1) << 30)

static char dir[] = "/tmp/gp-room-XXXXXX"; /* emptied after each case */

static const struct narrow_case {
	const char *name;
	const char *self;                     /* /proc/self/cgroup */
	const char *top_cpu, *top_memory;     /* of the mount's own directory; NULL: no file */
	const char *slice_cpu, *slice_memory; /* of slice/ */
	const char *job_cpu, *job_memory;     /* of slice/job 1/ */
	unsigned cpus;                        /* of 8 */
	uint64_t memory;                      /* of 16 GiB */
} cases[] = {
	{ "no limits", "0::/slice/job 1\n", NULL, NULL, "max 100000\n", "max\n", "max 100000\n", "max\n", 8, 16 * GIB },
	{ "its own", "0::/slice/job 1\n", NULL, NULL, NULL, NULL, "200000 100000\n", "2147483648\n", 2, 2 * GIB },
	{ "a part of a processor counts", "0::/slice/job 1\n", NULL, NULL, NULL, NULL, "210000 100000\n", NULL, 3,
	  16 * GIB },
	{ "less than one is one", "0::/slice/job 1\n", NULL, NULL, NULL, NULL, "1000 100000\n", NULL, 1, 16 * GIB },
	{ "those above hold, too", "0::/slice/job 1\n", NULL, NULL, "100000 100000\n", "1073741824\n",
	  "400000 100000\n", "2147483648\n", 1, GIB },
	{ "more than the machine has", "0::/slice/job 1\n", NULL, NULL, NULL, NULL, "1600000 100000\n",
	  "1099511627776\n", 8, 16 * GIB },
	{ "of a container: its mount's", "0::/\n", "300000 100000\n", "3221225472\n", "1 1\n", "1\n", NULL, NULL, 3,
	  3 * GIB },
	{ "outside of the namespace", "0::/../../other\n", "300000 100000\n", NULL, "1 1\n", NULL, NULL, NULL, 3,
	  16 * GIB },
	{ "both versions are mounted", "4:memory:/slice\n1:cpu:/\n0::/slice\n", NULL, NULL, "500000 100000\n", NULL,
	  NULL, NULL, 5, 16 * GIB },
	{ "version 1 alone", "4:memory:/slice\n1:cpu:/slice\n", "1 1\n", "1\n", "1 1\n", "1\n", NULL, NULL, 8,
	  16 * GIB },
	{ "no such cgroup", "0::/gone\n", NULL, NULL, "1 1\n", "1\n", NULL, NULL, 8, 16 * GIB },
	{ "what is no number", "0::/slice\n", NULL, NULL, "-1 100000\n", "0x10\n", NULL, NULL, 8, 16 * GIB },
	{ "no period", "0::/slice\n", NULL, NULL, "100000\n", NULL, NULL, NULL, 8, 16 * GIB },
	{ "a period of 0", "0::/slice\n", NULL, NULL, "100000 0\n", NULL, NULL, NULL, 8, 16 * GIB },
	{ "too large for us", "0::/slice\n", NULL, NULL, "99999999999999999999 1\n", "99999999999999999999\n", NULL,
	  NULL, 8, 16 * GIB },
	{ "nothing", "", "1 1\n", NULL, NULL, NULL, NULL, NULL, 8, 16 * GIB },
};

static void put(const char *below, const char *name, const char *text)
{
	gp_auto(gp_free_ptr) char *to = gp_path_join(dir, below);
	gp_auto(gp_free_ptr) char *path = gp_path_join(to, name);
	FILE *f;

	if (!text)
		return;
	assert_int_equal(gp_mkdirs(to, NULL), 0);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static int drop_dir(void **state)
{
	(void)state;
	gp_remove_tree(dir);
	return 0;
}

static void narrow(void **state)
{
	const struct narrow_case *c = *state;
	struct gp_limits room = { .cpus = 8, .memory = 16 * GIB };
	gp_auto(gp_free_ptr) char *mount = gp_path_join(dir, "fs");
	gp_auto(gp_free_ptr) char *self = gp_path_join(dir, "self");

	put("", "self", c->self);
	put("fs", "cpu.max", c->top_cpu);
	put("fs", "memory.max", c->top_memory);
	put("fs/slice", "cpu.max", c->slice_cpu);
	put("fs/slice", "memory.max", c->slice_memory);
	put("fs/slice/job 1", "cpu.max", c->job_cpu);
	put("fs/slice/job 1", "memory.max", c->job_memory);
	gp_limits_narrow(&room, mount, self);
	assert_int_equal(room.cpus, c->cpus);
	assert_true(room.memory == c->memory);
}

static void here(void **state)
{
	struct gp_limits room = gp_limits_here();

	(void)state;
	assert_in_range(room.cpus, 1, sysconf(_SC_NPROCESSORS_CONF));
	assert_true(room.memory > 0);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	FX_TEST(here, NULL, NULL);
	FX_ROWS(cases, narrow, NULL, drop_dir);
	return fx_run(NULL, NULL);
}
