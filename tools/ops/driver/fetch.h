/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_DRIVER_FETCH_H
#define GP_OPS_DRIVER_FETCH_H

#include "base/buf.h"

struct gp_fetch {
	const char *to;   /* NULL: /opt/vgpu_unlock for root, else the user's data directory */
	const char *from; /* directory or tarball; NULL: git, from the network */
	bool newer_table; /* without vgpu_unlock_hooks-510.patch it is a failure */
};

/*
 * Get the user's copy of vgpu_unlock: vgpu_unlock_hooks.c and kern.ld (and the patch
 * that newer drivers need), at the pinned commits, with their SHA-256 checked
 * before anything is written.
 *
 * Out:    written: the paths; release it. lack: why the patch is not among them; free()
 *         it; NULL when it is.
 * Errors: GP_E_NO a file is not the pinned one; GP_E_NOTFOUND one is missing,
 *         or git is; GP_E_SYSTEM the network, I/O.
 */
int gp_fetch_hooks(const struct gp_fetch *f, struct gp_list *written, char **lack, struct gp_err *err);

#endif
