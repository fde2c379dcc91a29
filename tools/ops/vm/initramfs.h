/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_VM_INITRAMFS_H
#define GP_OPS_VM_INITRAMFS_H

#include <stdbool.h>

#include "core/vm/cpio.h"

/*
 * What a virtual machine starts with: our init, files, and the plan that init follows
 * (tools/ops/vm/guest/init.c says which lines it may have).
 */
struct gp_initramfs {
	struct gp_cpio cpio;
	struct gp_buf plan;
	unsigned steps; /* the ID of the next one */
	char token[33]; /* what our lines in the kernel's log begin with; no one in the machine knows it
			 * before they stand there */
};

/* Was init made for this build? Not where the compiler is another machine's than x86_64. */
bool gp_initramfs_works(void);

/*
 * Begin one: the directories bin, dev, m, proc, sys, tmp, three devices, and init.
 *
 * Errors: GP_E_UNSUPPORTED gp_initramfs_works() says no; GP_E_SYSTEM no random bytes.
 */
int gp_initramfs_init(struct gp_initramfs *r, struct gp_err *err);
void gp_initramfs_release(struct gp_initramfs *r);

/* A file: "m/nvidia.ko". Errors: as gp_cpio_add_file(). */
int gp_initramfs_add(struct gp_initramfs *r, const char *path, unsigned mode, struct gp_str bytes, struct gp_err *err);

/*
 * One line more of the plan: verb, the step's number, and what fmt makes, which must not
 * hold blanks in its words, nor line ends.
 *
 * Out: the number.
 */
unsigned gp_initramfs_do(struct gp_initramfs *r, const char *verb, const char *fmt, ...) GP_PRINTF(3, 4);

/*
 * All of it, as a file in memory without a name.
 *
 * Out:    its descriptor, close() it; -1 on failure. Nothing may be added after it.
 * Errors: GP_E_SYSTEM.
 */
int gp_initramfs_file(struct gp_initramfs *r, struct gp_err *err);

#endif
