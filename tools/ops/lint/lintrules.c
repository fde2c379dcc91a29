/* SPDX-License-Identifier: MIT */
#include "ops/lint/lintset.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "core/rules/branch.h"
#include "core/rules/cite.h"
#include "core/rules/claim.h"
#include "core/rules/conftest.h"
#include "core/rules/exports.h"
#include "core/rules/probe.h"
#include "core/rules/rule.h"
#include "ops/job/dkmspatch.h"
#include "ops/patch/patchset.h"

/* Rules by themselves, and against each other. */

/* A rule, once however many lines it reaches. */
struct paragraph {
	const struct gp_rule *rule;
	char *rest; /* what it says beside Driver and its line */
};

struct paragraphs {
	struct paragraph *v;
	size_t n, cap;
};

static void paragraphs_release(struct paragraphs *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].rest);
	free(l->v);
}

/* Whatever DKMS would leave out there, the installer builds it: sets must be neutral. */
static bool about_520(const struct gp_rule *r)
{
	for (size_t i = 0; i < r->driver.n; i++)
		if (!r->driver.v[i].has_hi || r->driver.v[i].hi.part[0] >= GP_BUILDS_IN_TREE)
			return true;
	return false;
}

static bool concerns(const struct gp_list *names, const struct gp_rule *r)
{
	for (size_t i = 0; i < r->patches.n; i++)
		if (gp_list_has(names, r->patches.v[i]))
			return true;
	return !names->n;
}

static bool has_mark(const char *evidence)
{
	struct gp_told told;
	size_t off = 0;

	return gp_told_next(evidence, &off, &told);
}

static void lint_evidence(const struct gp_rule *r, struct gp_findings *found)
{
	if (!r->evidence)
		gp_finding_add(found, r->file, r->lineno, "say what was built, with what and when, or who reports it",
			       "the rule has no Evidence");
	else if (!has_mark(r->evidence))
		gp_finding_add(found, r->file, r->lineno, "begin it with [built], [reported], [source] or [inference]",
			       "the rule's Evidence does not say how it is known");
}

static void lint_cites(const struct gp_rule *r, struct gp_findings *found)
{
	const char *const texts[] = { r->evidence, r->load_evidence, r->hooks_evidence };

	for (size_t i = 0; i < GP_COUNT(texts); i++)
		if (texts[i])
			gp_lint_cites(texts[i], r->file, r->lineno, found);
}

/* A rule that only headers can answer would say so with `symbol`. */
static void lint_probes(const struct gp_catalog *c, const struct gp_rule *r, struct gp_findings *found)
{
	for (size_t i = 0; i < r->nprobes; i++) {
		const struct gp_probe *p = &r->probes[i];

		if (p->word == GP_PROBE_EXPORTS && !gp_exports_knows(&c->exports, p->arg))
			gp_finding_add(found, r->file, r->lineno,
				       "add it to its Symbols with tests/exports.py, or ask headers alone: symbol",
				       "no file exports knows '%s'", p->arg);
	}
}

/* What cannot be read is not compared: tests/conftests.py. */
static void lint_conftests(const struct gp_rule *r, struct gp_findings *found)
{
	const char *const texts[] = { r->evidence, r->load_evidence, r->hooks_evidence };

	for (size_t i = 0; i < GP_COUNT(texts); i++) {
		struct gp_str bad = gp_conftest_misquoted(texts[i] ? texts[i] : "");

		if (bad.len)
			gp_finding_add(found, r->file, r->lineno, "write: conftest NAME from VERSION (or in, not in)",
				       "'%.*s' does not say which release has the test",
				       (int)(bad.len < 80 ? bad.len : 80), bad.p);
	}
}

static void lint_rule(const struct gp_catalog *c, const struct gp_rule *r, struct gp_findings *found)
{
	lint_evidence(r, found);
	lint_probes(c, r, found);
	lint_conftests(r, found);
	if (r->has_release && r->release.by_name && !r->distros)
		gp_finding_add(found, r->file, r->lineno, "say whose they are: Distro: debian, ubuntu ...",
			       "Release '%s' is in package numbers, and the rule has no Distro", r->release_text);
	for (size_t i = 0; i < r->patches.n; i++) {
		const struct gp_patchset *set = gp_catalog_set(c, r->patches.v[i]);

		if (set && !set->neutral && !set->hooks && about_520(r))
			gp_finding_add(found, r->file, r->lineno,
				       "guard the set in its own code, or end Driver before 520",
				       "set '%s' is not neutral, and drivers from 520 on build before DKMS sees them",
				       set->name);
	}
}

/* --- said twice --- */

static char *rest_of(const struct gp_rule *r)
{
	const char *const texts[] = { r->lines_text && r->any_line ? NULL : r->release_text,
				      r->rhel_text,
				      r->distro_text,
				      r->reason,
				      r->instead,
				      r->evidence,
				      r->load_evidence,
				      r->hooks_evidence };
	struct gp_buf b = { 0 };

	gp_buf_printf(&b, "%u %u %u %u %u", r->any_line, r->kinds, r->load, r->hooks, r->status);
	for (size_t i = 0; i < GP_COUNT(texts); i++)
		gp_buf_printf(&b, "\n%s", texts[i] ? texts[i] : "");
	for (size_t i = 0; i < r->modules.n; i++)
		gp_buf_printf(&b, "\nmodule %s", r->modules.v[i]);
	for (size_t i = 0; i < r->nprobes; i++)
		gp_buf_printf(&b, "\nprobe %s", r->probes[i].text);
	for (size_t i = 0; i < r->patches.n; i++)
		gp_buf_printf(&b, "\nset %s", r->patches.v[i]);
	return gp_buf_detach(&b);
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Out: do they say the same twice? */
static bool compare(const struct gp_rule *a, const struct gp_rule *b, struct gp_findings *found)
{
	bool same_line = strcmp(a->file, b->file) == 0 && same_text(a->lines_text, b->lines_text);
	bool same_driver = strcmp(a->driver_text, b->driver_text) == 0;

	if (!gp_path_same_dir(a->file, b->file) || same_line == same_driver)
		return false;
	gp_finding_add(found, b->file, b->lineno,
		       same_line ? "make one rule of both: Driver takes several ranges" :
				   "make one rule of both: Lines says how far it reaches",
		       "it differs from '%s:%u' in %s alone", a->file, a->lineno, same_line ? "Driver" : "its line");
	return true;
}

static void lint_line(const struct gp_catalog *c, const struct gp_list *names, const struct gp_line *l,
		      struct paragraphs *seen, struct gp_findings *found)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_rule *r = &l->rules[i];
		gp_auto(gp_free_ptr) char *rest = concerns(names, r) ? rest_of(r) : NULL;
		bool again = !rest;

		/* What is told of each of its lines, not of the first one alone. */
		if (rest)
			lint_cites(r, found);
		for (size_t k = 0; k < seen->n && !again; k++)
			again = seen->v[k].rule->lineno == r->lineno && strcmp(seen->v[k].rule->file, r->file) == 0;
		if (again)
			continue;
		for (size_t k = 0; k < seen->n; k++)
			if (strcmp(seen->v[k].rest, rest) == 0 && compare(seen->v[k].rule, r, found))
				break;
		lint_rule(c, r, found);
		GP_GROW(seen->v, seen->n, seen->cap);
		seen->v[seen->n++] = (struct paragraph){ r, gp_steal(&rest) };
	}
}

/* What the files say that have no rules. */
static void lint_lists(const struct gp_catalog *c, struct gp_findings *found)
{
	for (size_t i = 0; i < c->branches.n; i++) {
		const struct gp_branch *b = &c->branches.v[i];

		if (b->evidence)
			gp_lint_cites(b->evidence, b->file, b->lineno, found);
	}
	for (size_t i = 0; i < c->halves.n; i++)
		gp_lint_cites(c->halves.v[i].evidence, c->halves.v[i].file, c->halves.v[i].lineno, found);
	for (size_t i = 0; i < c->cards.n; i++)
		gp_lint_cites(c->cards.v[i].evidence, c->cards.v[i].file, c->cards.v[i].lineno, found);
	for (size_t i = 0; i < c->platforms.n; i++)
		gp_lint_cites(c->platforms.v[i].evidence, c->platforms.v[i].file, c->platforms.v[i].lineno, found);
}

size_t gp_lint_rules(const struct gp_catalog *c, const struct gp_list *names, struct gp_findings *found)
{
	gp_auto(paragraphs_release) struct paragraphs seen = { 0 };

	lint_line(c, names, &c->any, &seen, found);
	for (size_t i = 0; i < c->nlines; i++)
		lint_line(c, names, &c->lines[i], &seen, found);
	if (!names->n)
		lint_lists(c, found);
	return seen.n;
}
