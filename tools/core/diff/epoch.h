/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DIFF_EPOCH_H
#define GP_CORE_DIFF_EPOCH_H

#include "base/buf.h"

/*
 * Does the time stamp after a name say that there is no such file, as diff -N
 * writes it: the epoch?
 *
 * GNU patch takes every time from 25 hours before to 26 hours after it, both
 * excluded, because programs write it in local time, with or without a zone.
 *
 * In:     stamp: untrusted. Without a zone, or with a zone's name that is not
 *         known here, it counts as UTC: the answer is the same everywhere.
 * Out:    false also for what is not a date.
 * Source: behaviour of GNU patch 2.7.6, by experiment (tests/cli/dialects.sh asks
 *         it): ISO 8601, RFC 2822, ctime(3), "1 Jan 1970", "1/1/70", "@0".
 */
bool gp_stamp_is_epoch(struct gp_str stamp);

#endif
