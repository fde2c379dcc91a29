/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_TRI_H
#define GP_BASE_TRI_H

/* Three answers: "cannot be said" is not "no". */
enum gp_tri { GP_TRI_NO, GP_TRI_YES, GP_TRI_UNKNOWN };

/* no beats unknown beats yes */
enum gp_tri gp_tri_and(enum gp_tri a, enum gp_tri b);
enum gp_tri gp_tri_not(enum gp_tri a);
const char *gp_tri_name(enum gp_tri t); /* "no", "yes", "unknown" */

#endif
