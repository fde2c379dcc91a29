/* SPDX-License-Identifier: MIT */
#include "base/spool.h"

#include <unistd.h>

#include "base/fsio.h"

#define NAME "the temporary file"

void gp_spool_release(struct gp_spool *s)
{
	if (s->opened && s->fd >= 0)
		close(s->fd);
	*s = (struct gp_spool){ 0 };
}

void gp_piece_release(struct gp_spool *s, struct gp_piece *p)
{
	s->held -= p->mem.len;
	gp_buf_release(&p->mem);
	*p = (struct gp_piece){ 0 };
}

static bool has_file(struct gp_spool *s)
{
	if (!s->opened) {
		s->opened = true;
		s->fd = s->open ? s->open(s->arg) : -1;
	}
	return s->fd >= 0; /* without one, memory must do */
}

static int push_out(struct gp_spool *s, struct gp_piece *p, struct gp_err *err)
{
	struct gp_err why = { 0 };

	/* fsio would quote the name: this file has none. */
	if (gp_pwrite_fd(s->fd, p->mem.data, p->len, s->end, NAME, &why) < 0)
		return gp_fail_sys(err, why.sys, "cannot write " NAME);
	p->off = s->end;
	p->out = true;
	s->end += p->len;
	s->held -= p->mem.len;
	gp_buf_release(&p->mem);
	return 0;
}

int gp_piece_set(struct gp_spool *s, struct gp_piece *p, struct gp_buf *data, struct gp_err *err)
{
	gp_piece_release(s, p);
	*p = (struct gp_piece){ .mem = *data, .len = data->len };
	*data = (struct gp_buf){ 0 };
	s->held += p->len;
	if (s->limit && s->held > s->limit && p->len && has_file(s))
		return push_out(s, p, err);
	return 0;
}

int gp_piece_get(const struct gp_spool *s, const struct gp_piece *p, struct gp_buf *room, struct gp_str *out,
		 struct gp_err *err)
{
	struct gp_err why = { 0 };
	ssize_t n;

	gp_assert(!p->out || s->fd >= 0);
	*out = gp_buf_str(&p->mem);
	if (!p->out)
		return 0;
	room->len = 0;
	gp_buf_reserve(room, p->len);
	n = gp_pread(s->fd, room->data, p->len, p->off, NAME, &why);
	if (n < 0)
		return gp_fail_sys(err, why.sys, "cannot read " NAME);
	if ((size_t)n < p->len)
		return gp_fail(err, GP_E_SYSTEM, "%s has become shorter", NAME);
	room->len = p->len;
	room->data[p->len] = '\0';
	*out = gp_buf_str(room);
	return 0;
}

int gp_piece_load(struct gp_spool *s, struct gp_piece *p, struct gp_err *err)
{
	struct gp_buf room = { 0 };
	struct gp_str text;

	if (!p->out)
		return 0;
	if (gp_piece_get(s, p, &room, &text, err) < 0) {
		gp_buf_release(&room);
		return -1;
	}
	p->mem = room;
	p->out = false;
	s->held += p->len;
	return 0;
}
