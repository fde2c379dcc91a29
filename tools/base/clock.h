/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_CLOCK_H
#define GP_BASE_CLOCK_H

#include <stdint.h>

#include "base/err.h"

/* Seconds since some moment in the past; never goes back. */
double gp_clock_s(void);

/* The time of day, as RFC 3339 has it, in UTC: "2026-11-24T03:04:05Z"; free() it. */
char *gp_clock_utc(void);

/* A moment's day in UTC, "2026-11-24"; free() it. */
char *gp_clock_day(int64_t epoch);

/*
 * The date that SOURCE_DATE_EPOCH says everything written is of.
 *
 * Out:    1 and *out; 0 and *out as it was: it is not set.
 * Errors: GP_E_USAGE it is no number of seconds.
 * Source: reproducible-builds.org, "SOURCE_DATE_EPOCH specification".
 */
int gp_clock_epoch(int64_t *out, struct gp_err *err);

#endif
