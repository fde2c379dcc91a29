/* SPDX-License-Identifier: MIT */
/* Between the files of ops/repack: nobody else includes this. */
#ifndef GP_OPS_REPACK_IMPL_H
#define GP_OPS_REPACK_IMPL_H

#include "base/fsio.h"
#include "base/outfile.h"
#include "core/sums.h"
#include "ops/repack.h"

/* The output file: everything behind line 3 also goes into the sums. */
struct gp_writer {
	struct gp_outfile file;
	struct gp_sums *sums;
	uint64_t size;
	const volatile sig_atomic_t *cancel;
};

int gp_writer_put(void *arg, const void *p, size_t len, struct gp_err *err);

/* What became of a member; NULL: nothing. */
const struct gp_tfile *gp_repack_change(const struct gp_tree *t, const struct gp_entry *e);

/* The payload, decoded and encoded again with the input's compression. */
int gp_repack_full(const struct gp_tree *t, const struct gp_repack *o, struct gp_writer *w,
		   struct gp_repack_report *r, struct gp_err *err);

/* Why it cannot be spliced, or NULL; free() it. */
char *gp_splice_problem(const struct gp_tree *t);

/* What follows the kept part of the payload. */
int gp_splice_prepare(const struct gp_tree *t, const struct gp_repack *o, struct gp_splice_plan *plan,
		      struct gp_err *err);

/* The payload by splice. Errors: GP_E_FORMAT the input changed since the scan. */
int gp_repack_splice(const struct gp_tree *t, const struct gp_splice_plan *plan, struct gp_writer *w,
		     struct gp_err *err);

#endif
