/* SPDX-License-Identifier: MIT */
#include "core/proof/hostlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void gp_hostlog_release(struct gp_hostlog *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].line);
	free(l->v);
	*l = (struct gp_hostlog){ 0 };
}

static struct gp_logged *find(const struct gp_hostlog *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].m->name, name) == 0)
			return &l->v[i];
	return NULL;
}

/* One log that is being looked through. */
struct look {
	const struct gp_message_list *messages;
	struct gp_hostlog *out;
	struct gp_buf line; /* what there is of it */
	uint64_t lineno;
};

/* For people, and for what ends at a NUL byte. */
static char *quote(struct gp_str line)
{
	size_t len = line.len < GP_LOGGED_MAX ? line.len : GP_LOGGED_MAX;
	char *text = gp_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = line.p[i] ? line.p[i] : '?';
	return text;
}

static void end_line(struct look *k)
{
	struct gp_str line = gp_str_no_cr(gp_buf_str(&k->line));
	const struct gp_message *m = gp_message_find(k->messages, line);
	struct gp_logged *had = m ? find(k->out, m->name) : NULL;

	k->lineno++;
	k->out->lines++;
	if (had) {
		had->count++;
	} else if (m) {
		GP_GROW(k->out->v, k->out->n, k->out->cap);
		k->out->v[k->out->n++] = (struct gp_logged){
			.m = m,
			.lineno = k->lineno,
			.count = 1,
			.line = quote(line),
		};
	}
	k->line.len = 0;
}

static void take(struct look *k, struct gp_str block)
{
	while (block.len) {
		const char *end = memchr(block.p, '\n', block.len);
		size_t n = end ? (size_t)(end - block.p) : block.len, room = GP_HOSTLOG_LINE - k->line.len;

		gp_buf_add(&k->line, block.p, n < room ? n : room);
		if (end)
			end_line(k);
		block = gp_str_skip(block, n + (end != NULL));
	}
}

int gp_hostlog_read(struct gp_src src, const struct gp_message_list *messages, struct gp_hostlog *out,
		    struct gp_err *err)
{
	struct look k = { .messages = messages, .out = out };
	char block[65536];
	uint64_t total = 0;
	ssize_t n = 0;

	while (total < GP_HOSTLOG_MAX && (n = src.read(src.arg, block, sizeof(block), err)) > 0) {
		total += (uint64_t)n;
		take(&k, (struct gp_str){ block, (size_t)n });
	}
	if (n >= 0 && k.line.len)
		end_line(&k);
	out->cut |= total >= GP_HOSTLOG_MAX;
	gp_buf_release(&k.line);
	return n < 0 ? -1 : 0;
}
