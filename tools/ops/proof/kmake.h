/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_KMAKE_H
#define GP_OPS_PROOF_KMAKE_H

#include "base/proc.h"
#include "ops/proof/build.h"
#include "ops/proof/toolchain.h"

/* NVIDIA's `make modules`: its modules, variables and surroundings. */

/*
 * The modules that are to be built: those of kernel/ (each has NAME/NAME.Kbuild),
 * or of these the wanted ones and what they need: nvidia, and nvidia-modeset for
 * nvidia-drm. Sorted, "nvidia" first.
 *
 * Source: nvidia-vgpu-vfio of 525.85.07 does not compile without nvidia's conftest
 *         answers; modpost refuses symbols that nobody exports.
 */
void gp_kmake_modules(const struct gp_source *s, const struct gp_list *wanted, struct gp_list *out);

/* Their names reach shells by way of make, and the package chose them. Errors:
 * GP_E_FORMAT; GP_E_UNSUPPORTED there are none. */
int gp_kmake_check_names(const struct gp_list *modules, struct gp_err *err);

/* One run of make. */
struct gp_kmake {
	const struct gp_source *s;
	const struct gp_headers *h;
	const struct gp_toolchain *cc;
	const struct gp_build_opts *o;
	const struct gp_list *modules; /* of gp_kmake_modules() */
	const char *work;              /* with the sources in WORK/kernel */
};

/*
 * Run make in WORK/kernel; what it says goes to WORK/build.log.
 *
 * Of our environment it sees what programs need (PATH, HOME, TMPDIR, ccache's) and
 * nothing that would change a build (CC, ARCH, MAKEFLAGS, KBUILD_*, NV_*, V).
 *
 * Nothing that it starts is left behind: gp_proc_work(), in the way that
 * GRIDPATCH_CONFINE says.
 *
 * Errors: GP_E_USAGE GRIDPATCH_CONFINE; GP_E_NOTFOUND no make; GP_E_UNSUPPORTED a path with blanks or other
 *         characters that make cannot live with; GP_E_SYSTEM.
 * Source: Makefile of 460.106.00, 470.256.02, 535.261.03 and 550.163.01: SYSSRC is
 *         KERNEL_SOURCES, SYSOUT is KERNEL_OUTPUT when it is another directory;
 *         NV_EXCLUDE_KERNEL_MODULES is filtered out of the list (older branches
 *         call it NV_EXCLUDE_BUILD_MODULES: whichever the Makefile has is set).
 */
int gp_kmake_run(const struct gp_kmake *k, struct gp_proc_end *end, struct gp_err *err);

/*
 * Run the kernel's own make for sources of ours in WORK/kernel, with a Kbuild there: the
 * same surroundings, log and errors. k's s and modules are not looked at.
 */
int gp_kmake_own(const struct gp_kmake *k, struct gp_proc_end *end, struct gp_err *err);

#endif
