/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_UTF8_H
#define GP_BASE_UTF8_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define GP_UTF8_BAD "\xef\xbf\xbd" /* U+FFFD: what stands for bytes that are none */

/* Length of the valid UTF-8 sequence at p, 0 if it is none. In: left, bytes from
 * p on, at least 1. Source: RFC 3629, section 4. */
size_t gp_utf8_len(const char *p, size_t left);

/* The code point of the valid sequence p of n bytes. */
uint32_t gp_utf8_point(const char *p, size_t n);

/*
 * Must a reader not get this character as it is? Controls drive a terminal, and
 * what turns text round, ends lines unseen or is not seen at all lets one text
 * pass for another.
 *
 * Out:    true for the C0 and C1 controls, line ends and tabs among them, the
 *         bidirectional marks, and the format characters without a shape; not
 *         for the joiners, which scripts need (U+200C, U+200D).
 * Source: Unicode 15, categories Cc, Zl and Zp, properties Bidi_Control and
 *         Default_Ignorable_Code_Point; UAX #9, section 2.
 */
bool gp_utf8_hides(uint32_t c);

/* Append s, with U+FFFD for each byte that is not part of valid UTF-8. */
void gp_utf8_add(struct gp_buf *out, struct gp_str s);

#endif
