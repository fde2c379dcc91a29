/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_PROOF_BOOTORDER_H
#define GP_OPS_PROOF_BOOTORDER_H

#include "ops/proof/modfile.h"
#include "ops/vm/kernel.h"

/* One module of a boot. */
struct gp_bootunit {
	const struct gp_modfile *f;
	struct gp_modfile own; /* f, when it is none of the caller's */
	bool asked_for;
	size_t *need; /* those that must be there before it: it takes what they export */
	size_t nneed, need_cap;
	size_t *after; /* those that come before it if they are there (MODULE_SOFTDEP "pre:") */
	size_t nafter, after_cap;
	size_t *before; /* those that come right after it, likewise ("post:") */
	size_t nbefore, before_cap;
	struct gp_list missing; /* what it depends on, and nobody has */
};

/* All of them, and the order in which they are loaded. */
struct gp_bootorder {
	struct gp_bootunit *unit;
	size_t n, cap;
	size_t *order; /* indices into unit, the first one first */
};

#define GP_BOOTORDER_MAX 512

/*
 * Which modules must be loaded, and in which order: the depends and the softdep lines
 * of .modinfo, as depmod and modprobe have them, and before a module whose data name an
 * export of another that it may ask symbol_get() for, that other one. They are looked for
 * among the given ones, beside the one that asks, and among the kernel's.
 *
 * In:     file: that are asked about; borrowed. k: the kernel.
 * Out:    gp_bootorder_release(), also after a failure.
 * Errors: as gp_modfile_open() of one that is needed; GP_E_UNSUPPORTED too many.
 * Source: modprobe.d(5), "softdep"; kmod_module_get_softdeps() of kmod's libkmod-module.c takes
 *         the first line of a module; depends= is written by scripts/mod/modpost.c.
 */
int gp_bootorder_find(const struct gp_modfile *file, size_t n, const struct gp_vmkernel *k, struct gp_bootorder *out,
		      struct gp_err *err);
void gp_bootorder_release(struct gp_bootorder *o);

/* Does any module that is asked about need it? */
bool gp_bootorder_is_needed(const struct gp_bootorder *o, size_t unit);

#endif
