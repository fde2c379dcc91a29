/* SPDX-License-Identifier: MIT */
#include "core/proof/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

void gp_evidence_list_release(struct gp_evidence_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct gp_evidence *e = &l->v[i];

		free(e->driver);
		free(e->kind);
		free(e->verdict);
		free(e->field);
		gp_list_release(&e->builds);
		gp_list_release(&e->fails);
	}
	free(l->v);
	*l = (struct gp_evidence_list){ 0 };
}

/* Reports are untrusted: one line, blanks squeezed. */
static char *words_of(const char *text)
{
	struct gp_str rest = gp_str_of(text ? text : ""), word;
	struct gp_buf b = { 0 };

	while (gp_text_word_next(&rest, &word)) {
		gp_buf_puts(&b, b.len ? " " : "");
		gp_buf_add(&b, word.p, word.len);
	}
	return gp_buf_detach(&b);
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool same_list(const struct gp_list *a, const struct gp_list *b)
{
	for (size_t i = 0; i < a->n && i < b->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return a->n == b->n;
}

static bool same_driver(const struct gp_cell *a, const struct gp_cell *b)
{
	return same(a->driver, b->driver) && same(a->kind, b->kind) && same(a->input_md5, b->input_md5);
}

/* Was it built as the other was? */
static bool same_build(const struct gp_cell *a, const struct gp_cell *b)
{
	return same_driver(a, b) && same(a->boot, b->boot) && same(a->compiler, b->compiler) &&
	       same(a->verdict, b->verdict) && a->hooks == b->hooks && same_list(&a->sets, &b->sets) &&
	       same_list(&a->modules, &b->modules);
}

struct gp_evidence *gp_evidence_add(struct gp_evidence_list *l, const char *driver)
{
	GP_GROW(l->v, l->n, l->cap);
	l->v[l->n] = (struct gp_evidence){ .driver = words_of(driver), .name = "Evidence" };
	return &l->v[l->n++];
}

static struct gp_evidence *add(struct gp_evidence_list *l, const struct gp_cell *c)
{
	struct gp_evidence *e = gp_evidence_add(l, c->driver);

	if (c->kind)
		e->kind = words_of(c->kind);
	if (c->verdict)
		e->verdict = words_of(c->verdict);
	return e;
}

static void put_list(struct gp_buf *b, const char *before, const char *between, const struct gp_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		gp_buf_printf(b, "%s%s", i ? between : before, l->v[i]);
}

/* One that the kernel refuses was built all the same. */
static bool is_built(const struct gp_cell *c)
{
	return c->cls == GP_CELL_OK || c->cls == GP_CELL_BOOT;
}

static bool is_booted(const struct gp_cell *c)
{
	return c->cls == GP_CELL_OK && same(c->boot, "yes");
}

/* Those that a stand-in was there for: "nvidia-uvm.ko: loaded, beside a stand-in for nvidia.ko". */
static void put_beside(struct gp_buf *b, const struct gp_cell *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->booted.n; i++) {
		const char *line = c->booted.v[i], *colon = strchr(line, ':');

		if (colon && strstr(line, "beside a stand-in for"))
			gp_buf_printf(b, "%s%.*s", n++ ? ", " : "; beside a stand-in: ", (int)(colon - line), line);
	}
}

static void put_loading(struct gp_buf *b, const struct gp_cell *c)
{
	if (is_booted(c)) {
		gp_buf_puts(b, "; a virtual machine's kernel took them, without a card");
		put_beside(b, c);
	} else if (c->cls == GP_CELL_BOOT) {
		gp_buf_printf(b, "; not loaded: booted, and %s", c->error ? c->error : "refused");
	} else {
		gp_buf_puts(b, "; not loaded");
	}
}

/* "[built] 2026-11-30: 460.73.02 (host, MD5 …) on R, R with SET, SET, gcc …: M, M; not loaded" */
static char *field_of(const struct gp_cell *c, const struct gp_list *releases, const char *date)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	gp_buf_printf(&b, "[%s] %s: %s (%s%s%s)", is_booted(c) ? "booted" : "built", date, c->driver,
		      c->kind ? c->kind : "unknown kind", c->input_md5 ? ", MD5 " : "",
		      c->input_md5 ? c->input_md5 : "");
	put_list(&b, " on ", ", ", releases);
	put_list(&b, " with ", ", ", &c->sets);
	gp_buf_puts(&b, c->sets.n ? "" : ", unpatched");
	gp_buf_printf(&b, "%s, %s", c->hooks ? ", with hooks" : "", c->compiler ? c->compiler : "an unknown compiler");
	put_list(&b, ": ", ", ", &c->modules);
	put_loading(&b, c);
	return words_of(b.data);
}

static void add_built(struct gp_evidence_list *l, const struct gp_cells *cells, size_t first, bool *told,
		      const char *date)
{
	struct gp_evidence *e = add(l, &cells->v[first]);

	for (size_t i = first; i < cells->n; i++) {
		const struct gp_cell *c = &cells->v[i];

		if (!is_built(c) || told[i] || !same_build(&cells->v[first], c))
			continue;
		told[i] = true;
		gp_list_take(&e->builds, words_of(c->release));
	}
	e->field = field_of(&cells->v[first], &e->builds, date);
}

static char *failure(const struct gp_cell *c)
{
	gp_auto(gp_buf_release) struct gp_buf b = { 0 };

	gp_buf_printf(&b, "%s: %s", c->release, gp_cell_class_name(c->cls));
	if (c->file)
		gp_buf_printf(&b, ": %s:%u", c->file, c->line);
	if (c->error)
		gp_buf_printf(&b, ": %s", c->error);
	else if (c->reasons.n)
		gp_buf_printf(&b, ": %s", c->reasons.v[0]);
	if (c->compiler)
		gp_buf_printf(&b, " (%s)", c->compiler);
	return words_of(b.data);
}

/* Behind the last of the driver's fields. */
static void add_failed(struct gp_evidence_list *l, const struct gp_cells *cells, size_t first, bool *told)
{
	struct gp_evidence *e = NULL;

	for (size_t i = 0; i < l->n; i++)
		if (same(l->v[i].driver, cells->v[first].driver) && same(l->v[i].kind, cells->v[first].kind))
			e = &l->v[i];
	if (!e)
		e = add(l, &cells->v[first]);
	for (size_t i = first; i < cells->n; i++) {
		if (told[i] || !same_driver(&cells->v[first], &cells->v[i]))
			continue;
		told[i] = true;
		gp_list_take(&e->fails, failure(&cells->v[i]));
	}
}

void gp_cells_evidence(const struct gp_cells *cells, const char *date, struct gp_evidence_list *out)
{
	gp_auto(gp_free_ptr) bool *told = gp_alloc((cells->n + 1) * sizeof(*told));

	for (size_t i = 0; i < cells->n; i++)
		told[i] = cells->v[i].cls == GP_CELL_CANCELLED;
	for (size_t i = 0; i < cells->n; i++)
		if (!told[i] && is_built(&cells->v[i]))
			add_built(out, cells, i, told, date);
	for (size_t i = 0; i < cells->n; i++)
		if (!told[i])
			add_failed(out, cells, i, told);
}

char *gp_evidence_day(const char *started)
{
	struct gp_str day = gp_str_of(started ? started : "");

	day.len = day.len > 10 && day.p[10] == 'T' ? 10 : 0;
	return gp_str_is_date(day) ? gp_strndup(day.p, day.len) : NULL;
}
