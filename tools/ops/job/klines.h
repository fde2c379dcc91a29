/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_KLINES_H
#define GP_OPS_JOB_KLINES_H

#include "core/driver/dkmsconf.h"
#include "ops/job/inputs.h"
#include "ops/job/view.h"

struct gp_decision;

/* The kernel lines that DKMS must leave alone. */
struct gp_klines {
	struct gp_kline *v;
	size_t n;
	struct gp_list let; /* expressions for releases of theirs that it may build for */
};

void gp_klines_release(struct gp_klines *l);

/*
 * Find them: those that select blocks for this driver, asked by the bare line, since
 * DKMS knows a kernel by its name only.
 *
 * The answer must not leave out what select lets through. So kernels that are not the
 * plain one of their number (RHEL, SUSE, openEuler and their kin) are asked about by
 * themselves on the lines that they have, and told apart by their names; a line is
 * let through as a whole when this run accepts one of its kernels (its headers lift the
 * block, or the user allows it). What blocks a part of a line only (a window, one
 * minor release of RHEL) is not said: DKMS may build there, and fail.
 *
 * In:  d with its verdicts; view as gp_reask() left it.
 * Out: d->blocked; d->reask.opened and shut.
 * Errors: as gp_catalog_select().
 */
int gp_klines_find(const struct gp_inputs *in, struct gp_decision *d, struct gp_view *view, struct gp_err *err);

/* BUILD_EXCLUSIVE_KERNEL for them, appended; n ≥ 1. */
void gp_klines_regex(const struct gp_klines *l, struct gp_buf *out);

#endif
