/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_USERDIR_H
#define GP_BASE_USERDIR_H

#include "base/buf.h"

/*
 * Where a user keeps data under a name: $XDG_DATA_HOME/NAME, else ~/.local/share/NAME; for
 * root under sudo, whose HOME is often root's, that in the caller's home, too.
 *
 * Out:    appended to places, absolute, none twice.
 * Source: XDG Base Directory Specification 0.8: a relative path is ignored.
 */
void gp_userdir_data(const char *name, struct gp_list *places);

#endif
