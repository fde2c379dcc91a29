/* SPDX-License-Identifier: MIT */
/* Between the files of ops/job/merging: nobody else includes this. */
#ifndef GP_OPS_JOB_MERGING_IMPL_H
#define GP_OPS_JOB_MERGING_IMPL_H

#include "core/rules/release.h"
#include "ops/job/merging.h"

/* Read the desktop, in->driver. 1: it is a host (or merged), and was not read to its end. */
int gp_merge_read_desktop(struct gp_merging *m, struct gp_inputs *in, const struct gp_list *also, struct gp_err *err);

/* Read the host beside it. */
int gp_merge_read_host(struct gp_merging *m, struct gp_inputs *in, const struct gp_list *also, struct gp_err *err);

/* With the desktop's version known, and a host's: GP_E_NO when the kernels need no more to
 * be refused. */
int gp_merge_decide_early(struct gp_merging *m, const struct gp_inputs *in, const struct gp_version *host,
			  struct gp_err *err);

void gp_merge_pass_free(struct gp_merge_pass *p);

/* A new file below m->sources, open for writing; the scan has refused paths that leave the
 * tree, or that run through a symlink. */
int gp_merge_open_source(const struct gp_merging *m, const char *path, unsigned mode, int *fd, struct gp_err *err);

/* What was read becomes one driver. */
int gp_merge_join(struct gp_merging *m, struct gp_inputs *in, struct gp_err *err);

/* m->file[], by path; NULL: the host has no such file. */
struct gp_merged_file *gp_merged_file(const struct gp_merging *m, const char *path);

/* What the host's pass has chosen and packed so far goes. */
void gp_merge_forget_host(struct gp_merging *m);

#endif
