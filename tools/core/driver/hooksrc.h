/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_HOOKSRC_H
#define GP_CORE_DRIVER_HOOKSRC_H

#include <stdbool.h>

#include "base/buf.h"

/* DualCoder/vgpu_unlock at this commit is the copy everybody uses. */
#define GP_HOOKS_COMMIT "f432ffc8b7ed245df8858e9b38000d3b8f0352f4"
#define GP_HOOKS_SHA256 "adfa0b7fc5c2c185622deee9ecdc27e4ce4e6385d4524df7d3129beda5f1e089"
#define GP_KERN_LD_SHA256 "4f41a596fb44cead1f811a0d3ad589581fa34680d13e379484040d2c2d22b9ec"
/* vgpu_unlock_hooks.c after vGPU-Unlock-patcher's vgpu_unlock_hooks-510.patch. */
#define GP_HOOKS_NEWER_SHA256 "1ec14efdec80d2370f1726409ab03280a8249dab94c5dd128e429825e6d66225"
#define GP_HOOKS_PATCH_COMMIT "3765eee908858d069e7b31842f3486095b0846b5"
#define GP_HOOKS_PATCH_SHA256 "98c3bee822d31d8f8b71621be1d9d56edf27cd2b4a384e69f34513206e5b3235"

/* Which driver generation a copy of the hooks can unlock. */
enum gp_hooks_table {
	GP_TABLE_UNKNOWN, /* no such constant, or another one */
	GP_TABLE_OLDER,   /* up to 460.106, 470.129 */
	GP_TABLE_NEWER,   /* 460.107, 470.141 and later */
};

/*
 * Read the table constant (vgpu_unlock_magic_sacrifice) of a hooks file.
 *
 * In:     text: untrusted.
 * Source: vgpu_unlock_hooks.c at GP_HOOKS_COMMIT; vgpu_unlock_hooks-510.patch
 *         at GP_HOOKS_PATCH_COMMIT.
 */
enum gp_hooks_table gp_hooks_table(struct gp_str text);
const char *gp_hooks_table_name(enum gp_hooks_table t);

/* Is it byte for byte one of the two known copies? */
bool gp_hooks_known(struct gp_str text);

/*
 * Where "#include" of the hooks belongs in os-interface.c.
 *
 * Out:    *off, bytes: the start of the line after the last #include that
 *         stands above all code and outside any #if.
 * Errors: GP_E_UNSUPPORTED there is none.
 * Source: DualCoder's README ("after the last include"); os-interface.c of
 *         460.73.01 (nv-time.h), 535.261.03 (linux/numa.h), 550.163.01
 *         (linux/pid.h; linux/lockdep.h comes later, inside an #if).
 */
int gp_hooks_place(struct gp_str text, size_t *off, struct gp_err *err);

/* Does a C file include vgpu_unlock_hooks.c, from whatever path? */
bool gp_hooks_included(struct gp_str text);

/* The path of the hooks in that #include line; empty: there is none, or a macro. */
struct gp_str gp_hooks_include_path(struct gp_str text);

/* Does a Kbuild file pass a linker script named kern.ld ("-T …kern.ld")? */
bool gp_hooks_linked(struct gp_str text);

/* The path of kern.ld there, as it is written; empty: there is none. */
struct gp_str gp_hooks_link_path(struct gp_str text);

/*
 * The text of the first MODULE_LICENSE("…") in a C file.
 *
 * Out:    empty when there is none; borrowed from text.
 */
struct gp_str gp_module_licence(struct gp_str text);

#endif
