/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_DOCTOR_RECORD_H
#define GP_CMD_DOCTOR_RECORD_H

#include "base/root.h"
#include "cmd/front/opt.h"
#include "ops/host/machine.h"

struct json_object;

/*
 * Can this command line be right? Nothing was looked at yet.
 *
 * Errors: GP_E_USAGE.
 */
int gp_doctor_record_check(const struct gp_args *a, struct gp_err *err);

/*
 * doctor --record: show what will be written of what was seen, ask, and write it.
 *
 * Out:    *json, for the report, also when nothing was written; NULL: there is no record.
 * Errors: GP_E_NO it is not wanted; as gp_record_make() and gp_record_write().
 */
int gp_doctor_record(const struct gp_args *a, const struct gp_machine *m, const struct gp_sights *seen,
		     struct json_object **json, struct gp_err *err);

#endif
