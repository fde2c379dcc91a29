/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_VM_TROUBLE_H
#define GP_CORE_VM_TROUBLE_H

#include "core/vm/boot.h"

/* Lines that are kept of one report, and reports of one boot, at most. */
#define GP_TROUBLE_LINES 80
#define GP_TROUBLE_MAX 20

/*
 * Find what a kernel reports of trouble: oopses, BUGs, WARNINGs, slab's and sanitizers'
 * reports, hangs. Each with its lines, to the end of its trace.
 *
 * In:     text: of a gp_console. module: during whose step; copied.
 * Out:    added to b's findings.
 * Source: kernel/panic.c (__warn(), the "cut here" line), lib/bug.c, mm/slub.c (slab_bug()),
 *         arch/x86/kernel/dumpstack.c and arch/x86/mm/fault.c, lib/ubsan.c, mm/kasan/report.c,
 *         kernel/locking/lockdep.c, kernel/hung_task.c, lib/refcount.c and lib/list_debug.c of 6.1.
 */
void gp_trouble_find(struct gp_str text, const char *module, struct gp_boot *b);

/* Add one. In: trace may be NULL; all are copied. */
void gp_trouble_add(struct gp_boot *b, const char *check, const char *module, struct gp_str text,
		    const struct gp_str *trace);

#endif
