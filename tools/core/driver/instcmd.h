/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_INSTCMD_H
#define GP_CORE_DRIVER_INSTCMD_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/rules/release.h"

struct gp_instcmd {
	const char *run; /* path of the installer */
	struct gp_version driver;
	const char *release;     /* of the kernel, NULL: the running one */
	const char *source_path; /* its headers, NULL: the installer finds them */
	bool two_trees;          /* kernel/ and kernel-open/ */
};

/*
 * The command that installs this driver through DKMS: unknown flags make
 * nvidia-installer abort, and they differ by version.
 *
 * Source: option tables of nvidia-installer's tags, by version.
 */
void gp_instcmd_format(const struct gp_instcmd *c, struct gp_buf *out);

#endif
