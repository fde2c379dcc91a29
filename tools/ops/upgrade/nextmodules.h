/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_UPGRADE_NEXTMODULES_H
#define GP_OPS_UPGRADE_NEXTMODULES_H

#include "ops/host/machine.h"
#include "ops/upgrade/upgrade.h"
#include "ops/select/headers.h"

/*
 * Was the driver built for u->release, which is installed, and would that kernel take what
 * was built? Answers are appended.
 *
 * In:  h: its headers, or NULL.
 * Out: true: it was, and it would.
 */
bool gp_next_modules_check(struct gp_upgrade *u, struct gp_headers *h, const volatile sig_atomic_t *cancel);

/* The same of a driver that DKMS does not know: u->elsewhere. */
void gp_next_elsewhere_check(struct gp_upgrade *u, struct gp_headers *h, const volatile sig_atomic_t *cancel);

/*
 * NVIDIA's modules among those that a kernel finds, as paths of this process.
 *
 * Out:    appended; nothing where its list cannot be read.
 * Source: modules.dep of depmod(8): "kernel/drivers/video/nvidia.ko: …", below
 *         /lib/modules/RELEASE.
 */
void gp_kernel_nvidia(const struct gp_machine *m, const char *release, struct gp_list *paths);

#endif
