/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_HEADERWISH_H
#define GP_CORE_RULES_HEADERWISH_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/rules/distro.h"
#include "core/rules/release.h"

/* Which package of a distribution has a kernel's headers. */

enum gp_packager { GP_PACKAGER_APT, GP_PACKAGER_DNF };

struct gp_header_distro {
	const char *word; /* "debian" */
	enum gp_packager packager;
	const char *origin;      /* apt: what its archives call themselves */
	const char *prefixes[2]; /* of the packages' names, before the release */
	enum gp_distro kernels;  /* whose releases they have */
	const char *flavour;     /* how the plain one's release ends */
};

/* DISTRO:VERSION, as a user wrote it. */
struct gp_headerwish {
	const struct gp_header_distro *distro; /* lives for ever */
	char version[GP_RELEASE_MAX + 1];      /* a release, or how it begins: 6.12 */
};

/*
 * Parse a wish.
 *
 * In:     text: untrusted. The distribution is debian, ubuntu, proxmox, fedora or rhel, or what
 *         people call one of these.
 * Out:    a plain value; its version may stand in the name of a package.
 * Errors: GP_E_USAGE.
 */
int gp_headerwish_parse(const char *text, struct gp_headerwish *out, struct gp_err *err);

/*
 * The release that a package of the distribution has the headers of.
 *
 * In:     package: "linux-headers-6.1.0-57-amd64", untrusted.
 * Out:    false: it has none, as what flavours share ("…-common"), a package that only names
 *         another ("linux-headers-6.12-amd64"), or one of another distribution.
 * Source: names of packages of Debian 11 - 13, Ubuntu 20.04 - 24.04, Proxmox VE 7 - 9,
 *         Fedora 43, RHEL 8 - 10.
 */
bool gp_headerwish_release(const struct gp_header_distro *d, struct gp_str package, struct gp_release *out);

/* Is it wished for? A release that was named is, whatever its flavour; what only begins as
 * the version does has to be of the plain flavour, and the version ends where a number does. */
bool gp_headerwish_holds(const struct gp_headerwish *w, const struct gp_release *r);

/* Sort package names of a distribution by their releases, the newest first; those that have
 * none go. */
void gp_headerwish_sort(const struct gp_header_distro *d, struct gp_list *packages);

/* Of a package's Depends field, the parts that the headers are not whole without, each as
 * "NAME" or "NAME=VERSION"; appended to out. In: depends: untrusted.
 * Source: deb-control(5); linux-headers-6.1.0-57-amd64, linux-headers-6.8.0-87-generic. */
void gp_headerwish_parts(struct gp_str depends, struct gp_list *out);

#endif
