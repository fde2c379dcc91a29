/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_MERGE_REPORT_H
#define GP_CMD_REPORT_MERGE_REPORT_H

#include "cmd/front/opt.h"
#include "ops/job/patchjob.h"

/* What the merged driver is made of: the two, whose files it has, and what it does not do
 * by itself. Of a job that stopped, as far as it came. */
void gp_report_merging(const struct gp_args *a, const struct gp_patch_job *j);
struct json_object *gp_json_merging(const struct gp_args *a, const struct gp_patch_job *j);

#endif
