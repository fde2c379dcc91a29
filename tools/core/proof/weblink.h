/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_WEBLINK_H
#define GP_CORE_PROOF_WEBLINK_H

#include "base/buf.h"

/*
 * Untrusted text as gp_markup_text(), where what evidence names can be followed:
 * https://…, and at GitHub owner/repository#12 and owner/repository@tag.
 *
 * In: NULL is nothing.
 */
void gp_weblink_text(struct gp_buf *out, const char *text);

#endif
