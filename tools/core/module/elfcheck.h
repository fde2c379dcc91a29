/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MODULE_ELFCHECK_H
#define GP_CORE_MODULE_ELFCHECK_H

#include <stdbool.h>

#include "base/buf.h"

/* libelf makes about 200 bytes of each section; real modules have up to a few
 * thousand. */
#define GP_ELF_MAX_SECTIONS (1u << 17)
/* KSYM_NAME_LEN is 512 since 6.1. */
#define GP_ELF_MAX_NAME 1023

/*
 * Is it a little-endian ELF64 image, an object or a shared library, whose tables all lie
 * inside of it?
 *
 * After this: every section has its bytes in the image, its name ends inside of
 * the table of names; there is at most one symbol table (of a library: of dynamic
 * symbols), its entries are whole and its strings end with a NUL.
 *
 * In:     image: untrusted, of any alignment.
 * Errors: GP_E_FORMAT, GP_E_UNSUPPORTED: as gp_module_parse().
 * Source: gABI chapter 4, also for e_shnum and e_shstrndx above SHN_LORESERVE;
 *         what the kernel asks for: elf_validity_check(), kernel/module/main.c.
 */
int gp_elf_check(struct gp_str image, bool library, struct gp_err *err);

#endif
