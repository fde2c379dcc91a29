/* SPDX-License-Identifier: MIT */
/* What quilt.c shares with the other files of ops/quilt; everybody else wants ops/quilt/quilt.h. */
#ifndef GP_OPS_QUILT_QUILT_IMPL_H
#define GP_OPS_QUILT_QUILT_IMPL_H

#include "ops/quilt/quilt.h"
#include "ops/tree/tree.h"

#define GP_QUILT_PC ".pc"
#define GP_QUILT_DB "applied-patches"

/* --- quilt.c: what .pc says --- */

/* .pc/FILE and .pc/PATCH/FILE; free() them. */
char *gp_quilt_record(const struct gp_quilt *q, const char *file);
char *gp_quilt_kept(const struct gp_quilt *q, const char *patch, const char *file);

/* The name of the patch on top, or NULL; borrowed. */
const char *gp_quilt_top(const struct gp_quilt *q);

/* Was it applied with force, so that it does not apply as it is? */
bool gp_quilt_is_forced(const struct gp_quilt *q, const struct gp_tree *t, const char *patch);

/* Its change has to be brought in order before anything else is done. Always -1. */
int gp_quilt_needs_refresh(const char *patch, const char *why, struct gp_err *err);

/* Could something not be read, whatever it holds? Such an error is told as it is. */
bool gp_quilt_is_trouble(const struct gp_err *err);

/* --- quilt_env.c --- */

/* Give *name a new value, which is taken. */
void gp_quilt_set(char **name, char *value);

/* Fill in what .pc does not say: the environment's words, or quilt's own.
 * Errors: GP_E_USAGE $QUILT_PATCH_OPTS asks for what is not built here. */
int gp_quilt_defaults(struct gp_quilt *q, struct gp_err *err);

/* $QUILT_PC, else ".pc", in its clean form; free() it. Errors: GP_E_USAGE it leads out of the tree. */
char *gp_quilt_pc(struct gp_err *err);

/* The settings that quilt would run, a shell script, or NULL; free() it. */
char *gp_quilt_rc(void);

/*
 * Where is the tree that dir lies in? quilt goes up until there is a folder of
 * records or of patches.
 *
 * Out:    its name, free() it: dir itself when there is none; *up, set when it lies
 *         above: "../" for each step.
 * Errors: NULL; GP_E_USAGE as gp_quilt_pc().
 */
char *gp_quilt_find_root(const char *dir, char **up, struct gp_err *err);

/* --- quilt_where.c --- */

/* Where a patch of the series lies; free() it. After gp_quilt_defaults(). */
char *gp_quilt_patch_path(const struct gp_quilt *q, const char *patch);

/* --- quilt_push.c --- */

/* Bring the list of applied patches into the tree. */
int gp_quilt_write_applied(const struct gp_quilt *q, struct gp_tree *t, struct gp_err *err);

/* Delete a file that may be missing; path is taken. */
int gp_quilt_drop(struct gp_tree *t, char *path, struct gp_err *err);

/* --- quilt_links.c --- */

/* The inode of the file from, if it has more names, belongs to the path to after the
 * commit. In: from: NULL: none does. */
void gp_quilt_hold(struct gp_quilt *q, const char *from, const char *to);

/* Put them there: into .pc, or back. */
void gp_quilt_relink(const struct gp_quilt *q);
void gp_quilt_link_back(const struct gp_quilt *q);
void gp_quilt_links_release(struct gp_quilt *q);

#endif
