/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_MODULE_MODLOAD_IMPL_H
#define GP_CORE_MODULE_MODLOAD_IMPL_H

#include "core/module/modload.h"

/* Where an undefined symbol of a module comes from. */
struct gp_bound {
	const struct gp_symver *kernel;     /* the kernel or a module of it, or NULL */
	const struct gp_modexport *sibling; /* or NULL */
	size_t from;                        /* the sibling's index */
};

struct gp_modload {
	const struct gp_modunit *u;
	size_t n;
	const struct gp_modload_opts *o;
	struct gp_modfindings *found;
	struct gp_bound **bound; /* [unit][undefined symbol] */
	bool *takes;             /* [unit * n + sibling]: takes symbols from it */
	bool *proprietary;       /* [unit]: by its licence, or inherited */
	size_t *taint_from;      /* [unit]: the sibling that it inherits from, SIZE_MAX: none */
};

/* Findings of one kind: the first ones are said, then a number. */
struct gp_modtally {
	const char *file, *check;
	enum gp_severity severity;
	size_t n;
};

void gp_modload_tally(struct gp_modload *j, struct gp_modtally *m, const char *fmt, ...) GP_PRINTF(3, 4);
void gp_modload_tally_end(struct gp_modload *j, const struct gp_modtally *m);

/* Find out where all symbols come from, and who inherits whose taint. */
void gp_modload_bind(struct gp_modload *j);
void gp_modload_release(struct gp_modload *j);
bool gp_modload_takes_from(const struct gp_modload *j, const struct gp_modunit *u, size_t sibling);

/* Missing symbols, GPL-only ones, taint, CRCs, namespaces, exports of unit i. */
void gp_modload_symbols(struct gp_modload *j, size_t i);

/* Whether symbol_get() will get what unit i asks it for. */
void gp_modload_symbol_get(struct gp_modload *j, size_t i);

#endif
