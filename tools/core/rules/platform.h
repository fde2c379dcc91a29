/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_PLATFORM_H
#define GP_CORE_RULES_PLATFORM_H

#include <stddef.h>

#include "base/stanza.h"
#include "core/rules/release.h"

/*
 * The `platforms` file of kernel-versions/: which kernels people have who say "Proxmox 9"
 * or "Ubuntu 24.04", and what they do there to get headers and to keep a kernel.
 */

struct gp_platform {
	char *name;                  /* "proxmox-9" */
	char *title;                 /* "Proxmox VE 9" */
	struct gp_list also;         /* other names people give it: "PVE 9" */
	struct gp_release *releases; /* of kernels, an example for each line, oldest first; at least one */
	size_t n, cap;
	char *headers; /* the package with %r for the release ("linux-headers-%r"); NULL: it has none */
	char *pin;     /* the command that keeps a kernel, with %r; NULL: there is none */
	char *dkms;    /* the package; NULL: it has none */
	char *reason;  /* what else one has to know; NULL */
	char *evidence;
	char *file;
	unsigned lineno;
};

struct gp_platform_list {
	struct gp_platform *v;
	size_t n, cap;
};

void gp_platforms_release(struct gp_platform_list *l);

/*
 * Read a platforms file and lay it over a list: a paragraph takes the place of the one
 * of the same name, the others are added.
 *
 * In:     stanzas of one file, each with Platform, Title, Kernels (releases, blanks
 *         between), Evidence; Names ("PVE 9, Proxmox VE 9"), Headers, Pin, Dkms, Reason as
 *         they like. Headers, Pin or Dkms is "none" where there is none; that, and one
 *         that is missing, needs a Reason.
 * Out:    gp_platforms_release() frees *l, also after a failure.
 * Errors: GP_E_FORMAT with "file:line": a field that is unknown or missing, a bad value,
 *         releases that are not in ascending order.
 */
int gp_platforms_parse(const struct gp_stanza_list *stanzas, struct gp_platform_list *l, struct gp_err *err);

/*
 * Which platform is meant? Case, blanks, "-", "_" and "/" do not count: "Proxmox 9" is
 * proxmox-9. A release within one that is not listed is that one: ubuntu-24.04.3, el9_6.
 *
 * In:     text: untrusted.
 * Out:    belongs to l.
 * Errors: GP_E_USAGE it cannot be a name; GP_E_NO it is not known, with the names of all.
 */
int gp_platform_find(const struct gp_platform_list *l, const char *text, const struct gp_platform **out,
		     struct gp_err *err);

/* A package or a command with the release for each %r; free() it. NULL: text is NULL. */
char *gp_platform_fill(const char *text, const char *release);

#endif
