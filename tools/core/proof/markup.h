/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_MARKUP_H
#define GP_CORE_PROOF_MARKUP_H

#include "base/buf.h"

/*
 * Untrusted bytes as characters that any report may hold: valid UTF-8, line
 * ends as '\n', and U+FFFD for what XML 1.0 forbids (section 2.2) and for what
 * would let a log line look like another one (gp_utf8_hides()).
 *
 * libxml2 would do this for XML, and costs 2 ms of start-up (it brings ICU's
 * data along) where the program takes as much for everything.
 */
void gp_markup_clean(struct gp_buf *out, struct gp_str s);

/* Untrusted bytes as text between tags, for XML and HTML alike. s: NULL is nothing. */
void gp_markup_text(struct gp_buf *out, const char *s);

/* ` name="value"`, line ends and tabs included; nothing when value is NULL. */
void gp_markup_attr(struct gp_buf *out, const char *name, const char *value);

#endif
