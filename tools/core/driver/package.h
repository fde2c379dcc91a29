/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_PACKAGE_H
#define GP_CORE_DRIVER_PACKAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * A .deb or .rpm of a driver: files, not an installer. NVIDIA's portal has them for
 * hosts: nvidia-vgpu-ubuntu-535_535.129.03_amd64.deb has sources for DKMS,
 * NVIDIA-vGPU-rhel-8.8-535.129.03.x86_64.rpm modules that are built.
 */
enum gp_package_kind { GP_PACKAGE_DEB, GP_PACKAGE_RPM };

struct gp_package {
	enum gp_package_kind kind;
	char *name, *version, *arch; /* as the package says; NULL: it does not */
	char *sources;               /* "usr/src/nvidia-535.129.03", or NULL */
	bool more_sources;           /* there is another such folder */
	char *driver;                /* version of the driver by its files' names, or NULL */
	bool host;                   /* it has a vGPU host's programs or modules */
	struct gp_list libraries;    /* names of lib*.so.VERSION */
	struct gp_list units;        /* names of systemd's */
	struct gp_list modules;      /* paths of built ones */
	size_t files;
	uint64_t unpacked; /* their bytes */
};

void gp_package_free(struct gp_package *p);

/* "a Debian package", "an RPM package". */
const char *gp_package_kind_name(enum gp_package_kind k);

/* Take a file of it into account. In: path in clean form; untrusted. */
void gp_package_note(struct gp_package *p, const char *path, uint64_t size);

/* What a .deb's control file says. Errors: GP_E_FORMAT, no Package or Version. */
int gp_package_control(struct gp_package *p, struct gp_str control, struct gp_err *err);

/* What is in front of an rpm's payload. */
struct gp_rpm {
	uint64_t payload_off;
	char sha256[65]; /* of the payload as it is packed; "": it does not say */
};

#define GP_RPM_HEAD_MAX (64u << 20)

/*
 * Read lead, signature and header of an rpm.
 *
 * In:     head: GP_RPM_HEAD_MAX bytes, or all of a shorter file; untrusted.
 * Errors: GP_E_FORMAT.
 * Source: rpm.org, "RPM V4 Package format"; rpmtag.h for the numbers.
 */
int gp_package_rpm(struct gp_package *p, struct gp_str head, struct gp_rpm *out, struct gp_err *err);

#endif
