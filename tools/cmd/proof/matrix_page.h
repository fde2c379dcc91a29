/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_PROOF_MATRIX_PAGE_H
#define GP_CMD_PROOF_MATRIX_PAGE_H

/* The style and the script of the HTML report. Neither holds '<' or '&', so that
 * the page is well-formed XML, too, where these elements are plain text. */
extern const char gp_matrix_style[], gp_matrix_script[];

#endif
