/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_CELLS_JSON_H
#define GP_CORE_PROOF_CELLS_JSON_H

#include "core/proof/cell.h"

/*
 * Cells as JSON and back. tools/data/matrix.schema.json says what each field is. A
 * reader ignores fields that it does not know. It reads the reports of an earlier
 * gridpatch, too: schema 1, of type "gridpatch matrix", had what is now in "driver"
 * and "kernel" in the cell itself.
 */

/* What is read of a file at most, and of it. */
#define GP_MATRIX_MAX_BYTES ((size_t)64 << 20)
#define GP_MATRIX_MAX_CELLS 20000

/* What the report says beside type and schema; json_object_put() it. */
struct json_object *gp_cells_json(const struct gp_cells *l);

/* The report of a matrix that has not ended, as text, indented, with a newline at its
 * end; appended to out. Always 0. */
int gp_cells_to_json(const struct gp_cells *l, struct gp_buf *out);

/*
 * Read what gp_cells_to_json() has written.
 *
 * In:     text, untrusted; name, of the file, for messages.
 * Out:    release it, also after an error. Strings may hold any byte but NUL.
 * Errors: GP_E_FORMAT no JSON, a field of another type or out of range, or too
 *         long; GP_E_UNSUPPORTED a newer schema. The message names the field.
 */
int gp_cells_from_json(struct gp_str text, const char *name, struct gp_cells *out, struct gp_err *err);

#endif
