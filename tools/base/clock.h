/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_CLOCK_H
#define GP_BASE_CLOCK_H

/* Seconds since some moment in the past; never goes back. */
double gp_clock_s(void);

/* The time of day, as RFC 3339 has it, in UTC: "2026-11-24T03:04:05Z"; free() it. */
char *gp_clock_utc(void);

#endif
