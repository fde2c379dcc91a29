/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_PATH_H
#define GP_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/*
 * Bring a path of an archive or a patch into its one form: no leading "./",
 * no doubled or trailing slash, no "." component.
 *
 * In:     path, len: untrusted.
 * Out:    a new string, free() it ("" for the root itself); NULL on failure.
 * Errors: GP_E_FORMAT when absolute, with a ".." component, with a NUL byte,
 *         or longer than 4095 bytes.
 */
char *gp_path_clean(const char *path, size_t len, struct gp_err *err);

/* Is it in that form already, and not the root? Allocates nothing. */
bool gp_path_is_clean(const char *path);

/* "a" + "b" → "a/b"; free() it. */
char *gp_path_join(const char *dir, const char *name);

/* The part after the last '/'; points into path. */
const char *gp_path_base(const char *path);

/* Do two paths have the same text before their last '/'? */
bool gp_path_same_dir(const char *a, const char *b);

/* The part before the last '/' ("." without one, "/" for "/x"); free() it. */
char *gp_path_dir(const char *path);

/* Is path equal to dir, or below it? Both in clean form. */
bool gp_path_under(const char *path, const char *dir);

#endif
