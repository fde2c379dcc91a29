/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

#include "base/buf.h"
#include "base/text.h"

#define EPOCH_MAX 077777777777 /* the field of a tar header has 11 octal digits */

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

char *gp_clock_day(int64_t epoch)
{
	time_t t = (time_t)epoch;
	struct tm tm;
	char text[32];

	if (!gmtime_r(&t, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d", &tm))
		return gp_strdup("1970-01-01");
	return gp_strdup(text);
}

int gp_clock_epoch(int64_t *out, struct gp_err *err)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t v;

	if (!text)
		return 0;
	if (!gp_parse_u64(gp_str_of(text), EPOCH_MAX, &v))
		return gp_fail(err, GP_E_USAGE, "SOURCE_DATE_EPOCH is '%s', not a decimal number of seconds up to %llu",
			       text, (unsigned long long)EPOCH_MAX);
	*out = (int64_t)v;
	return 1;
}
