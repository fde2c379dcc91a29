/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_KOFILE_H
#define GP_CORE_DRIVER_KOFILE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Names of the files that kernel modules lie in: "nvidia-uvm.ko.xz" is the module
 * nvidia_uvm.
 *
 * Source: scripts/Makefile.modinst of 6.1: .ko, and what CONFIG_MODULE_COMPRESS_* appends;
 *         include/linux/moduleparam.h and kmod's modname_normalize(): '-' counts as '_'.
 */
extern const char *const gp_ko_suffixes[]; /* ".ko", ".ko.xz", …, NULL */

/* A name, or a path, without its suffix; NULL bytes when it has none of a module. */
struct gp_str gp_ko_stem(struct gp_str file);

/* Is it the name of a module's file? */
static inline bool gp_ko_is(struct gp_str file)
{
	return gp_ko_stem(file).p != NULL;
}

/* The kernel's name of a module, with '_' for '-'. In: without directory and suffix. Out: free() it. */
char *gp_ko_name(struct gp_str stem);

#endif
