/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_FRONT_VERSION_H
#define GP_CMD_FRONT_VERSION_H

#define GP_PROGRAM_VERSION "1.0"

/* The commit that it was built from, twelve digits, with "-changed" behind it if files
 * were others; "" when the sources did not say. tools/packaging/version.sh found it. */
extern const char gp_program_commit[];

#endif
