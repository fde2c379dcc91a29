/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_CLOCK_H
#define GP_BASE_CLOCK_H

/* Seconds since some moment in the past; never goes back. */
double gp_clock_s(void);

#endif
