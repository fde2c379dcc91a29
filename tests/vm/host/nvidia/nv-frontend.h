/* SPDX-License-Identifier: MIT */
#ifndef NV_FRONTEND_H
#define NV_FRONTEND_H

void rm_cease(void);

#endif
