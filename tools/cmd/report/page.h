/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_PAGE_H
#define GP_CMD_REPORT_PAGE_H

#include "base/buf.h"

/* What the HTML reports have in common: one file each, which loads nothing. */

/* Their style: colours for both schemes, tables, details. It holds neither '<' nor '&', and
 * neither may what comes to it, or a script: so a page is well-formed XML, too, where these
 * elements are plain text. */
extern const char gp_page_style[];

/*
 * From the first byte to </head>. The policy lets nothing run but this style and script.
 *
 * In: what: "matrix". title: untrusted. script: it has to follow in the body as it is.
 */
void gp_page_head(struct gp_buf *out, const char *what, const char *title, struct gp_str style, const char *script);

#endif
