/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_HOST_RECORD_H
#define GP_OPS_HOST_RECORD_H

#include <signal.h>

#include "base/root.h"
#include "ops/host/machine.h"

/*
 * A machine on paper: what was asked of it, and what it answered, so that the same
 * questions have the same answers below --sysroot; without what core/record keeps out.
 */

enum gp_record_kind { GP_RECORD_DIR, GP_RECORD_FILE, GP_RECORD_LINK };

struct gp_record_file {
	char *path; /* below the record, in clean form */
	enum gp_record_kind kind;
	struct gp_buf text; /* of a file; where a link leads */
};

struct gp_record {
	struct gp_record_file *v; /* by their paths: a directory before what is in it */
	size_t n, cap;
	struct gp_list left_out; /* what was read, and is told to nobody */
};
void gp_record_release(struct gp_record *r);

#define GP_RECORD_FILES 20000 /* at most */

/*
 * Put a record together.
 *
 * In:  m: names of its host and its users are looked up, to be left out; seen: what
 *      was asked and answered.
 * Out: release it.
 * Errors: GP_E_UNSUPPORTED there is more than a record has room for.
 */
int gp_record_make(const struct gp_machine *m, const struct gp_sights *seen, struct gp_record *out, struct gp_err *err);

/*
 * Write it: directories of mode 0700, files of 0600, all of it or nothing.
 *
 * In:     dir: new, or an empty directory; stop: gp_check_cancel().
 * Errors: GP_E_NO there is something of that name; GP_E_NOTFOUND, GP_E_SYSTEM,
 *         GP_E_CANCELLED.
 */
int gp_record_write(const struct gp_record *r, const char *dir, const volatile sig_atomic_t *stop, struct gp_err *err);

#endif
