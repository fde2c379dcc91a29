/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_LOCK_H
#define GP_OPS_JOB_LOCK_H

#include "base/buf.h"
#include "base/stanza.h"

/*
 * A lock file: everything that decided what a run of `patch` or `merge` wrote, so that a
 * later run writes the same bytes or says what is different.
 *
 * Paragraphs of `Field: value` (base/stanza.h): one about the whole, then one about the host
 * of a merged driver, one per kernel, one per patch set in the order in which they are applied, one per file of
 * the userspace half of vgpu_unlock, one about the hooks. Every field is always there;
 * a value may be empty. Bytes that would not survive in a list of words are written
 * as %XX.
 */

#define GP_LOCK_VERSION "1"

struct gp_inputs;
struct gp_decision;

struct gp_lock {
	char *path;
	struct gp_stanza_list is;
	struct gp_list kernels; /* releases that were judged */
};

/*
 * Read a lock file.
 *
 * Out:    gp_lock_release() it; zeroed on failure.
 * Errors: GP_E_NOTFOUND; GP_E_FORMAT it is damaged, or not a lock file;
 *         GP_E_UNSUPPORTED its version is not GP_LOCK_VERSION.
 */
int gp_lock_read(const char *path, struct gp_lock *out, struct gp_err *err);
void gp_lock_release(struct gp_lock *l);

/* Append to out what a lock of this run says. Call it when everything is decided
 * and nothing is applied yet. */
void gp_lock_text(const struct gp_inputs *in, const struct gp_decision *d, struct gp_buf *out);

/*
 * Is all as it was?
 *
 * In:     now: of gp_lock_text().
 * Out:    why: a line per difference appended.
 * Errors: GP_E_NO something differs; the message has the first difference.
 */
int gp_lock_compare(const struct gp_lock *lock, struct gp_str now, struct gp_buf *why, struct gp_err *err);

#endif
