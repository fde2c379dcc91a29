/* SPDX-License-Identifier: MIT */
/* Between newset.c and refresh.c: nobody else includes this. */
#ifndef GP_OPS_LINT_NEWSET_IMPL_H
#define GP_OPS_LINT_NEWSET_IMPL_H

#include "ops/lint/newset.h"

#define GP_NEWSET_RECORD "new-set"

/* Fill in what follows from the name alone. Errors: GP_E_USAGE. */
int gp_newset_name(struct gp_newset *n, const char *name, const char *dir, struct gp_err *err);

/* A file that no patch is about: nv-kernel.o_binary and its like. */
bool gp_newset_is_blob(const char *path);

#endif
