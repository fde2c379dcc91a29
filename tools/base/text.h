/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_TEXT_H
#define GP_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* Replace by '?', in place, each byte of what is not UTF-8 and of the characters
 * of gp_utf8_hides(): untrusted text must neither drive the terminal nor look
 * like another one. */
void gp_text_mask(char *s, size_t len);

/*
 * Take the next line off *rest.
 *
 * In:  rest, the unread bytes; *rest is moved after the line and its '\n'.
 * Out: *line without its '\n' (a CR stays); false when nothing is left.
 *      A last line without '\n' is a line.
 */
bool gp_text_line_next(struct gp_str *rest, struct gp_str *line);

/* Take the next word (run of non-blanks: not ' ', '\t') off *rest. */
bool gp_word_next(struct gp_str *rest, struct gp_str *word);

/* The value of the first line NAME=VALUE of a text: without blanks at its ends, and without
 * a pair of quotes around it. Out: false when there is none. */
bool gp_text_setting(struct gp_str text, const char *name, struct gp_str *value);

/* Is it one of the words of a text? */
bool gp_str_has_word(struct gp_str text, struct gp_str word);

/* Take the next word off text of several lines: line ends part words, too. */
bool gp_text_word_next(struct gp_str *rest, struct gp_str *word);

/* The line of the first NUL byte, from 1 on; 0 when there is none. What takes such a
 * text for strings would see it cut. */
size_t gp_text_nul_line(struct gp_str text);

/* Without blanks (' ', '\t', '\r') at both ends. */
struct gp_str gp_str_trim(struct gp_str s);

/* Without its first n bytes; without a '\r' at its end. */
static inline struct gp_str gp_str_skip(struct gp_str s, size_t n)
{
	gp_assert(n <= s.len);
	return (struct gp_str){ s.p + n, s.len - n };
}
struct gp_str gp_str_no_cr(struct gp_str s);

/* Take prefix off *s. Out: false when it does not begin so. */
bool gp_str_take(struct gp_str *s, const char *prefix);

/* A day as 2026-11-30, by its form. */
bool gp_str_is_date(struct gp_str s);

bool gp_str_starts(struct gp_str s, const char *prefix);
bool gp_str_ends(struct gp_str s, const char *suffix);

/* Where needle starts in s, or -1. */
ssize_t gp_str_find(struct gp_str s, struct gp_str needle);

/*
 * Parse a whole decimal number: digits only, no sign, no blanks.
 *
 * Out: false when s is empty, has another byte, or exceeds max.
 */
bool gp_parse_u64(struct gp_str s, uint64_t max, uint64_t *out);

/* Append a word for a POSIX shell, in single quotes unless it is plain: the line is
 * meant for copying. */
void gp_text_shell_word(struct gp_buf *out, const char *s);

/* Lower-case hex of n bytes; out holds 2n + 1. */
void gp_hex(const uint8_t *p, size_t n, char *out);

#endif
