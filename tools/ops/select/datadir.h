/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_DATADIR_H
#define GP_OPS_SELECT_DATADIR_H

#include "base/buf.h"

/* Where to look; gp_datadir_find() fills it in, tests give their own. */
struct gp_datadir_places {
	const char *env;      /* $GRIDPATCH_DATA, may be NULL or "" */
	const char *exe;      /* the program's own path, may be NULL */
	const char *compiled; /* PREFIX/share/gridpatch of the build */
	const char *etc;      /* what lies over it when it is there */
};

/*
 * Find the directories that hold kernel-versions/ and patches/.
 *
 * env when it is set (and then it must be one); else TREE of TREE/build/exe or
 * TREE/build-san/exe; else PREFIX/share/gridpatch of PREFIX/bin/exe; else compiled.
 * Never the current directory. etc follows when it is a directory.
 *
 * Out:    *dirs, in the order in which they lie upon each other; the caller
 *         appends --data's. The caller releases it.
 * Errors: GP_E_NOTFOUND nowhere, or env is not such a directory; GP_E_SYSTEM a
 *         place cannot be looked at; GP_E_FORMAT etc is something else.
 */
int gp_datadir_find_in(const struct gp_datadir_places *places, struct gp_list *dirs, struct gp_err *err);

/* The directories of this process's environment, with /etc/gridpatch. */
int gp_datadir_find(struct gp_list *dirs, struct gp_err *err);

#endif
