/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_LINT_EVIDENCE_H
#define GP_CMD_LINT_EVIDENCE_H

#include "cmd/front/opt.h"

/*
 * lint-set --evidence: print what the reports of a->reports prove, ready to paste into a
 * rule of kernel-versions/. The date is SOURCE_DATE_EPOCH's, else the report's.
 *
 * Out:    *root: for the JSON report, also after a failure.
 * Errors: GP_E_NO nothing was built; GP_E_USAGE words that do not go with it; those of
 *         gp_cells_from_json() and gp_file_read().
 */
int gp_lint_reports(const struct gp_args *a, struct json_object **root, struct gp_err *err);

/*
 * lint-set --from-proof: print what the hosts of a->proofs report, as fields of a rule. Where
 * they can be read is for the reader to fill in: lint-set does not take the field before.
 *
 * Out:    *root: for the JSON report, also after a failure.
 * Errors: GP_E_NO nothing was loaded; GP_E_USAGE words that do not go with it; those of
 *         gp_hostproof_parse() and gp_file_read().
 */
int gp_lint_proofs(const struct gp_args *a, struct json_object **root, struct gp_err *err);

#endif
