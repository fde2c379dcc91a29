/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_DISTRO_H
#define GP_CORE_RULES_DISTRO_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

/* Whose kernel a release looks like; a guess from the name alone. */
enum gp_distro {
	GP_DISTRO_NONE,
	GP_DISTRO_DEBIAN,
	GP_DISTRO_UBUNTU,
	GP_DISTRO_PVE,
	GP_DISTRO_RHEL,
	GP_DISTRO_FEDORA,
	GP_DISTRO_SUSE,
	GP_DISTRO_ARCH,
	GP_DISTRO_UBUNTU_FLAVOUR,
	GP_DISTRO_MAINLINE,
	GP_DISTRO_POP,
	GP_DISTRO_UEK,
	GP_DISTRO_UEK6,
	GP_DISTRO_ELREPO,
	GP_DISTRO_OPENEULER,
	GP_DISTRO_EULEROS,
	GP_DISTRO_KYLIN,
	GP_DISTRO_ANOLIS,
	GP_DISTRO_ALINUX,
	GP_DISTRO_TENCENT,
	GP_DISTRO_AMAZON,
	GP_DISTRO_TUMBLEWEED,
	GP_DISTRO_UNRAID,
	GP_DISTRO_TRUENAS,
	GP_DISTRO_XANMOD,
	GP_DISTRO_LIQUORIX,
	GP_DISTRO_ZEN,
	GP_DISTRO_CACHYOS,
	GP_DISTRO_RASPBERRY,
	GP_DISTRO_WSL,
	GP_DISTRO_GENTOO,
	GP_DISTRO_MANJARO,
	GP_DISTRO_ALPINE,
	GP_DISTRO_KALI,
	GP_DISTRO_PARROT,
	GP_DISTRO_DEEPIN,
	GP_DISTRO_PHOTON,
	GP_DISTRO_AZURELINUX,
	GP_DISTRO_MAGEIA,
	GP_DISTRO_OTHER, /* an rpm distribution's, nobody knows whose */
};
#define GP_DISTRO_COUNT (GP_DISTRO_OTHER + 1)

/* What its kernels have to do with the kernel of their number. */
enum gp_distro_trait {
	GP_DISTRO_PLAIN, /* they are that kernel, with fixes */
	GP_DISTRO_AHEAD, /* interfaces of later kernels are in them */
	GP_DISTRO_APART, /* and changes of that kernel may have been taken out */
};

const char *gp_distro_name(enum gp_distro d);  /* "ubuntu", as rules write it */
const char *gp_distro_title(enum gp_distro d); /* "Ubuntu", for a sentence */
enum gp_distro_trait gp_distro_trait(enum gp_distro d);

/* Does a 0 as third number of a name say that the patch level is 0? In Debian's names
 * it is always 0. */
bool gp_distro_says_zero(enum gp_distro d);

/* All whose kernels are plain, as bits 1 << gp_distro. */
uint64_t gp_distros_plain(void);

bool gp_distro_parse(struct gp_str word, enum gp_distro *out); /* false: no such word */

/*
 * Whose kernel is it?
 *
 * In:     version: the three numbers of the name. extra: what stands behind
 *         them, from the "-", "+" or "." on.
 * Out:    GP_DISTRO_NONE: nobody's that is known, or kernel.org's.
 * Source: names of packages: Debian 10-14 and its derivatives, Ubuntu 18.04 -
 *         25.10 with its cloud kernels and mainline builds, Proxmox VE, RHEL 7 -
 *         10 and rebuilds, Oracle UEK 5 - 8, openEuler 20.03 - 24.03, Anolis,
 *         TencentOS, Amazon Linux 2 and 2023, SLES 12 - 16; public boot logs for
 *         the others.
 */
enum gp_distro gp_distro_guess(const unsigned version[3], const char *extra);

/*
 * Does the name say that the kernel is a PREEMPT_RT one: -rt-amd64, .rt7.72.el8,
 * +rt, -rt18, -realtime? A Raspberry Pi's +rpt does not.
 */
bool gp_distro_says_rt(const char *extra);

#endif
