/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_WEBLINK_H
#define GP_CORE_PROOF_WEBLINK_H

#include "base/buf.h"

/*
 * Untrusted text as gp_markup_text(), where what evidence names can be followed:
 * addresses, owner/repository#12 and @tag or @tag:file at GitHub, owner/repository!12 at
 * GitLab, and the bugs Debian#12 and LP#12.
 *
 * In: NULL is nothing.
 */
void gp_weblink_text(struct gp_buf *out, const char *text);

#endif
