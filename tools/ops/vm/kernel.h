/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_VM_KERNEL_H
#define GP_OPS_VM_KERNEL_H

#include <signal.h>

#include "base/buf.h"

/* A kernel that can be started. */
struct gp_vmkernel {
	char *release;
	char *image;           /* a bzImage's path */
	char *from;            /* what that is to be called: the image, or the package */
	struct gp_list module; /* paths of its modules, packed or not */
};

/* Where kernels are looked for. Strings are borrowed. */
struct gp_vmkernel_opts {
	const char *image, *modules;    /* --kernel-image, --kernel-modules: both, or NULL */
	const struct gp_list *packages; /* --kernel-package, or NULL */
	const volatile sig_atomic_t *cancel;
};

/* Those at hand: of packages, unpacked in a scratch directory. */
struct gp_vmkernels {
	const struct gp_vmkernel_opts *o;
	struct gp_vmkernel *v; /* of packages and --kernel-image */
	size_t n, cap;
	char *dir; /* NULL */
	int lock;
};

/*
 * Open what was named. Of packages, .deb and .rpm, image and modules are put into a
 * scratch directory (Debian's has 400 MB); several may be parts of one kernel. No script
 * of one is run.
 *
 * In:     o: borrowed until the end. Packages, image and modules are untrusted.
 * Out:    gp_vmkernels_close(), also after a failure.
 * Errors: GP_E_FORMAT, GP_E_UNSUPPORTED no such package or image, or none for x86_64;
 *         GP_E_NOTFOUND, GP_E_SYSTEM, GP_E_CANCELLED.
 */
int gp_vmkernels_open(struct gp_vmkernels *k, const struct gp_vmkernel_opts *o, struct gp_err *err);
void gp_vmkernels_close(struct gp_vmkernels *k);

/*
 * The kernel of a release: of those that were named; where none was, this machine's
 * /boot/vmlinuz-R (or vmlinuz in its modules' directory) and /lib/modules/R.
 *
 * Out:    gp_vmkernel_release(), also after a failure.
 * Errors: GP_E_NOTFOUND there is none, or only a part of it; GP_E_SYSTEM;
 *         GP_E_UNSUPPORTED, GP_E_FORMAT as gp_bzimage_release(); GP_E_NO the image is
 *         another release's.
 */
int gp_vmkernels_find(const struct gp_vmkernels *k, const char *release, struct gp_vmkernel *out, struct gp_err *err);
void gp_vmkernel_release(struct gp_vmkernel *k);

/* The only release that was named; NULL: none, or several. Borrowed. */
const char *gp_vmkernels_only(const struct gp_vmkernels *k);

/* The path of a module by the kernel's name of it ("drm_kms_helper"): that in updates/
 * before others, as depmod(8) has it. NULL: it has none. Borrowed. */
const char *gp_vmkernel_module(const struct gp_vmkernel *k, const char *name);

/* Open its image. Out: a descriptor, close() it; -1. Errors: as gp_vmkernels_find(). */
int gp_vmkernel_open(const struct gp_vmkernel *k, struct gp_err *err);

#endif
