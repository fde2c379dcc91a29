/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_FRONT_VERSION_H
#define GP_CMD_FRONT_VERSION_H

#define GP_PROGRAM_VERSION "0.1.0"

#endif
