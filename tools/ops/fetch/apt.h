/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_FETCH_APT_H
#define GP_OPS_FETCH_APT_H

#include "ops/fetch/plan.h"

/*
 * Which packages have the headers that are wished for, by apt as this system has it set up:
 * its archives, its pins, its lists as they were fetched last. The network is not used.
 *
 * In:     cancel: may be NULL.
 * Out:    out: gp_fetch_plan_release() it, also after a failure.
 * Errors: GP_E_NOTFOUND no apt; it has no archive, or none of this distribution's; no such
 *         kernel, with those that are nearest. GP_E_SYSTEM, GP_E_CANCELLED.
 * Source: apt-cache(8), apt-get(8) of apt 2.6: what is read here is not translated.
 */
int gp_apt_find(const struct gp_headerwish *w, const volatile sig_atomic_t *cancel, struct gp_fetch_plan *out,
		struct gp_err *err);

/*
 * Download the packages of a plan into a directory. apt checks signatures as it is
 * configured to; nothing is switched off.
 *
 * Errors: GP_E_SYSTEM, with what apt-get says; GP_E_NOTFOUND, GP_E_CANCELLED.
 */
int gp_apt_download(const struct gp_fetch_plan *p, const char *dir, const volatile sig_atomic_t *cancel,
		    struct gp_err *err);

#endif
