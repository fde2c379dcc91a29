/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_VM_LOADER_H
#define GP_CORE_VM_LOADER_H

#include "core/vm/boot.h"
#include "core/vm/console.h"

/*
 * What a kernel's loader said of a module.
 *
 * The verdict is told from three things: what finit_module() gave; the lines of the
 * loader, each known by its form; and whether the module's init was called at all, which
 * initcall_debug says: who was called has been taken, and what came then is init's own.
 *
 * In:     step: of its load. m: with file and name.
 * Out:    m's verdict, error, line, check, meaning. check is "symbol", "crc", "vermagic",
 *         "symbol-get", "taint", "namespace", "export", "btf", "signature", "lockdown",
 *         "format", "init", "card" or "errno".
 * Source: kernel/module/main.c, version.c, signing.c, security/lockdown and
 *         kernel/bpf/btf.c of 5.10, 6.1 and 6.12; init/main.c, trace_initcall_start_cb();
 *         NVRM's words: seen in 470.256.02, 535.261.03 and 550.163.01.
 */
void gp_loader_judge(const struct gp_console_step *step, struct gp_boot_module *m);

/* "No such device" of -19, as errno(3) names it; NULL: no text is known. */
const char *gp_loader_errno(long error);

#endif
