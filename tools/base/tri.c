/* SPDX-License-Identifier: MIT */
#include "base/tri.h"

enum gp_tri gp_tri_and(enum gp_tri a, enum gp_tri b)
{
	if (a == GP_TRI_NO || b == GP_TRI_NO)
		return GP_TRI_NO;
	return a == GP_TRI_UNKNOWN || b == GP_TRI_UNKNOWN ? GP_TRI_UNKNOWN : GP_TRI_YES;
}

enum gp_tri gp_tri_not(enum gp_tri a)
{
	if (a == GP_TRI_UNKNOWN)
		return a;
	return a == GP_TRI_YES ? GP_TRI_NO : GP_TRI_YES;
}

const char *gp_tri_name(enum gp_tri t)
{
	static const char *const names[] = { "no", "yes", "unknown" };

	return names[t];
}
