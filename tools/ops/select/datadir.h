/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_DATADIR_H
#define GP_OPS_SELECT_DATADIR_H

#include "base/buf.h"

/* Where to look; gp_datadir_find() fills it in, tests give their own. */
struct gp_datadir_places {
	const char *env;      /* $GRIDPATCH_DATA, may be NULL or "" */
	const char *exe;      /* the program's own path, may be NULL */
	const char *compiled; /* PREFIX/share/gridpatch of the build */
	struct gp_list over;  /* what lies over it where it is there, the last one on top */
};

/*
 * Find the directories that hold kernel-versions/ and patches/.
 *
 * env when it is set (and then it must be one); else TREE of TREE/build/exe or
 * TREE/build-san/exe; else PREFIX/share/gridpatch of PREFIX/bin/exe; else compiled.
 * Never the current directory. Each of over follows when it is a directory with one of the
 * two, which then only root and the user may own and write to (gp_owned_check()).
 *
 * Out:    *dirs, in the order in which they lie upon each other; the caller
 *         appends --data's. The caller releases it.
 * Errors: GP_E_NOTFOUND nowhere, or env is not such a directory; GP_E_SYSTEM a
 *         place cannot be looked at, or is in other hands; GP_E_FORMAT one of over is
 *         something else.
 */
int gp_datadir_find_in(const struct gp_datadir_places *places, struct gp_list *dirs, struct gp_err *err);

#define GP_DATADIR_MACHINE "/etc/gridpatch"

/* The directories of this process's environment: over the shipped data lie those in
 * GP_DATADIR_MACHINE, and the user's in gridpatch/data (gp_userdir_data()). */
int gp_datadir_find(struct gp_list *dirs, struct gp_err *err);

#endif
