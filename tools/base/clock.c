/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>

#include "base/buf.h"

double gp_clock_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

char *gp_clock_utc(void)
{
	time_t t = time(NULL);
	struct tm tm;
	char text[32];

	gmtime_r(&t, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return gp_strdup(text);
}
