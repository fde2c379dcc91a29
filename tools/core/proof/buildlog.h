/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_BUILDLOG_H
#define GP_CORE_PROOF_BUILDLOG_H

#include "core/proof/cell.h"

/* What make and the compiler said when they gave up. Strings are its own. */
struct gp_build_error {
	enum gp_cell_class cls; /* compile, modpost or environment */
	char *text;             /* one line, masked: "error: …" without the place */
	char *file;             /* below the sources: "nvidia/os-interface.c"; NULL */
	unsigned line;          /* 0: not known */
	char *name;             /* the identifier or header that it is about, NULL */
};

void gp_build_error_release(struct gp_build_error *e);

/*
 * Find the first error in the output of `make modules`.
 *
 * A compiler, linker or modpost that says "error" comes before make, which only
 * says that something went wrong. Want of disk, memory or a program is told from
 * what the sources have wrong: the first of both counts.
 *
 * In:     log: untrusted bytes. root: the sources' directory, which is cut off in
 *         front of file names; "" for none.
 * Out:    *out; false when nothing in the log looks like an error: then cls is
 *         environment, and text the last line that is not empty, or NULL.
 * Source: GCC's and clang's file:line:column: error: …; scripts/mod/modpost.c
 *         (merror, fatal: "ERROR: modpost: ", "FATAL: modpost: ", before 5.8 also
 *         `ERROR: "x" [y] undefined!`); GNU make's "*** ".
 */
bool gp_buildlog_first(struct gp_str log, const char *root, struct gp_build_error *out);

/* The last lines of a log, at most max bytes, cut at a line. */
struct gp_str gp_buildlog_tail(struct gp_str log, size_t max);

#endif
