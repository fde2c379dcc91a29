/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_VM_BZIMAGE_H
#define GP_CORE_VM_BZIMAGE_H

#include "base/buf.h"

/* As much of a file as says which kernel it is. */
#define GP_BZIMAGE_HEAD 0x10400u

/*
 * The release of a kernel image: the first word of its version.
 *
 * In:     head: the first GP_BZIMAGE_HEAD bytes of it, or all if it has fewer; untrusted.
 * Out:    "6.1.0-50-amd64"; free() it; NULL on failure.
 * Errors: GP_E_UNSUPPORTED no bzImage; GP_E_FORMAT its version lies outside, or is none.
 * Source: Documentation/arch/x86/boot.rst of 6.12: "HdrS" at 0x202, kernel_version at
 *         0x20e, from 0x200 on.
 */
char *gp_bzimage_release(struct gp_str head, struct gp_err *err);

#endif
