/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_FETCH_DNF_H
#define GP_OPS_FETCH_DNF_H

#include "ops/fetch/plan.h"

/* A wish that names the whole release needs no question. Out: false: it does not. */
bool gp_dnf_named(const struct gp_headerwish *w, struct gp_fetch_plan *out);

/*
 * Which package has the headers that are wished for, by dnf as this system has it set up;
 * dnf renews its lists when it finds them old.
 *
 * In:     cancel: may be NULL.
 * Out:    out: gp_fetch_plan_release() it, also after a failure.
 * Errors: GP_E_NOTFOUND no dnf, or no such kernel, with those that are nearest;
 *         GP_E_SYSTEM what dnf says; GP_E_CANCELLED.
 * Source: dnf(8) 4.14, dnf5-repoquery(8), dnf5-download(8): what both take.
 */
int gp_dnf_find(const struct gp_headerwish *w, const volatile sig_atomic_t *cancel, struct gp_fetch_plan *out,
		struct gp_err *err);

/* Download the package of a plan into a directory. Errors: GP_E_SYSTEM, with what dnf says;
 * GP_E_NOTFOUND, GP_E_CANCELLED. */
int gp_dnf_download(const struct gp_fetch_plan *p, const char *dir, const volatile sig_atomic_t *cancel,
		    struct gp_err *err);

/*
 * Is a package signed by a key that this system's rpm knows? dnf asks that when it
 * installs, and not when it downloads.
 *
 * Errors: GP_E_NO it is not; GP_E_NOTFOUND, GP_E_SYSTEM, GP_E_CANCELLED.
 */
int gp_dnf_check(const char *file, const volatile sig_atomic_t *cancel, struct gp_err *err);

#endif
