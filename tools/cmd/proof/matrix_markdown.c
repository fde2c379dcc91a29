/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "cmd/proof/matrix_report.h"
#include "core/proof/baseline.h"
#include "core/proof/sheet.h"
#include "core/proof/markup.h"
#include "core/proof/merge.h"

/*
 * GitHub refuses a step's summary of more than 1 MiB as a whole (docs.github.com,
 * "Workflow commands for GitHub Actions", step isolation and limits). What is
 * too much is left out, and said.
 */
#define MAX_BYTES ((size_t)1 << 20)
#define MAX_TABLE (MAX_BYTES / 2)
#define MAX_KEYS 50
#define MAX_TAIL ((size_t)16 << 10) /* of one log; its end is what counts */
#define ROOM_FOR_THE_END 256

static const char *const MARKS[GP_CELL_CLASSES] = {
	[GP_CELL_OK] = "✅",
	[GP_CELL_BLOCKED] = "🚫",
	[GP_CELL_UNKNOWN] = "❔",
	[GP_CELL_HUNK] = "❌",
	[GP_CELL_COMPILE] = "❌",
	[GP_CELL_MODPOST] = "❌",
	[GP_CELL_VERIFY] = "❌",
	[GP_CELL_TIMEOUT] = "❌",
	[GP_CELL_ENVIRONMENT] = "⚠️",
	[GP_CELL_CANCELLED] = "➖",
	/* When its kernel was asked. */
	[GP_CELL_BOOT] = "❌",
};

/*
 * Text on one line, with nothing in it that Markdown knows: a character
 * reference is never markup (CommonMark 0.31, section 2.5), and ends no cell of
 * a table.
 */
static void put_text(struct gp_buf *out, const char *text)
{
	gp_auto(gp_buf_release) struct gp_buf clean = { 0 };

	gp_markup_clean(&clean, gp_str_of(gp_or_nothing(text)));
	for (size_t i = 0; i < clean.len; i++) {
		char c = clean.data[i];

		if (c == '\n' || c == '\t')
			gp_buf_putc(out, ' ');
		else if (strchr("!\"#$&'*:<=>@[\\]^_`{|}~", c))
			gp_buf_printf(out, "&#%d;", c);
		else
			gp_buf_putc(out, c);
	}
}

/* A block whose fence is longer than any run of it inside (section 4.5). */
static void put_fenced(struct gp_buf *out, struct gp_str s)
{
	gp_auto(gp_buf_release) struct gp_buf clean = { 0 }, fence = { 0 };
	size_t longest = 2, run = 0;

	gp_markup_clean(&clean, s);
	for (size_t i = 0; i < clean.len; i++) {
		run = clean.data[i] == '`' ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	for (size_t i = 0; i <= longest; i++)
		gp_buf_putc(&fence, '`');
	gp_buf_printf(out, "%s\n%s%s%s\n", fence.data, clean.len ? clean.data : "",
		      clean.len && clean.data[clean.len - 1] != '\n' ? "\n" : "", fence.data);
}

/* --- the table --- */

static void put_row(struct gp_buf *out, const struct gp_cells *l, const struct gp_sheet *g, size_t row)
{
	gp_buf_puts(out, "| ");
	put_text(out, g->row[row].driver);
	if (g->row[row].input) {
		gp_buf_puts(out, "<br>");
		put_text(out, g->row[row].input);
	}
	gp_buf_puts(out, " |");
	for (size_t k = 0; k < g->columns; k++) {
		const struct gp_cell *c = gp_sheet_cell(g, l, row, k);

		if (c)
			gp_buf_printf(out, " %s %s%s%s%s%s |", MARKS[c->cls], gp_cell_class_name(c->cls),
				      gp_cell_group(c->cls) == GP_GROUP_FAILED && c->expected ? ", expected" : "",
				      c->unchanged ? ", unchanged" : "", gp_cell_change(c) ? ", " : "",
				      gp_or_nothing(gp_cell_change_words(c)));
		else
			gp_buf_puts(out, "  |");
	}
	gp_buf_putc(out, '\n');
}

static void put_table(struct gp_buf *out, const struct gp_cells *l)
{
	gp_auto(gp_buf_release) struct gp_buf table = { 0 };
	gp_auto(gp_sheet_release) struct gp_sheet g = { 0 };
	bool fits = gp_sheet_make(l, &g) == 0;

	if (fits) {
		gp_buf_puts(&table, "| driver |");
		for (size_t i = 0; i < g.columns && table.len < MAX_TABLE; i++) {
			gp_buf_putc(&table, ' ');
			put_text(&table, g.release[i]);
			gp_buf_puts(&table, " |");
		}
		gp_buf_puts(&table, "\n|---|");
		for (size_t i = 0; i < g.columns; i++)
			gp_buf_puts(&table, "---|");
		gp_buf_putc(&table, '\n');
		for (size_t i = 0; i < g.rows && table.len < MAX_TABLE; i++)
			put_row(&table, l, &g, i);
	}
	if (fits && table.len < MAX_TABLE)
		gp_buf_add(out, table.data, table.len);
	else
		gp_buf_puts(out, "Too many drivers and kernels for a table here.\n");
	gp_buf_putc(out, '\n');
}

/* --- below it --- */

static void put_keys(struct gp_buf *out, const char *title, const struct gp_list *keys)
{
	if (!keys->n)
		return;
	gp_buf_printf(out, "%s:\n\n", title);
	for (size_t i = 0; i < keys->n && i < MAX_KEYS; i++) {
		gp_buf_puts(out, "- ");
		put_text(out, strlen(keys->v[i]) < 1024 ? keys->v[i] : "(a long name)");
		gp_buf_putc(out, '\n');
	}
	if (keys->n > MAX_KEYS)
		gp_buf_printf(out, "- and %zu more\n", keys->n - MAX_KEYS);
	gp_buf_putc(out, '\n');
}

/* The last lines of a log that is too long. */
static struct gp_str tail_of(const char *log)
{
	struct gp_str s = gp_str_of(log);
	const char *nl;

	if (s.len <= MAX_TAIL)
		return s;
	s.p += s.len - MAX_TAIL;
	s.len = MAX_TAIL;
	nl = memchr(s.p, '\n', s.len);
	if (nl) {
		s.len -= (size_t)(nl + 1 - s.p);
		s.p = nl + 1;
	}
	return s;
}

/* Inside of HTML's tags Markdown sleeps until the next empty line. */
static void put_cell(struct gp_buf *out, const struct gp_cell *c)
{
	gp_auto(gp_free_ptr) char *place = gp_cell_place(c), *why = gp_cell_why(c);

	gp_buf_printf(out, "<details><summary>%s %s: ", MARKS[c->cls], gp_cell_class_name(c->cls));
	put_text(out, c->driver);
	gp_buf_puts(out, " on ");
	put_text(out, c->release);
	gp_buf_puts(out, "</summary>\n\n");
	if (*place || *why) {
		put_text(out, place);
		gp_buf_puts(out, *place ? ": " : "");
		put_text(out, why);
		gp_buf_puts(out, "\n\n");
	}
	if (c->unchanged) {
		gp_buf_puts(out, "Unchanged since ");
		put_text(out, gp_or_nothing(c->built));
		gp_buf_puts(out, "\n\n");
	}
	if (c->fact) {
		gp_buf_puts(out, "Known: ");
		put_text(out, c->fact);
		gp_buf_puts(out, "\n\n");
	}
	if (c->repeat) {
		gp_buf_puts(out, "Repeat:\n\n");
		put_fenced(out, gp_str_of(c->repeat));
		gp_buf_putc(out, '\n');
	}
	if (c->log_tail && *c->log_tail) {
		gp_buf_puts(out, "End of the log:\n\n");
		put_fenced(out, tail_of(c->log_tail));
		gp_buf_putc(out, '\n');
	}
	gp_buf_puts(out, "</details>\n\n");
}

static void put_failed(struct gp_buf *out, const struct gp_cells *l)
{
	size_t left_out = 0;

	for (size_t i = 0; i < l->n; i++) {
		gp_auto(gp_buf_release) struct gp_buf cell = { 0 };

		if (!gp_cell_is_red(&l->v[i]))
			continue;
		put_cell(&cell, &l->v[i]);
		if (out->len + cell.len + ROOM_FOR_THE_END > MAX_BYTES)
			left_out++;
		else
			gp_buf_add(out, cell.data, cell.len);
	}
	if (left_out)
		gp_buf_printf(out, "%zu more failed; there is no room for them here, see the other reports.\n",
			      left_out);
}

void gp_matrix_markdown(const struct gp_cells *l, struct gp_buf *out)
{
	gp_auto(gp_buf_release) struct gp_buf mine = { 0 }, summary = { 0 };
	gp_auto(gp_list_release) struct gp_list missing = { 0 }, broken = { 0 }, mended = { 0 };
	char took[32];

	gp_cells_missing(l, &missing);
	gp_baseline_list(l, GP_CHANGE_BROKEN, &broken);
	gp_baseline_list(l, GP_CHANGE_MENDED, &mended);
	gp_matrix_summary(l, &summary);
	gp_buf_printf(&mine, "### gridpatch matrix: %s\n\n", summary.data);
	put_table(&mine, l);
	put_keys(&mine, "Newly broken", &broken);
	put_keys(&mine, "Newly mended", &mended);
	put_keys(&mine, "Missing: no run has a result", &missing);
	put_keys(&mine, "Run twice", &l->twice);
	put_keys(&mine, "Skipped: installed kernels", &l->skipped);
	put_failed(&mine, l);
	gp_buf_printf(&mine, "%zu cell%s in %s.\n", l->n, l->n == 1 ? "" : "s", gp_say_seconds(l->wall_s, took));
	gp_buf_add(out, mine.data, mine.len);
}
