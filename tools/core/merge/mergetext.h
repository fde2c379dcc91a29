/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MERGE_MERGETEXT_H
#define GP_CORE_MERGE_MERGETEXT_H

#include <stdbool.h>

#include "base/buf.h"

/* What was done to a text of the desktop's, so that it builds the host's module. */
enum gp_merge_edit {
	GP_EDIT_NOTHING, /* the host's own says nothing of it, either */
	GP_EDIT_THERE,   /* it was there already */
	GP_EDIT_DONE,
};

const char *gp_merge_edit_name(enum gp_merge_edit e); /* "nothing", "there", "done" */

/* Is this one of the texts that are made of both, but for `.manifest`? Those of kernel/
 * only: kernel-open/ stays the desktop's. */
bool gp_merge_is_text(const char *path);

/*
 * The desktop's conftest.sh, Kbuild, Makefile or dkms.conf with what the host's has for
 * its module: VGX_KVM_BUILD=1; nvidia-vgpu-vfio in the lists of modules.
 *
 * In:     path: gp_merge_is_text(). host, desktop: untrusted.
 * Out:    out, the whole new text, also when nothing was to do.
 * Errors: GP_E_UNSUPPORTED the place for it was not found.
 * Source: conftest.sh of 390.157 … 550.163.01 (Debian) and of the host 525.85.07: a line
 *         "# VGX_KVM_BUILD parameter defined only …", behind which the host has its own;
 *         the Makefiles of the same, and of the host 525.85.07: NV_KERNEL_MODULES is a
 *         $(wildcard …) that lists nvidia-vgpu-vfio everywhere; dkms.conf is a template
 *         without a list in all of them.
 */
int gp_merge_text(const char *path, struct gp_str host, struct gp_str desktop, struct gp_buf *out,
		  enum gp_merge_edit *edit, struct gp_err *err);

#endif
