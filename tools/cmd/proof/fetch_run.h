/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_FETCH_RUN_H
#define GP_CMD_PROOF_FETCH_RUN_H

#include "cmd/front/opt.h"
#include "ops/fetch/fetchheaders.h"

/* The headers of --fetch-headers. Zeroed before use; they are there until it is released. */
struct gp_fetch_ready {
	struct gp_fetched *v;
	size_t n, cap;
};

/*
 * Fetch them, with a line for each, and put them among those of --headers.
 *
 * Errors: as gp_fetch_headers().
 */
int gp_fetch_begin(struct gp_args *a, struct gp_fetch_ready *r, struct gp_err *err);
void gp_fetch_ready_release(struct gp_fetch_ready *r);

/* The one that has these headers, or NULL. */
const struct gp_fetched *gp_fetch_ready_of(const struct gp_fetch_ready *r, const char *headers);

/* Put them into a report. */
void gp_fetch_tell(const struct gp_fetch_ready *r, struct json_object *report);

#endif
