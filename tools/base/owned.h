/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_OWNED_H
#define GP_BASE_OWNED_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Is what lies at a path, with deep at any depth, only in the hands of root and of whoever runs this?
 * Those are root, our user and, for root under sudo, its caller (SUDO_UID, as git has it for
 * safe.directory); nobody else may own a part, and neither a group nor others may write to
 * one. Links are judged by where they lead; hidden files below path are passed over.
 *
 * Errors: GP_E_SYSTEM: it is not, with the part's name and what to do, or it cannot be
 *         told. Nothing at path is fine.
 */
int gp_owned_check(const char *path, bool deep, struct gp_err *err);

#endif
