/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MODULE_LIBRARY_H
#define GP_CORE_MODULE_LIBRARY_H

#include "base/buf.h"

/*
 * Is it a shared library for this machine's kind (x86-64) that can be preloaded to stand
 * before a function of the libc?
 *
 * In:     image: untrusted. symbol: the function, which it has to export.
 * Out:    needed: the libraries that it names itself (DT_NEEDED), appended.
 * Errors: GP_E_UNSUPPORTED another kind of file, another machine, a program, no such
 *         function; GP_E_FORMAT damaged.
 * Source: gABI chapter 5; DF_1_PIE as GNU ld sets it for programs of type ET_DYN.
 */
int gp_library_check(struct gp_str image, const char *symbol, struct gp_list *needed, struct gp_err *err);

#endif
