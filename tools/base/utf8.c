/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

size_t gp_utf8_len(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = p[0] < 0x80                 ? 1 :
		   p[0] >= 0xc2 && p[0] < 0xe0 ? 2 :
		   (p[0] & 0xf0) == 0xe0       ? 3 :
		   p[0] >= 0xf0 && p[0] < 0xf5 ? 4 :
						 0;

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) || (p[0] == 0xf0 && p[1] < 0x90) ||
	    (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
}

uint32_t gp_utf8_point(const char *p, size_t n)
{
	uint32_t c = (unsigned char)p[0];

	if (n > 1)
		c &= 0xffu >> (n + 1);
	for (size_t i = 1; i < n; i++)
		c = c << 6 | ((unsigned char)p[i] & 0x3f);
	return c;
}

bool gp_utf8_hides(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} range[] = {
		{ 0, 0x1f },          { 0x7f, 0x9f },     /* controls */
		{ 0x61c, 0x61c },     { 0x180e, 0x180e }, /* Arabic letter mark, vowel separator */
		{ 0x200b, 0x200b },   { 0x200e, 0x200f }, /* zero-width space, direction marks */
		{ 0x2028, 0x202e },   { 0x2060, 0x206f }, /* line ends; embeddings; isolates */
		{ 0xfeff, 0xfeff },   { 0xfff9, 0xfffb }, /* byte order mark, annotations */
		{ 0xe0000, 0xe007f },                     /* tags: ASCII that nobody sees */
	};

	for (size_t i = 0; i < GP_COUNT(range); i++)
		if (c >= range[i].first && c <= range[i].last)
			return true;
	return false;
}

void gp_utf8_add(struct gp_buf *out, struct gp_str s)
{
	for (size_t i = 0; i < s.len;) {
		size_t n = gp_utf8_len(s.p + i, s.len - i);

		if (n)
			gp_buf_add(out, s.p + i, n);
		else
			gp_buf_puts(out, GP_UTF8_BAD);
		i += n ? n : 1;
	}
}
