/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_PREREQ_H
#define GP_OPS_PROOF_PREREQ_H

#include "ops/proof/toolchain.h"

/*
 * Is everything here that make will want after minutes of compiling?
 *
 * Binutils, or LLVM's for a kernel that clang built, the headers' own programs, their
 * Module.symvers, which may not be empty, and pahole where the headers' scripts call it
 * for BTF.
 *
 * Out:    notes: added to, a line for what is missing and can be done without.
 * Errors: GP_E_NOTFOUND what is missing, with the name of Debian's package.
 * Source: Makefile (LLVM=1), scripts/Makefile.modpost and scripts/Makefile.modfinal
 *         of 6.1: without Module.symvers modpost knows no symbol versions; BTF of a
 *         module is made when CONFIG_DEBUG_INFO_BTF_MODULES is set and vmlinux is
 *         beside it, by $(PAHOLE), since 6.19 through scripts/gen-btf.sh.
 */
int gp_prereq_check(const struct gp_headers *h, const struct gp_toolchain *cc, struct gp_list *notes,
		    struct gp_err *err);

/* On PATH, or without one where programs usually are; free() it. NULL: nowhere. */
char *gp_program_path(const char *name);
bool gp_program_is_here(const char *name);

/* "gcc-12" of "x86_64-linux-gnu-gcc-12": the package of Debian's that has a compiler
 * of that name; free() it. NULL: it is not a name that Debian gives to one. */
char *gp_compiler_package(const char *cc);

#endif
