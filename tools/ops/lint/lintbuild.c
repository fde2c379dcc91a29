/* SPDX-License-Identifier: MIT */
#include "ops/lint/lintbuild.h"

#include <string.h>

/* "nvidia/os-interface.c:12: error: …", or what is known in place of it. */
static char *what_failed(const struct gp_cell *c)
{
	if (c->file)
		return gp_asprintf("%s:%u: %s", c->file, c->line, c->error);
	return gp_strdup(c->error ? c->error : gp_cell_class_name(c->cls));
}

static char *pair_name(const struct gp_cell *c)
{
	return gp_asprintf("%s (%s) on %s", c->driver, c->kind ? c->kind : "unknown kind", c->release);
}

static char *joined(const struct gp_list *sets)
{
	struct gp_buf b = { 0 };

	for (size_t i = 0; i < sets->n; i++)
		gp_buf_printf(&b, "%s%s", i ? " " : "", sets->v[i]);
	return gp_buf_detach(&b);
}

/* Neither the sources nor the compiler have had their say. */
static bool says_nothing(enum gp_cell_class c)
{
	return c == GP_CELL_BLOCKED || c == GP_CELL_UNKNOWN || c == GP_CELL_HUNK || c == GP_CELL_TIMEOUT ||
	       c == GP_CELL_ENVIRONMENT || c == GP_CELL_CANCELLED;
}

static struct gp_lint_set *find(struct gp_lint *l, const char *name)
{
	for (size_t i = 0; i < l->nset; i++)
		if (strcmp(l->set[i].set->name, name) == 0)
			return &l->set[i];
	return NULL;
}

static void note(struct gp_lint *l, const struct gp_list *sets, const char *text)
{
	for (size_t i = 0; i < sets->n; i++) {
		struct gp_lint_set *s = find(l, sets->v[i]);

		if (s)
			gp_list_add(&s->built, text);
	}
}

static void both_built(struct gp_lint *l, const struct gp_cell *without, const struct gp_cell *with,
		       const struct gp_list *sets, const char *pair, const char *names)
{
	const char *cc = with->compiler ? with->compiler : "a compiler";
	gp_auto(gp_free_ptr) char *before = without->cls == GP_CELL_OK ? NULL : what_failed(without);
	gp_auto(gp_free_ptr) char *text =
		before ? gp_asprintf("%s, %s: fails without %s (%s), builds with", pair, cc, names, before) :
			 gp_asprintf("%s, %s: builds without %s and with", pair, cc, names);

	note(l, sets, text);
}

static void compare(struct gp_lint *l, const struct gp_cell *without, const struct gp_cell *with)
{
	const struct gp_cell *silent = says_nothing(with->cls) ? with : says_nothing(without->cls) ? without : NULL;
	gp_auto(gp_list_release) struct gp_list sets = { 0 };
	gp_auto(gp_free_ptr) char *pair = pair_name(with);
	gp_auto(gp_free_ptr) char *why = what_failed(silent ? silent : with);
	gp_auto(gp_free_ptr) char *names = NULL;
	struct gp_lint_set *first;

	for (size_t i = 0; i < with->sets.n; i++)
		if (!gp_list_has(&without->sets, with->sets.v[i]))
			gp_list_add(&sets, with->sets.v[i]);
	names = joined(&sets);
	if (silent) {
		gp_list_printf(&l->skipped, "%s: no build: %s", pair, why);
	} else if (!sets.n) {
		gp_list_printf(&l->skipped, "%s: no set to prove", pair);
	} else if (with->cls == GP_CELL_OK) {
		both_built(l, without, with, &sets, pair, names);
	} else if (without->cls == GP_CELL_OK) {
		first = find(l, sets.v[0]);
		gp_finding_add(&l->found, first ? first->set->dir : sets.v[0], 0,
			       "guard them in their own code; '--no-set' tells which one it is",
			       "%s builds without %s, and not with: %s", pair, names, why);
	} else {
		gp_list_printf(&l->skipped, "%s: builds neither without %s nor with: %s", pair, names, why);
	}
}

void gp_lint_builds(struct gp_lint *l, const struct gp_cells *without, const struct gp_cells *with)
{
	for (size_t i = 0; i < with->n && i < without->n; i++)
		compare(l, &without->v[i], &with->v[i]);
	for (size_t i = 0; i < l->nset; i++)
		if (l->set[i].set->neutral && !l->set[i].built.n)
			gp_list_printf(&l->skipped, "%s: that it is neutral: no build has it", l->set[i].set->name);
}
