/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_TOOLCHAIN_H
#define GP_OPS_PROOF_TOOLCHAIN_H

#include "ops/select/headers.h"

/* The compiler for one kernel's modules. */
struct gp_toolchain {
	char *cc;   /* for make's CC= */
	char *text; /* first line of `CC --version` */
	bool clang; /* the kernel was built with it: LLVM=1 */
	/* NVIDIA's conftest.sh would refuse: another compiler built the kernel. */
	bool mismatch;
	bool maps_files;  /* it knows -ffile-prefix-map=, as GCC 8 and clang 10 do */
	char *note;       /* then: which one, and which this is; else NULL */
	char *masquerade; /* a directory for the front of PATH in which ccache has the
			      * compiler's name; NULL: no ccache */
};

/*
 * Choose and ask the compiler.
 *
 * Without cc it is the one that the headers name (CONFIG_CC_VERSION_TEXT) if that
 * is here, as NVIDIA's Makefile does from 535 on; else gcc, or clang.
 *
 * In:     cc: from the command line, a program with words after it, or NULL.
 * Out:    gp_toolchain_release() frees it.
 * Errors: GP_E_NOTFOUND there is no such program.
 * Source: conftest.sh of 460.106.00 and 550.163.01, cc_version_check: the first
 *         "N.N" of LINUX_COMPILER in include/generated/compile.h is compared with
 *         __GNUC__.__GNUC_MINOR__ (4.2 for every clang); without that file, or with
 *         IGNORE_CC_MISMATCH, nothing is.
 */
int gp_toolchain_find(const struct gp_headers *h, const char *cc, struct gp_toolchain *out, struct gp_err *err);
void gp_toolchain_release(struct gp_toolchain *t);

/* The first line of what `CC OPTION` prints; free() it. NULL: it fails. */
char *gp_toolchain_line(const char *cc, const char *option);

/* Programs that CONFIG_CC_VERSION_TEXT may mean, appended, the likeliest first. In: text:
 * untrusted, may be NULL. None for a path: it may be anybody's. */
void gp_toolchain_names(const char *text, struct gp_list *out);

#endif
