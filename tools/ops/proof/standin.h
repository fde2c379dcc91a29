/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_STANDIN_H
#define GP_OPS_PROOF_STANDIN_H

#include <signal.h>

#include "ops/proof/modfile.h"
#include "ops/select/headers.h"

/*
 * A stand-in for a module that finds nothing to drive in a virtual machine and is gone
 * then: nvidia.ko. Others cannot be asked about without what it exports.
 *
 * The stand-in has the same name, licence, version, and table of exports (names,
 * GPL-only or not, symbol versions), so that the loader decides of those others as it
 * would; behind each export is a function that says "no", or "fine" where that is what
 * nvidia-vgpu-vfio's init needs to hear. Nothing of the driver is in it. It is built
 * by the kernel's headers, for one boot, and never installed.
 */

/* How one is made. Strings are borrowed. */
struct gp_standin_opts {
	const struct gp_headers *headers;
	const char *cc;  /* as in gp_toolchain_find(), or NULL */
	const char *dir; /* a directory to make, below a scratch directory */
	double timeout_s;
	const volatile sig_atomic_t *cancel;
};

/*
 * Make one.
 *
 * In:     real: untrusted: its names go into a source text only after a look at each byte.
 * Out:    gp_modfile_release(); it borrows nothing of the directory but a mapping.
 * Errors: GP_E_NO it does not build, or is not like the real one: the message says how;
 *         GP_E_UNSUPPORTED its exports have names that no C has; as gp_toolchain_find(),
 *         gp_kmake_own().
 * Source: struct kernel_symbol in include/linux/export.h of 5.10 and 6.1, kernel/module/internal.h
 *         of 6.12 (a namespace since 5.4); __kflagstab: include/linux/module_symbol.h of 7.1.
 */
int gp_standin_make(const struct gp_modfile *real, const struct gp_standin_opts *o, struct gp_modfile *out,
		    struct gp_err *err);

/* Does the stand-in of a module say "fine" for that export? */
bool gp_standin_is_fine(const char *module, struct gp_str export);

#endif
