/* SPDX-License-Identifier: MIT */
#include "base/utf8.h"

size_t gp_utf8_len(const char *text, size_t left)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 :
		   p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] >= 0xa0) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] >= 0x90))
		return 0;
	return n;
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
