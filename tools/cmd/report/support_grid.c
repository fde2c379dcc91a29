/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "core/rules/branch.h"
#include "core/rules/platform.h"
#include "cmd/report/report.h"
#include "cmd/report/support_sign.h"
#include "cmd/report/terminal.h"

/* The table for a terminal: kernels down, branches across, one sign in each place. */

#define COLUMN_MAX 6 /* "   535" */
#define COLUMN_MIN 4

struct grid {
	const struct gp_args *a;
	const struct gp_support *t;
	const struct gp_platform *const *of; /* whose each kernel is; NULL */
	bool colours;
	size_t columns; /* of the terminal */
	size_t label;   /* of its first column */
	size_t width;   /* of the others */
	size_t across;  /* branches beside each other */
	bool used[GP_SIGNS], star;
};

static void put(const struct grid *g, struct gp_buf *line)
{
	while (line->len && line->data[line->len - 1] == ' ')
		line->len--;
	gp_buf_putc(line, '\n');
	gp_say_ours(g->a, line);
	line->len = 0;
}

/* Escape sequences take no room. */
static void put_sign(const struct grid *g, struct gp_buf *line, enum gp_sign s)
{
	if (g->colours)
		gp_buf_printf(line, "\033[%dm%s\033[0m", gp_signs[s].colour, gp_signs[s].sign);
	else
		gp_buf_puts(line, gp_signs[s].sign);
}

static void put_cell(struct grid *g, struct gp_buf *line, const struct gp_support_branch *b, size_t kernel)
{
	enum gp_sign s = gp_sign_of_branch(b, kernel);
	bool mixed = gp_sign_is_mixed(b, kernel);

	gp_buf_printf(line, "%*s", (int)g->width - 2, "");
	put_sign(g, line, s);
	gp_buf_putc(line, mixed ? '*' : ' ');
	g->used[s] = true;
	g->star |= mixed;
}

/* "16" of "vGPU 16"; NULL: it is something else. */
static const char *vgpu_number(const struct gp_branch *b)
{
	const char *p = b->product;

	return p && strncmp(p, "vGPU ", 5) == 0 && strspn(p + 5, "0123456789.") == strlen(p + 5) ? p + 5 : NULL;
}

static void say_head(const struct grid *g, size_t from, size_t to)
{
	gp_auto(gp_buf_release) struct gp_buf line = { 0 };
	bool named = false;

	gp_buf_printf(&line, "%-*s", (int)g->label, "");
	for (size_t i = from; i < to; i++)
		gp_buf_printf(&line, "%*u", (int)g->width, g->t->v[i].branch->number);
	put(g, &line);
	gp_buf_printf(&line, "%-*s", (int)g->label, "vGPU");
	for (size_t i = from; i < to; i++) {
		const char *name = vgpu_number(g->t->v[i].branch);

		named |= name != NULL;
		gp_buf_printf(&line, "%*.*s", (int)g->width, (int)g->width - 1, name ? name : "");
	}
	if (named)
		put(g, &line);
}

/* Above the first kernel of a platform. */
static void say_platform(const struct grid *g, size_t kernel)
{
	gp_auto(gp_buf_release) struct gp_buf line = { 0 };

	if (!g->of || (kernel && g->of[kernel] == g->of[kernel - 1]))
		return;
	gp_buf_printf(&line, "%.*s", (int)g->columns, g->of[kernel]->name);
	put(g, &line);
}

static void say_part(struct grid *g, size_t from, size_t to)
{
	gp_auto(gp_buf_release) struct gp_buf line = { 0 };

	say_head(g, from, to);
	for (size_t k = 0; k < g->t->kernels.n; k++) {
		say_platform(g, k);
		gp_buf_printf(&line, "%s%-*s", g->of ? "  " : "", (int)g->label - (g->of ? 2 : 0), g->t->kernels.v[k]);
		for (size_t i = from; i < to; i++)
			put_cell(g, &line, &g->t->v[i], k);
		put(g, &line);
	}
}

/* --- below it --- */

/* Begin a new line where `wide` columns more would not go in. Out: the columns used. */
static size_t make_room(const struct grid *g, struct gp_buf *line, size_t used, size_t wide)
{
	if (!used)
		return 0;
	if (used + 3 + wide > g->columns) {
		put(g, line);
		return 0;
	}
	gp_buf_puts(line, "   ");
	return used + 3;
}

static void say_legend(const struct grid *g)
{
	gp_auto(gp_buf_release) struct gp_buf line = { 0 };
	size_t used = 0;

	for (unsigned s = 0; s < GP_SIGNS; s++) {
		size_t wide = 2 + strlen(gp_signs[s].meaning);

		if (!g->used[s])
			continue;
		used = make_room(g, &line, used, wide) + wide;
		put_sign(g, &line, (enum gp_sign)s);
		gp_buf_printf(&line, " %s", gp_signs[s].meaning);
	}
	if (g->star) {
		make_room(g, &line, used, strlen(GP_SIGN_MIXED));
		gp_buf_puts(&line, GP_SIGN_MIXED);
	}
	put(g, &line);
}

/* Words, in as many lines as they need. */
static void say_words(const struct grid *g, const char *text)
{
	gp_auto(gp_buf_release) struct gp_buf line = { 0 };
	struct gp_str rest = gp_str_of(text), word;

	while (gp_word_next(&rest, &word)) {
		if (line.len && line.len + 1 + word.len > g->columns)
			put(g, &line);
		if (line.len)
			gp_buf_putc(&line, ' ');
		gp_buf_add(&line, word.p, word.len);
	}
	put(g, &line);
}

/* As wide as they fit beside each other; where they do not, several grids. */
static void lay_out(struct grid *g)
{
	size_t room;

	for (size_t k = 0; k < g->t->kernels.n; k++) {
		size_t wide = strlen(g->t->kernels.v[k]) + (g->of ? 2 : 0);

		g->label = wide > g->label ? wide : g->label;
	}
	room = g->columns > g->label ? g->columns - g->label : 0;
	for (g->width = COLUMN_MAX; g->width > COLUMN_MIN && g->width * g->t->n > room;)
		g->width--;
	g->across = room / g->width ? room / g->width : 1;
}

void gp_report_support_grid(const struct gp_args *a, const struct gp_support *t, const struct gp_platform *const *of)
{
	struct grid g = { .a = a,
			  .t = t,
			  .of = of,
			  .colours = gp_terminal_has_colours(STDOUT_FILENO),
			  .columns = gp_terminal_columns(STDOUT_FILENO),
			  .label = 4 };
	gp_auto(gp_free_ptr) char *words = NULL;

	lay_out(&g);
	for (size_t from = 0; from < t->n; from += g.across) {
		say_part(&g, from, from + g.across < t->n ? from + g.across : t->n);
		gp_say(a, "\n");
	}
	say_legend(&g);
	words = gp_asprintf("The newest release of a branch decides, in the data of %s. More: --driver 535, "
			    "--kernel 6.8, --platform all, --why; all of a pair: gridpatch select --explain "
			    "--driver VERSION -k RELEASE",
			    t->date);
	say_words(&g, words);
}
