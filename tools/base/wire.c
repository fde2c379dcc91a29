/* SPDX-License-Identifier: MIT */
#include "base/wire.h"

void gp_wire_put(struct gp_buf *out, uint64_t v)
{
	char bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (char)(v >> 8 * i & 255);
	gp_buf_add(out, bytes, sizeof(bytes));
}

void gp_wire_put_str(struct gp_buf *out, struct gp_str s)
{
	gp_wire_put(out, s.len);
	gp_buf_add(out, s.p, s.len);
}

uint64_t gp_wire_get(struct gp_wire *w)
{
	uint64_t v = 0;

	if (w->bad || w->rest.len < 8) {
		w->bad = true;
		return 0;
	}
	for (int i = 0; i < 8; i++)
		v |= (uint64_t)(unsigned char)w->rest.p[i] << 8 * i;
	w->rest.p += 8;
	w->rest.len -= 8;
	return v;
}

uint64_t gp_wire_get_max(struct gp_wire *w, uint64_t max)
{
	uint64_t v = gp_wire_get(w);

	if (v <= max)
		return v;
	w->bad = true;
	return 0;
}

struct gp_str gp_wire_get_str(struct gp_wire *w)
{
	uint64_t len = gp_wire_get(w);
	struct gp_str s = { w->rest.p, (size_t)len };

	if (w->bad || len > w->rest.len) {
		w->bad = true;
		return (struct gp_str){ "", 0 };
	}
	w->rest.p += s.len;
	w->rest.len -= s.len;
	return s;
}
