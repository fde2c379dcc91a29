/* SPDX-License-Identifier: MIT */
#include "cmd/front/version.h"

#ifndef GP_COMMIT
#define GP_COMMIT ""
#endif

const char gp_program_commit[] = GP_COMMIT;
