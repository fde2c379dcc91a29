/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_KEEP_H
#define GP_OPS_PROOF_KEEP_H

#include "ops/proof/build.h"
#include "ops/select/headers.h"

/* What is left of a build: signed modules, and its log. */

/*
 * Sign the modules that were made, as the kernel's own build does.
 *
 * Errors: GP_E_NOTFOUND the headers have no scripts/sign-file; GP_E_NO it says no.
 * Source: scripts/Makefile.modinst: sign-file HASH KEY CERT MODULE, with
 *         CONFIG_MODULE_SIG_HASH.
 */
int gp_keep_sign(const struct gp_headers *h, const struct gp_build_opts *o, const char *kernel,
		 const struct gp_cell *cell, struct gp_err *err);

/* Put them and build.log into gp_build_place(), each file at once or not at all.
 * Errors: GP_E_SYSTEM. */
int gp_keep_modules(const struct gp_build_opts *o, const char *kernel, const char *log, struct gp_cell *cell,
		    struct gp_err *err);

/* Put the log into o->logs, and say so in cell->log. Errors: GP_E_SYSTEM. */
int gp_keep_log(const struct gp_build_opts *o, const char *log, struct gp_cell *cell, struct gp_err *err);

#endif
