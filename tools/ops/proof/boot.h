/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_BOOT_H
#define GP_OPS_PROOF_BOOT_H

#include "core/vm/boot.h"
#include "ops/proof/modfile.h"
#include "ops/select/headers.h"
#include "ops/vm/kernel.h"
#include "ops/vm/qemu.h"

/* Whom to ask, and of what. Everything is borrowed. */
struct gp_boot_opts {
	const struct gp_vmkernels *kernels;
	const char *release;
	const struct gp_modfile *file; /* the modules */
	size_t n;
	const struct gp_headers *headers; /* of that kernel, for stand-ins; NULL: there are none */
	const char *cc;                   /* for stand-ins, as in gp_toolchain_find(); NULL */
	const char *dir;                  /* a scratch directory for them; NULL: one is made */
	enum gp_accel accel;
	double timeout_s; /* 0: GP_QEMU_TIMEOUT_S */
	const volatile sig_atomic_t *cancel;
};

/*
 * Boot the kernel that modules are for, and let its own loader say whether it takes them:
 * with what they depend on, in the order that depmod has, and then taken out again.
 *
 * nvidia.ko ends where there is no card. For those that need it a stand-in is loaded then,
 * see ops/proof/standin.h.
 *
 * Out:    *out, gp_boot_release() it, also after a failure; 0 when there is an answer, or
 *         why there is none. gp_boot_answer() is all of it in a word.
 * Errors: what keeps anybody from being asked: as gp_vmkernels_find(), gp_qemu_run(),
 *         gp_bootorder_find(), gp_initramfs_init().
 */
int gp_boot_run(const struct gp_boot_opts *o, struct gp_boot *out, struct gp_err *err);

#endif
