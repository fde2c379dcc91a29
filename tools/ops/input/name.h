/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_INPUT_NAME_H
#define GP_OPS_INPUT_NAME_H

#include <stdbool.h>

/*
 * Take a path apart that leads into a file, as "g.zip/Host_Drivers/X.run" does.
 *
 * Out: *file: the part up to that file; *member: what follows, in clean form; both the
 *      caller's to free. false: it is no such path, and both are NULL.
 */
bool gp_input_split(const char *word, char **file, char **member);

/* Is path the file that this input comes from: the one it names, the archive it leads
 * into, or for "-" the one that standard input is? */
bool gp_input_is(const char *word, const char *path);

#endif
