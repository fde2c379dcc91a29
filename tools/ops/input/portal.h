/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_INPUT_PORTAL_H
#define GP_OPS_INPUT_PORTAL_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/progress.h"

/*
 * The .zip of NVIDIA's portal: NVIDIA-GRID-Linux-KVM-….zip with Host_Drivers/,
 * Guest_Drivers/, Signing_Keys/ and documents. Of all that is in it the one installer
 * is unpacked, into a file without a name.
 */
struct gp_portal_member {
	char *path; /* clean form */
	uint64_t size;
	bool file, encrypted;
	bool twice;  /* another one has the same name, */
	bool repeat; /* and came before */
};

struct gp_portal {
	const char *name; /* of the .zip, for messages; borrowed */
	int fd;           /* borrowed */
	struct gp_portal_member *member;
	size_t n, cap;
};

/*
 * List a .zip.
 *
 * Out:    gp_portal_release() it; zeroed after a failure.
 * Errors: GP_E_FORMAT damaged or cut off; a name leaves the tree; too many members.
 */
int gp_portal_open(struct gp_portal *p, int fd, const char *name, struct gp_err *err);
void gp_portal_release(struct gp_portal *p);

/*
 * Which member is meant: the one of that path (or, if only one has it, of that base
 * name); without a name, the host driver's .run, else the only .run that is not for
 * guests.
 *
 * In:     wanted: NULL: none was named.
 * Errors: GP_E_USAGE several may be meant, there are only drivers for guests, or wanted is
 *         not there; GP_E_UNSUPPORTED there is no .run in it.
 */
int gp_portal_choose(const struct gp_portal *p, const char *wanted, size_t *out, struct gp_err *err);

/*
 * Unpack one.
 *
 * Out:    *fd: a file without a name.
 * Errors: GP_E_FORMAT, GP_E_UNSUPPORTED (encrypted, itself an archive, …), GP_E_SYSTEM,
 *         GP_E_CANCELLED.
 */
int gp_portal_spool(const struct gp_portal *p, size_t which, const volatile sig_atomic_t *cancel,
		    const struct gp_progress *progress, int *fd, struct gp_err *err);

#endif
