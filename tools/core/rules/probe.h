/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_PROBE_H
#define GP_CORE_RULES_PROBE_H

#include <stdbool.h>

#include "base/buf.h"

/* A question of a rule to kernel headers or to a driver's sources. */

enum gp_probe_word {
	GP_PROBE_HEADER,          /* PATH: #include <PATH> would find it */
	GP_PROBE_TEXT,            /* PATH ERE: a line of that header matches; PATH may
				    * also start with include/ or arch/ */
	GP_PROBE_CONFIG,          /* CONFIG_X: y or m */
	GP_PROBE_SYMBOL,          /* NAME: exported, to whom ever */
	GP_PROBE_SYMBOL_GPL,      /* NAME: exported to GPL modules only */
	GP_PROBE_EXPORTS,         /* NAME [gpl] [namespace NS] [module-only]: exported, and all that;
				    * without headers the table of gp_exports_ask() may know */
	GP_PROBE_DRIVER_TEXT,     /* PATH ERE: a line of that file of the driver's kernel
				    * sources (PATH below kernel/) matches */
	GP_PROBE_DRIVER_CONFTEST, /* NAME: a Kbuild file of the driver lists that test
				    * (gp_kbuild_lists_conftest()) */
};

struct gp_probe {
	enum gp_probe_word word;
	bool negated;     /* '!' in front; answers are given without it */
	char *arg;        /* PATH, CONFIG_X or NAME; a PATH is clean (gp_path_clean) */
	char *ere;        /* of the two text words, else NULL; it compiles */
	char *ns;         /* of exports: in this namespace; NULL: whichever */
	bool gpl;         /* of exports: to GPL modules only */
	bool module_only; /* of exports: to modules that are named, as kvm's to kvm-intel */
	char *text;       /* as written, blanks squeezed */
};

bool gp_probe_asks_driver(const struct gp_probe *p);

/*
 * Does a line of text match the POSIX extended regular expression? As grep -E:
 * line by line, the newline is not part of it.
 *
 * Out:    1 yes, 0 no, -1 it cannot be told.
 * Errors: as gp_regex_compile() and gp_regex_match().
 */
int gp_text_matches(struct gp_str text, const char *ere, struct gp_err *err);

/*
 * Read a line of `Probe`, with its `!` if it has one.
 *
 * In:     line: not empty, without blanks around it.
 * Out:    gp_probe_release() frees *p (zeroed before), also after a failure.
 * Errors: GP_E_FORMAT an unknown word, too few or too many arguments, an expression that
 *         does not compile, a path that is none.
 */
int gp_probe_parse(struct gp_str line, struct gp_probe *p, struct gp_err *err);
void gp_probe_release(struct gp_probe *p);

#endif
