/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_FETCH_FETCHHEADERS_H
#define GP_OPS_FETCH_FETCHHEADERS_H

#include <signal.h>
#include <stdbool.h>

#include "base/buf.h"

/* Headers of a distribution's kernel, got by the user's own package manager. */
struct gp_fetched {
	char *wish;              /* as it was asked for: debian:6.12 */
	char *exact;             /* the same kernel, whatever comes after it: debian:6.12.9+deb13-amd64 */
	char *release, *headers; /* the kernel, and the directory that is good for --headers */
	const char *tool;        /* "apt-get", "dnf" */
	struct gp_list packages; /* "NAME VERSION SHA256" */
	bool kept;               /* an earlier run had fetched them */
	char *root;              /* the packages' files */
	char *scratch;           /* what is removed with this; NULL: they are in the cache */
	int lock;                /* that nobody removes them; -1 */
};

/*
 * Fetch the headers of a kernel: those that an earlier run kept in the cache, if they are
 * the same packages; else the packages are downloaded by apt-get or dnf, as this system has
 * it set up, with its own checks of signatures, and their files unpacked. Nothing is
 * installed, no script of a package is run, and root is not needed.
 *
 * In:     wish: DISTRO:VERSION, gp_headerwish_parse(). no_cache: neither look there nor
 *         keep anything. cancel: may be NULL.
 * Out:    gp_fetched_release(), which removes what is not kept.
 * Errors: GP_E_USAGE wish; GP_E_NOTFOUND no package manager, another distribution's, no such
 *         kernel; GP_E_NO a package is not signed; GP_E_FORMAT it is not what its archive
 *         says, or damaged; GP_E_SYSTEM the network, I/O; GP_E_CANCELLED.
 */
int gp_fetch_headers(const char *wish, bool no_cache, const volatile sig_atomic_t *cancel, struct gp_fetched *out,
		     struct gp_err *err);
void gp_fetched_release(struct gp_fetched *f);

#endif
