/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MODULE_VERMAGIC_H
#define GP_CORE_MODULE_VERMAGIC_H

#include "base/buf.h"

/*
 * The vermagic that modules built with some kernel headers get.
 *
 * VERMAGIC_STRING is read out of the kernel's own include/linux/vermagic.h,
 * whose words and conditions change (CONFIG_PREEMPT became
 * CONFIG_PREEMPT_BUILD, RANDSTRUCT_PLUGIN_ became RANDSTRUCT_), so that there
 * is no list of kernels here.
 *
 * In:     text: untrusted headers in the order in which they would be included:
 *         generated/autoconf.h, generated/utsrelease.h, the generated hash of
 *         randstruct where there is one, asm/vermagic.h (before 5.7
 *         asm/module.h), linux/vermagic.h. #include lines are not followed.
 * Out:    free() it; NULL on failure.
 * Errors: GP_E_UNSUPPORTED a condition or definition that is not understood, or
 *         no VERMAGIC_STRING.
 * Source: include/linux/vermagic.h of 5.10, 6.1 and 6.12; RANDSTRUCT_PLUGIN and
 *         RANDSTRUCT come from the compiler's command line:
 *         scripts/Makefile.gcc-plugins (4.13), scripts/Makefile.randstruct (5.19).
 */
char *gp_vermagic_expected(const struct gp_str *text, size_t n, struct gp_err *err);

#endif
