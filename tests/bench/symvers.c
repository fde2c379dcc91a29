/* SPDX-License-Identifier: MIT */
/*
 * symvers FILE RUNS: reads a Module.symvers that often and prints one line,
 * "SYMBOLS MEDIAN-ms BEST-ms". Reading the file is not in the time, freeing what
 * came out of it neither.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/fsio.h"
#include "core/module/symvers.h"

#define FILE_MAX (64u << 20)
#define RUNS_MAX 1000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static int smaller(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int say(const struct gp_err *err)
{
	char line[1024];

	gp_err_format(err, line, sizeof(line));
	fprintf(stderr, "symvers: %s\n", line);
	return 1;
}

int main(int argc, char **argv)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };
	struct gp_err err = { 0 };
	double ms[RUNS_MAX];
	size_t symbols = 0;
	int runs = argc == 3 ? atoi(argv[2]) : 0;

	if (runs < 1 || runs > RUNS_MAX)
		return 2;
	if (gp_file_read(argv[1], FILE_MAX, &text, &err) < 0)
		return say(&err);
	for (int i = 0; i < runs; i++) {
		struct gp_symvers s = { 0 };
		double began = now();

		if (gp_symvers_parse(gp_buf_str(&text), &s, &err) < 0)
			return say(&err);
		ms[i] = now() - began;
		symbols = s.n;
		gp_symvers_release(&s);
	}
	qsort(ms, (size_t)runs, sizeof(*ms), smaller);
	printf("%zu %.3f %.3f\n", symbols, ms[runs / 2], ms[0]);
	return 0;
}
