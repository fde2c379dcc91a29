/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_INPUT_INPUT_H
#define GP_OPS_INPUT_INPUT_H

#include <signal.h>

#include "base/err.h"
#include "base/progress.h"
#include "ops/run/given.h"

/* What a verb can do something with. */
enum gp_input_use {
	GP_INPUT_RUN,    /* installers */
	GP_INPUT_DRIVER, /* and a package's sources */
	GP_INPUT_ANY,    /* and a package without sources */
};

/* How a word of the command line is to be taken. */
struct gp_input_opts {
	enum gp_input_use use;
	const char *member; /* --member, NULL */
	const volatile sig_atomic_t *cancel;
	const struct gp_progress *progress; /* NULL */
};

/*
 * Find out what a word stands for, and make of it what gp_runfile_open() can open: an
 * installer in a .zip, or on standard input ("-"), is put into a file without a name,
 * once, and goes into given. The kernel sources of a .deb or .rpm are unpacked into a
 * scratch directory of given's, and are an installed tree.
 *
 * Out:    *name: the one name of the input from here on: word, or one of given, which
 *         keeps it. An installer or directory of the disk is not looked at any further,
 *         nor what is not there: whoever opens it says what is wrong with it.
 * Errors: GP_E_FORMAT, GP_E_UNSUPPORTED it is something else, and which thing it is;
 *         GP_E_USAGE several installers may be meant, standard input is a terminal;
 *         as gp_portal_spool().
 */
int gp_input_take(struct gp_given *given, const char *word, const struct gp_input_opts *o, const char **name,
		  struct gp_err *err);

/* Errors: GP_E_USAGE the directory is no driver, but has installers in it: which ones. */
int gp_input_check_dir(const char *dir, struct gp_err *err);

#endif
