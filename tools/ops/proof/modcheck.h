/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_MODCHECK_H
#define GP_OPS_PROOF_MODCHECK_H

#include "core/module/modload.h"
#include "ops/proof/modfile.h"
#include "ops/select/headers.h"

struct gp_modcheck_opts {
	const char *const *paths;   /* .ko files, packed or not; siblings of each other */
	size_t n;                   /* at most GP_MODCHECK_MAX */
	struct gp_headers *headers; /* NULL: only what the modules say themselves */
	const char *blob;           /* nv-kernel.o_binary, NULL */
	bool hooks_wanted;          /* nvidia.ko must have the hooks */
	const char *version;        /* the driver's version that modinfo must say, NULL */
};

#define GP_MODCHECK_MAX 1024

struct gp_modreport {
	struct gp_modfile *file; /* in the order of the paths */
	size_t n;
	struct gp_modfile blob;      /* path is NULL when there is none */
	char *release;               /* of the headers, NULL */
	char *vermagic;              /* that they give to modules, NULL */
	size_t symbols;              /* in their Module.symvers */
	struct gp_modfindings found; /* its errors decide */
};

/*
 * Check modules, as gp_modload() and, with a blob, gp_blob_check().
 *
 * Out:    gp_modreport_release(), also after a failure; 0 when all could be
 *         looked at, whatever was found.
 * Errors: as gp_modfile_open(); GP_E_USAGE too many files; GP_E_FORMAT a
 *         Module.symvers that is not one.
 */
int gp_modcheck_run(const struct gp_modcheck_opts *o, struct gp_modreport *out, struct gp_err *err);
void gp_modreport_release(struct gp_modreport *r);

/*
 * Is it the blob of a driver: an ELF64 x86-64 object that carries the driver's
 * version as text?
 *
 * In:     version: "460.73.01"; NULL: any.
 * Errors: GP_E_NO another architecture or version; as gp_modfile_open().
 * Source: nv-kernel.o_binary of 460.106.00, 470.256.02, 535.261.03 and
 *         550.163.01: each has the version as a string of its own.
 */
int gp_blob_check(const char *path, const char *version, struct gp_err *err);

#endif
