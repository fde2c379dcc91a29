/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_RUN_PAYLOAD_H
#define GP_OPS_RUN_PAYLOAD_H

#include "core/payload/codec.h"
#include "ops/run/runfile.h"

/* Take both sums while p is read; call before the first read. */
void gp_plain_sum(struct gp_plain *p);

/*
 * Read what the decoder left of the file and compare both sums with the stub's.
 *
 * Errors: GP_E_FORMAT one differs.
 */
int gp_plain_check_sums(struct gp_plain *p, struct gp_err *err);

/* This pass is the one that the runfile's progress is about. */
void gp_plain_tell(struct gp_plain *p);

/* Tell splice of what is read; before the first read. */
void gp_plain_watch(struct gp_plain *p, struct gp_splice *splice);

struct gp_codec_facts gp_plain_facts(const struct gp_plain *p);

#endif
