/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_DRIVER_INSPECT_H
#define GP_OPS_DRIVER_INSPECT_H

#include "ops/driver/driver.h"

/*
 * What is wrong with an installer whose sums are right.
 *
 * Every manifest entry is present; every source file below kernel/ (and
 * kernel-open/) that is on disk is listed, else it never reaches
 * /usr/src/nvidia-VERSION; hooks and the userspace half of vgpu_unlock are each complete
 * or absent, and the program of the latter is one. Of an installed tree: what dkms.conf names is there.
 * Of a merged driver: both halves are complete, and libraries have the version that they should have
 * (core/merge/mergewhole.h).
 *
 * Out: one line per finding appended to problems; none: all is well.
 * Source: nvidia-installer's manifest.c and install-from-cwd.c.
 */
void gp_inspect(const struct gp_driver *d, struct gp_list *problems);

#endif
