/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_BUILD_H
#define GP_OPS_PROOF_BUILD_H

#include "core/proof/cell.h"
#include "ops/job/inputs.h"
#include "ops/proof/bootcell.h"
#include "ops/proof/source.h"
#include "ops/select/headers.h"

/* How cells are built. Strings and lists are borrowed. */
struct gp_build_opts {
	const struct gp_patch_opts *patch;   /* kernels and headers aside */
	const struct gp_list *modules;       /* those that are wanted; empty: all */
	const char *cc;                      /* NULL: as gp_toolchain_find() chooses */
	unsigned jobs;                       /* compilers at a time, without a job server */
	int jobserver[2];                    /* of GNU make, shared by several cells; -1 -1: none */
	double timeout_s;                    /* of one cell's make; 0: none */
	const char *keep;                    /* the modules and the log go to KEEP/RELEASE; NULL */
	const char *logs;                    /* logs go to LOGS/DRIVER-RELEASE.log; NULL */
	const char *sign_key, *sign_cert;    /* both or none */
	const char *words;                   /* options of the command that repeats a cell */
	const struct gp_bootcell_opts *boot; /* the kernels are asked, too; NULL: they are not */
	const volatile sig_atomic_t *cancel;
};

/*
 * Build one driver's modules against one kernel's headers: select, patch, lay
 * out, `make modules`, sign, check. NVIDIA's Makefile, Kbuild and conftest.sh are
 * run for that: the one place where gridpatch runs what comes out of a package.
 *
 * In:     h: the headers. work: a directory to make and to remove. err: not asked.
 * Out:    cell, all that is known, whatever the result; gp_cell_release() it.
 *         Nothing is left of work.
 */
void gp_build_cell(const struct gp_source *s, const struct gp_headers *h, const char *work,
		   const struct gp_build_opts *o, struct gp_cell *cell);

/*
 * Are all of the modules wanted in the driver? Errors: GP_E_USAGE, with the names
 * that there are.
 */
int gp_build_check_modules(const struct gp_source *s, const struct gp_list *wanted, struct gp_err *err);

/* The command that builds a cell again. In: words: the options that decide it. free() it. */
char *gp_build_repeat(const char *run, const char *headers, const char *words);

/* Where a cell's results go: "KEEP/RELEASE"; free() it. NULL without keep. */
char *gp_build_place(const struct gp_build_opts *o, const char *release);

#endif
