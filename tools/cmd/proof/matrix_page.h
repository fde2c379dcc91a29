/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_MATRIX_PAGE_H
#define GP_CMD_PROOF_MATRIX_PAGE_H

/* The script of the HTML report, and what its style has beyond gp_page_style. */
extern const char gp_matrix_script[];
extern const char gp_matrix_style[];

#endif
