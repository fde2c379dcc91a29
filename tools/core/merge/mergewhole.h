/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MERGE_MERGEWHOLE_H
#define GP_CORE_MERGE_MERGEWHOLE_H

#include "core/driver/manifest.h"
#include "core/rules/release.h"

/* The files of a merged driver; paths as in its package. */
struct gp_merge_files {
	bool (*has)(void *arg, const char *path);
	bool (*read)(void *arg, const char *path, struct gp_str *out); /* false: it is not kept, or not there */
	void *arg;
	bool installed; /* findings name files as they are installed, without kernel/ */
};

/*
 * Is there all of kernel/ that makes the modules of a host and of a desktop?
 *
 * In:     m: of an installed tree only its modules count.
 * Out:    one line per finding appended to problems.
 * Source: nvidia-sources.Kbuild, conftest.sh and folders of the public merged 460.73.01 and
 *         of the host 525.85.07.
 */
void gp_merge_check_kernel(const struct gp_manifest *m, const struct gp_merge_files *files, struct gp_list *problems);

/*
 * Does the manifest list what each half has besides, each library once and in the version
 * that it should have: the driver's, or for what only a host has, one of its branch?
 *
 * Out:    as above.
 * Source: the manifest of the public merged 460.73.01 (libnvidia-vgpu.so.460.73.02 in it);
 *         what packages for Arch install of the hosts 535 to 570.
 */
void gp_merge_check_listed(const struct gp_manifest *m, const struct gp_version *driver, struct gp_list *problems);

/* The version of a merged driver's host half, by its own library. Out: n is 0 when it is
 * that of the driver, or cannot be told. */
struct gp_version gp_merge_host_of(const struct gp_manifest *m, const struct gp_version *driver);

/* Is this a file that does nothing unless the manifest lists it: of the host's programs,
 * scripts and libraries, or firmware? Sources are another matter. */
bool gp_merge_must_be_listed(const char *path);

#endif
