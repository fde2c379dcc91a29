/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_DRIVER_UNLOCK_H
#define GP_OPS_DRIVER_UNLOCK_H

#include "core/driver/manifest.h"
#include "ops/driver/hooks.h"
#include "ops/driver/userspace.h"
#include "ops/run/runfile.h"
#include "ops/tree/tree.h"

#define GP_UNLOCK_HOOKS "kernel/unlock/vgpu_unlock_hooks.c"
#define GP_UNLOCK_KERN_LD "kernel/nvidia/kern.ld"
#define GP_UNLOCK_OS_INTERFACE "kernel/nvidia/os-interface.c"
#define GP_UNLOCK_KBUILD "kernel/nvidia/nvidia.Kbuild"
#define GP_DKMS_CONF "kernel/dkms.conf"

/* What a package carries beyond what NVIDIA put into it. */
struct gp_altered {
	enum gp_unlock_state hooks;
	char *hooks_file;            /* where the hooks lie, NULL */
	bool outside;                /* that is a place of this machine, not of the driver's */
	char *missing;               /* which piece is missing when PARTIAL */
	char *licence;               /* nvidia.ko's tag when it is not NVIDIA's, else NULL */
	struct gp_list dkms_patches; /* names of PATCH[] in dkms.conf */
	struct gp_userspace user;    /* the other half of vgpu_unlock */
};

/*
 * Recognise an altered package: hooks wherever they lie, a linker script, DKMS
 * patches, a changed licence tag of nvidia.ko, the userspace half of vgpu_unlock.
 *
 * In:     rf: what t is over; of a directory, the list of its files. m: NULL: this is an
 *         installed tree, which has none, and whose hooks may lie elsewhere.
 * Errors: GP_E_FORMAT the dkms.conf has a NUL byte.
 */
int gp_altered_find(const struct gp_runfile *rf, const struct gp_tree *t, const struct gp_manifest *m,
		    struct gp_altered *out, struct gp_err *err);
void gp_altered_release(struct gp_altered *a);
bool gp_altered_any(const struct gp_altered *a);

/*
 * Integrate the hooks: two files, an #include, a linker flag. The manifest is
 * the caller's. Doing it twice changes nothing.
 *
 * Errors: GP_E_UNSUPPORTED no os-interface.c, no nvidia.Kbuild, no place.
 */
int gp_unlock_integrate(struct gp_tree *t, const struct gp_hookcopy *h, struct gp_err *err);

#endif
