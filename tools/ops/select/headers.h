/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_HEADERS_H
#define GP_OPS_SELECT_HEADERS_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/module/symvers.h"
#include "core/rules/release.h"
#include "core/rules/probe.h"

/* Kernel headers that modules can be built against. */
struct gp_headers {
	char *sysout; /* absolute: where .config and include/generated are */
	char *syssrc; /* absolute: where include/linux is; often the same */
	bool split;   /* sysout and syssrc differ (Debian, SUSE, O= builds) */
	/* UTS_RELEASE; with upstream's patch level unless it is RHEL's. */
	struct gp_release release;
	unsigned rhel_code;        /* RHEL_RELEASE_CODE: 8.4 is 0x804; else 0 */
	struct gp_buf symvers;     /* Module.symvers, read at the first question */
	struct gp_symvers exports; /* what it says */
	bool symvers_read;
	struct gp_err trouble; /* the first look or read that the system let fail */
};

void gp_headers_release(struct gp_headers *h);

/*
 * Recognise a tree of kernel headers.
 *
 * The layouts: Debian's linux-headers-R-amd64, whose Makefile includes that of
 * linux-headers-R-common (a copy elsewhere has its neighbour of the same
 * name, not what is installed); SUSE's linux-obj and other O= builds, by
 * Makefile or `source` link; Ubuntu's, which links file by file; complete
 * trees (RPM's /usr/src/kernels/R, Proxmox, a tree built in place).
 *
 * The release comes from include/generated/utsrelease.h, which is what goes
 * into modules; include/config/kernel.release only when that is missing, since
 * Debian's 5.10 and 6.1 packages say "5.10.223" there. The patch level comes
 * from LINUX_VERSION_SUBLEVEL, else from the Makefile, and only then from
 * LINUX_VERSION_CODE, where it ends at 255.
 *
 * In:     dir: the build directory, a link to it, or /lib/modules/R.
 * Out:    gp_headers_release() frees it; zeroed on failure.
 * Errors: as gp_headerdir_find(), and GP_E_NOTFOUND the other half of a split
 *         tree is missing; GP_E_FORMAT what is there makes no sense; GP_E_SYSTEM
 *         a file of it cannot be looked at, or read.
 * Source: linux-headers-5.10.0-{30,32,46}-amd64, 6.1.0-56-amd64 (Debian) and
 *         5.4.0-26 … 5.15.0-33-generic (Ubuntu), unpacked and read; kernel
 *         Makefile and scripts/mkmakefile for O= builds.
 */
int gp_headers_open(const char *dir, struct gp_headers *out, struct gp_err *err);

/*
 * Find the headers of a release.
 *
 * Looks in root/lib/modules/R/build, root/usr/src/linux-headers-R and
 * root/usr/src/kernels/R, for each of the roots; a tree counts only when it
 * says that release.
 *
 * In:     release: a name that gp_release_parse() takes. roots: more prefixes,
 *         asked first; may be NULL. root: the system's prefix, "" or NULL for
 *         the real one.
 * Out:    as gp_headers_open().
 * Errors: GP_E_NOTFOUND none there, or GP_E_NOTFOUND/GP_E_FORMAT of the tree
 *         that is there but cannot be used.
 */
int gp_headers_find(const char *release, const struct gp_list *roots, const char *root, struct gp_headers *out,
		    struct gp_err *err);

/*
 * Can what the probes have answered so far be believed? A file that cannot be looked at
 * is not missing.
 *
 * Errors: GP_E_SYSTEM the first failure of the system's, with the file's name.
 */
int gp_headers_sound(const struct gp_headers *h, struct gp_err *err);

/*
 * Answer one of the kernel's probe words (negation is the caller's).
 *
 *  - header PATH: found where the kernel's own include path would find it; a
 *    PATH that starts with include/ or arch/ also below the tree itself.
 *  - text PATH ERE: that file has a line that matches; no when there is no
 *    such file.
 *  - config CONFIG_X: y or m in include/config/auto.conf, else .config.
 *  - symbol NAME, symbol-gpl NAME: in Module.symvers, with any / with a
 *    GPL-only export. Unknown when there is no Module.symvers, or nothing in it.
 *  - exports NAME ...: the same, with all of its words.
 *
 * Out:    unknown for driver-* words; for files that cannot be read, whose reason
 *         gp_headers_sound() has; and with err set for an expression that
 *         gp_text_matches() fails with, and a Module.symvers that is not one.
 */
enum gp_tri gp_headers_probe(struct gp_headers *h, const struct gp_probe *p, struct gp_err *err);

/*
 * The value of a CONFIG_ option, without quotes; from include/config/auto.conf,
 * else .config.
 *
 * Out: free() it; NULL when it is not set, or there is no configuration.
 */
char *gp_headers_config(const struct gp_headers *h, const char *name);

/* All kernels of root/lib/modules, oldest first; names that are not releases
 * are left out. root as above. */
int gp_installed_kernels(const char *root, struct gp_list *out, struct gp_err *err);

#endif
