/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_KBUILD_H
#define GP_CORE_DRIVER_KBUILD_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Does a driver's Kbuild file list this conftest?
 *
 * Each module names the tests whose results its sources use:
 * `NV_CONFTEST_FUNCTION_COMPILE_TESTS += mdev_uuid`; the other lists are
 * TYPE, SYMBOL, GENERIC and MACRO. conftest.sh, which has the tests
 * themselves, is shared with drivers that never ask them.
 *
 * Conditionals are not evaluated: what a file lists for another architecture
 * counts, too. Comments and lines that a backslash continues are read as make
 * does.
 *
 * In:     text: untrusted. name: an identifier.
 * Source: kernel/Kbuild and the modules' .Kbuild files of 460.73.01 (Merged-
 *         Rust-Drivers) and of Debian's 460.106.00 and 470.256.02;
 *         nvidia-drm-sources.mk of open-gpu-kernel-modules.
 */
bool gp_kbuild_lists_conftest(struct gp_str text, const char *name);

/* All that it lists, in order; appended to names. */
void gp_kbuild_conftests(struct gp_str text, struct gp_list *names);

/*
 * Has this conftest.sh a test of that name? Asked for another one it ends with an error,
 * and so does the build.
 *
 * In:     text: untrusted shell code, of which only labels of a case are looked at.
 * Source: compile_test() in conftest.sh of Debian's 390.157 to 550.163.01: a label for each
 *         test, "a | b)" for two, is_export_symbol_gpl_*) for a kind of them.
 */
bool gp_conftest_knows(struct gp_str text, const char *name);

/*
 * The driver's version as a Kbuild file gives it to the compiler:
 * `-DNV_VERSION_STRING=\"460.73.01\"`.
 *
 * Out:    empty when there is none; borrowed from text.
 * Source: kernel/Kbuild of 460.73.01, and of Debian's 470.256.02.
 */
struct gp_str gp_kbuild_version(struct gp_str text);

/* The kernel modules of a driver, as far as there are such; NULL after the last. */
extern const char *const gp_module_names[];

#endif
