/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_VM_KERNELPACKAGE_H
#define GP_OPS_VM_KERNELPACKAGE_H

#include <signal.h>

#include "base/buf.h"

/* What packages of kernels had in them, so far. Zeroed before the first, lock -1. */
struct gp_kernelpackage {
	char *dir;               /* a scratch directory: RELEASE/vmlinuz, RELEASE/NAME.ko; or NULL */
	int lock;                /* that it is in use; -1 */
	struct gp_list releases; /* each once for each package that has something of it */
	struct gp_list from;     /* that package; as many */
	uint64_t bytes;          /* that were written */
	const volatile sig_atomic_t *cancel;
};

/*
 * Unpack a kernel's image and modules out of a package; of modules the last part of the
 * name, by which the loader knows them, and of everything else nothing.
 *
 * In:     path: .deb or .rpm, untrusted.
 * Out:    p is added to; gp_remove_tree() its dir. gp_kernelpackage_release() the rest.
 * Errors: GP_E_FORMAT damaged, cut off, above 4 GiB of modules; GP_E_UNSUPPORTED it is no
 *         package, or has no kernel in it; GP_E_NOTFOUND, GP_E_SYSTEM, GP_E_CANCELLED.
 * Source: Debian's and Ubuntu's linux-image, linux-modules: boot/vmlinuz-R and
 *         lib/modules/R, with usr/ in front from 6.12 on; Fedora's kernel-core and
 *         kernel-modules-core, SUSE's kernel-default: lib/modules/R/vmlinuz or
 *         usr/lib/modules/R/vmlinuz.
 */
int gp_kernelpackage_unpack(struct gp_kernelpackage *p, const char *path, struct gp_err *err);
void gp_kernelpackage_release(struct gp_kernelpackage *p);

#endif
