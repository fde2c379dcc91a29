/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_UTF8_H
#define GP_BASE_UTF8_H

#include "base/buf.h"

#define GP_UTF8_BAD "\xef\xbf\xbd" /* U+FFFD: what stands for bytes that are none */

/* Length of the valid UTF-8 sequence at p, 0 if it is none. In: left, bytes from
 * p on, at least 1. Source: RFC 3629, section 4. */
size_t gp_utf8_len(const char *p, size_t left);

/* Append s, with U+FFFD for each byte that is not part of valid UTF-8. */
void gp_utf8_add(struct gp_buf *out, struct gp_str s);

#endif
