/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/rules/branch.h"
#include "core/rules/rule.h"
#include "ops/select/select.h"
#include "cmd/report/report.h"

/*
 * The table for a web page: kernel lines down, driver branches across. A cell
 * has to stay small, so that words are single ones and signs are explained
 * below the table. Branches of which nothing builds have no column.
 */

/* What stands in row `row` for one driver. */
typedef void (*put_fn)(struct gp_buf *out, const struct gp_support_driver *d, size_t row);

/* 73.02 of 460.73.02: the column says the branch. */
static const char *short_version(const struct gp_support_driver *d)
{
	const char *dot = strchr(d->version->text, '.');

	return dot ? dot + 1 : d->version->text;
}

static void put_build(struct gp_buf *out, const struct gp_support_driver *d, size_t row)
{
	const struct gp_support_cell *cell = &d->cells[row];
	const struct gp_choice *c = cell->choice;

	if (!gp_support_builds(cell)) {
		gp_buf_puts(out, c->verdict == GP_VERDICT_NO_EVIDENCE ? "–" : gp_support_word(cell));
		return;
	}
	gp_buf_printf(out, "%s%s%s%s%s", gp_support_word(cell), cell->sets.n ? "+" : "",
		      cell->known > GP_KNOWN_UNSURE && c->verdict == GP_VERDICT_UNTESTED ? "*" : "",
		      cell->may_block ? "?" : "", cell->parts.n ? "¹" : "");
	if (c->load == GP_LOAD_YES)
		gp_buf_puts(out, " ✓");
	else if (c->load == GP_LOAD_NO)
		gp_buf_puts(out, " ✗");
	else if (cell->no_load.n)
		gp_buf_puts(out, " (✗)");
	if (c->hooks != d->answer.hooks)
		gp_buf_printf(out, " (hooks: %s)", c->hooks ? gp_hooks_name(c->hooks) : "not said");
}

static void put_hooks(struct gp_buf *out, const struct gp_support_driver *d, size_t row)
{
	(void)row;
	gp_buf_puts(out, d->answer.hooks ? gp_hooks_name(d->answer.hooks) : "–");
}

/* Which drivers of the branch: "< 107: ", "≥ 107: "; nothing for all of them. */
static void put_range(struct gp_buf *out, const struct gp_support_branch *b, size_t first, size_t n)
{
	if (first)
		gp_buf_puts(out, "<br>");
	if (n == b->n)
		return;
	if (first)
		gp_buf_printf(out, "≥ %s", short_version(&b->drivers[first]));
	if (first + n < b->n)
		gp_buf_printf(out, "%s< %s", first ? ", " : "", short_version(&b->drivers[first + n]));
	gp_buf_puts(out, ": ");
}

/* One cell: successive drivers with the same text are drawn together. */
static void put_column(struct gp_buf *out, const struct gp_support_branch *b, size_t row, put_fn put)
{
	for (size_t first = 0, n; first < b->n; first += n) {
		gp_auto(gp_buf_release) struct gp_buf text = { 0 };

		put(&text, &b->drivers[first], row);
		for (n = 1; first + n < b->n; n++) {
			gp_auto(gp_buf_release) struct gp_buf next = { 0 };

			put(&next, &b->drivers[first + n], row);
			if (!gp_str_same(gp_buf_str(&text), gp_buf_str(&next)))
				break;
		}
		put_range(out, b, first, n);
		gp_buf_add(out, text.data, text.len);
	}
}

static bool has_column(const struct gp_support *t, const struct gp_support_branch *b)
{
	for (size_t i = 0; i < b->n; i++)
		for (size_t k = 0; k < t->kernels.n; k++)
			if (gp_support_builds(&b->drivers[i].cells[k]))
				return true;
	return false;
}

static void say_row(const struct gp_args *a, const struct gp_support *t, const char *name, size_t row, put_fn put)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	for (size_t i = 0; i < t->n; i++) {
		if (!has_column(t, &t->v[i]))
			continue;
		gp_buf_putc(&text, ' ');
		put_column(&text, &t->v[i], row, put);
		gp_buf_puts(&text, " |");
	}
	gp_say(a, "| %s |%s\n", name, text.len ? text.data : "");
}

static void say_head(const struct gp_args *a, const struct gp_support *t)
{
	gp_auto(gp_buf_release) struct gp_buf names = { 0 }, rule = { 0 };

	for (size_t i = 0; i < t->n; i++) {
		const struct gp_branch *b = t->v[i].branch;

		if (!has_column(t, &t->v[i]))
			continue;
		gp_buf_printf(&names, " %u%s%s |", b->number, b->product ? "<br>" : "", b->product ? b->product : "");
		gp_buf_puts(&rule, "---|");
	}
	gp_say(a, "| kernel |%s\n|---|%s\n", names.len ? names.data : "", rule.len ? rule.data : "");
}

/* --- below the table --- */

static void say_empty(const struct gp_args *a, const struct gp_support *t)
{
	const char *sep = "Nothing is known to build of branch ";

	for (size_t i = 0; i < t->n; i++) {
		if (has_column(t, &t->v[i]))
			continue;
		gp_say(a, "%s%u", sep, t->v[i].branch->number);
		sep = ", ";
	}
	if (sep[0] == ',')
		gp_say(a, ".\n");
}

static void join(struct gp_buf *out, const struct gp_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		gp_buf_printf(out, "%s`%s`", i ? ", " : "", l->v[i]);
}

/* What is said below the table, and of which branches ("450, 460"). */
struct notes {
	struct gp_list texts;
	struct gp_buf *branches; /* one for each text */
	size_t cap;
	unsigned *last; /* the branch that was named last */
};

static void notes_release(struct notes *n)
{
	for (size_t i = 0; i < n->texts.n; i++)
		gp_buf_release(&n->branches[i]);
	free(n->branches);
	free(n->last);
	gp_list_release(&n->texts);
}

static void note(struct notes *n, unsigned branch, const char *text)
{
	size_t i = 0;

	while (i < n->texts.n && strcmp(n->texts.v[i], text) != 0)
		i++;
	if (i == n->texts.n) {
		size_t used = i;

		GP_GROW(n->branches, used, n->cap);
		n->last = gp_realloc(n->last, n->cap, sizeof(*n->last));
		n->branches[i] = (struct gp_buf){ 0 };
		n->last[i] = 0;
		gp_list_add(&n->texts, text);
	}
	if (n->last[i] == branch)
		return;
	gp_buf_printf(&n->branches[i], "%s%u", n->last[i] ? ", " : "", branch);
	n->last[i] = branch;
}

/* What concerns a part of a line. */
static void note_part(struct notes *n, const char *kernel, unsigned branch, const struct gp_support_cell *cell)
{
	gp_auto(gp_buf_release) struct gp_buf text = { 0 };

	if (!gp_support_builds(cell) || (!cell->parts.n && !cell->no_load.n))
		return;
	gp_buf_printf(&text, " on %s", kernel);
	if (cell->parts.n)
		gp_buf_puts(&text, ": known for ");
	join(&text, &cell->parts);
	if (cell->no_load.n)
		gp_buf_puts(&text, ": does not load on ");
	join(&text, &cell->no_load);
	note(n, branch, text.data);
}

static void note_kernel(struct notes *n, const struct gp_support *t, size_t kernel)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct gp_support_branch *b = &t->v[i];

		for (size_t d = 0; d < b->n && has_column(t, b); d++)
			note_part(n, t->kernels.v[kernel], b->branch->number, &b->drivers[d].cells[kernel]);
	}
}

static void say_notes(const struct gp_args *a, const struct gp_support *t)
{
	struct notes n = { 0 };

	for (size_t k = 0; k < t->kernels.n; k++)
		note_kernel(&n, t, k);
	if (n.texts.n)
		gp_say(a, "\n");
	for (size_t i = 0; i < n.texts.n; i++)
		gp_say(a, "- %s%s\n", n.branches[i].data, n.texts.v[i]);
	notes_release(&n);
}

void gp_report_support_markdown(const struct gp_args *a, const struct gp_support *t)
{
	say_head(a, t);
	for (size_t k = 0; k < t->kernels.n; k++)
		say_row(a, t, t->kernels.v[k], k, put_build);
	say_row(a, t, "hooks", 0, put_hooks);
	gp_say(a,
	       "\n"
	       "*built*: by us, one driver of the branch at least. *reported*: by others, in public.\n"
	       "*expected*: from sources, or concluded. *unsure*: sources speak against it, nobody has\n"
	       "tried. –: no evidence in the data of %s. `+` with our patch sets; `*` untested; `?` the\n"
	       "driver's own sources may block it; `¹` on a part of the line. ✓ the modules are reported to load,\n"
	       "✗ they do not, (✗) not on all of the line; without a sign nobody knows. *hooks*: that\n"
	       "a card unlocks with them is never more than reported, and NVIDIA does not support it.\n",
	       t->date);
	say_empty(a, t);
	say_notes(a, t);
}
