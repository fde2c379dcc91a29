/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_DRIVER_DEBSRC_H
#define GP_CORE_DRIVER_DEBSRC_H

#include "base/buf.h"
#include "base/digest.h"

/*
 * A Debian source package (3.0, native) of sources for DKMS: the directory
 * DKMS-VERSION/ as it goes to /usr/src, and debian/. What is built of it has dkms build
 * the modules when it is installed. Nothing in it depends on who makes it where.
 *
 * Source: deb-src-control(5), dsc(5), deb-changelog(5), dh_dkms(1); Debian Policy 5.6.
 */
struct gp_debsrc {
	const char *dkms;              /* DKMS's name of the module: "nvidia" */
	const char *version;           /* and its version: "460.73.01" */
	const char *arch;              /* as Debian calls it: "amd64" */
	const char *date;              /* as in a mail: "Thu, 13 May 2021 10:00:00 +0000" */
	const char *program;           /* the version of gridpatch */
	const struct gp_list *changes; /* what was done, a line each */
};

/* Debian's word for an architecture as the stub has it ("x86_64", NULL); NULL: unknown. */
const char *gp_debsrc_arch(const char *target_arch);

/* The package's name, "nvidia-460.73.01-dkms", and its version; free() them. */
char *gp_debsrc_name(const struct gp_debsrc *d);
char *gp_debsrc_version(const struct gp_debsrc *d);

/* A file below debian/. */
struct gp_debsrc_file {
	char *path; /* "debian/rules" */
	struct gp_buf text;
	unsigned mode;
};
#define GP_DEBSRC_FILES 7

/* All of them; gp_debsrc_files_release() them. */
void gp_debsrc_files(const struct gp_debsrc *d, struct gp_debsrc_file out[GP_DEBSRC_FILES]);
void gp_debsrc_files_release(struct gp_debsrc_file f[GP_DEBSRC_FILES]);

/* The archive that a .dsc names. */
struct gp_debsrc_tar {
	const char *name;
	uint64_t size;
	char md5[GP_MD5_HEX], sha1[GP_SHA1_HEX], sha256[GP_SHA256_HEX];
};

/* The text of the .dsc, appended. */
void gp_debsrc_dsc(const struct gp_debsrc *d, const struct gp_debsrc_tar *tar, struct gp_buf *out);

#endif
