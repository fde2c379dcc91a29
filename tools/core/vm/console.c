/* SPDX-License-Identifier: MIT */
#include "core/vm/console.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void gp_console_release(struct gp_console *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		gp_buf_release(&c->step[i].text);
		gp_buf_release(&c->step[i].out);
	}
	free(c->step);
	gp_buf_release(&c->before);
	gp_buf_release(&c->between);
	*c = (struct gp_console){ 0 };
}

/* Source: print_time() and print_caller() in kernel/printk/printk.c of 6.1. */
struct gp_str gp_console_line(struct gp_str line)
{
	line = gp_str_no_cr(line);
	while (line.len > 2 && line.p[0] == '[') {
		const char *end = memchr(line.p, ']', line.len);
		size_t n = end ? (size_t)(end - line.p) : 0, i;

		for (i = 1; i < n && strchr(" .0123456789TC", line.p[i]); i++)
			;
		if (n < 2 || i < n)
			break;
		line = gp_str_skip(line, n + 1);
		if (line.len && line.p[0] == ' ')
			return gp_str_skip(line, 1);
	}
	return line;
}

static void keep(struct gp_buf *to, struct gp_str line)
{
	size_t from = to->len;

	if (to->len + line.len + 1 > GP_CONSOLE_TEXT)
		return;
	gp_buf_add(to, line.p, line.len);
	if (line.len)
		gp_text_mask(to->data + from, line.len);
	gp_buf_putc(to, '\n');
}

struct reading {
	struct gp_console *c;
	size_t now; /* the step that runs; c->n: none */
	size_t next;
};

static bool take_number(struct gp_str *rest, uint64_t max, uint64_t *out)
{
	struct gp_str word;

	return gp_word_next(rest, &word) && gp_parse_u64(word, max, out);
}

static void take_end(struct reading *r, struct gp_str rest)
{
	struct gp_console_step *s = &r->c->step[r->now];
	bool negative = gp_str_take(&rest, " -");
	uint64_t v;

	if (!take_number(&rest, 1u << 30, &v))
		return;
	s->ended = true;
	s->result = negative ? -(long)v : (long)v;
	r->now = r->c->n;
}

/* What stands behind the token: "begin 3", "end 3 -22", "out 3 TEXT", "done". */
static void take_own(struct reading *r, struct gp_str rest)
{
	struct gp_console *c = r->c;
	struct gp_str verb = { "", 0 };
	uint64_t id;

	c->started = true;
	gp_word_next(&rest, &verb);
	if (gp_str_eq(verb, "done") && r->now == c->n)
		c->done = true;
	if (!c->n || !take_number(&rest, c->n - 1, &id))
		return;
	if (gp_str_eq(verb, "begin") && r->now == c->n && id >= r->next) {
		r->now = (size_t)id;
		r->next = r->now + 1;
		c->step[id].begun = true;
	} else if (id != r->now) {
		return;
	} else if (gp_str_eq(verb, "end")) {
		take_end(r, rest);
	} else if (gp_str_eq(verb, "out")) {
		gp_str_take(&rest, " ");
		keep(&c->step[id].out, rest);
	}
}

static void take_line(struct reading *r, struct gp_str line, struct gp_str token)
{
	struct gp_console *c = r->c;
	ssize_t at = gp_str_find(line, token);

	if (at >= 0) {
		take_own(r, gp_str_skip(line, (size_t)at + token.len));
		return;
	}
	/* Source: kernel/printk/printk.c, "** %lu printk messages dropped **". */
	c->lost |= gp_str_starts(line, "** ") && gp_str_find(line, GP_STR("printk messages dropped")) >= 0;
	line = gp_console_line(line);
	keep(!c->started ? &c->before : r->now < c->n ? &c->step[r->now].text : &c->between, line);
}

void gp_console_parse(struct gp_str text, const char *token, size_t n, struct gp_console *out)
{
	struct reading r = { .c = out, .now = n };
	struct gp_str line;

	*out = (struct gp_console){ .n = n };
	out->step = gp_alloc((n + 1) * sizeof(*out->step));
	while (gp_text_line_next(&text, &line))
		take_line(&r, gp_str_no_cr(line), gp_str_of(token));
}
