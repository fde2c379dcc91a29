/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_VM_CPIO_H
#define GP_CORE_VM_CPIO_H

#include "base/buf.h"

/*
 * A cpio archive as the kernel unpacks it for its first root file system, member by
 * member into a buffer. Everything in it is root's, and has no time.
 *
 * Source: Documentation/driver-api/early-userspace/buffer-format.rst of 6.1 ("newc").
 */
struct gp_cpio {
	struct gp_buf bytes;
	unsigned members;
};

void gp_cpio_release(struct gp_cpio *c);

/* A directory; those above it come first. In: path without a slash in front. */
void gp_cpio_add_dir(struct gp_cpio *c, const char *path);

/* A regular file. In: mode, as 0755. Errors: GP_E_UNSUPPORTED longer than the format can say. */
int gp_cpio_add_file(struct gp_cpio *c, const char *path, unsigned mode, struct gp_str bytes, struct gp_err *err);

/* A character device, for root alone. */
void gp_cpio_add_device(struct gp_cpio *c, const char *path, unsigned major, unsigned minor);

/* Nothing comes after it. */
void gp_cpio_end(struct gp_cpio *c);

#endif
