/* SPDX-License-Identifier: MIT */
#include "ops/select/support.h"

#include <stdlib.h>
#include <string.h>

#include "base/tri.h"
#include "ops/select/select_impl.h"

static void cell_release(struct gp_support_cell *cell)
{
	gp_list_release(&cell->sets);
	gp_list_release(&cell->perhaps);
	gp_list_release(&cell->parts);
	gp_list_release(&cell->no_load);
}

static void branch_release(struct gp_support_branch *b, size_t nkernels)
{
	for (size_t i = 0; i < b->n; i++) {
		for (size_t k = 0; k < nkernels; k++)
			cell_release(&b->drivers[i].cells[k]);
		free(b->drivers[i].cells);
		gp_selection_release(&b->drivers[i].answer);
	}
	free(b->drivers);
}

void gp_support_release(struct gp_support *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->n; i++)
		branch_release(&t->v[i], t->kernels.n);
	free(t->v);
	free(t->own.versions);
	gp_list_release(&t->kernels);
	*t = (struct gp_support){ 0 };
}

/* --- one cell --- */

static void add_once(struct gp_list *l, char *s)
{
	if (gp_list_has(l, s))
		free(s);
	else
		gp_list_take(l, s);
}

/* The part of its line that a rule waits for ("RHEL >= 8.4", "debian 5.10.0-26 -
 * 5.10.0-99"); NULL: a probe alone decides. */
static char *part_of(const struct gp_rule *r)
{
	const char *whose = r->has_rhel ? r->rhel_text : r->distro_text;

	if (!r->has_release && !r->has_rhel && r->nprobes)
		return NULL;
	if (!whose)
		return r->has_release ? gp_strdup(r->release_text) : NULL;
	return gp_asprintf("%s%s%s%s", r->has_rhel ? "RHEL " : "", whose,
			   !r->has_release ? "" :
			   r->has_rhel     ? ", " :
					     " ",
			   r->has_release ? r->release_text : "");
}

static bool is_open(const struct gp_judged *x)
{
	return x->j.holds == GP_TRI_UNKNOWN && gp_judged_is_about(x);
}

/* Is there an open rule for this patch level? */
static bool level_is_covered(const struct gp_choice *c, const struct gp_version *v)
{
	for (size_t i = 0; i < c->nrules; i++) {
		const struct gp_rule *r = c->rules[i].rule;

		if (is_open(&c->rules[i]) && !r->has_rhel && !r->distros && !r->nprobes && r->has_release &&
		    !r->release.by_name && gp_range_holds(&r->release, v))
			return true;
	}
	return false;
}

/* Do the windows of the open rules leave nothing of the line out? */
static bool windows_cover(const struct gp_choice *c)
{
	struct gp_version v = c->release.ver;

	if (v.n != 2)
		return false;
	v.n = 3;
	for (v.part[2] = 0; v.part[2] < GP_SUBLEVELS; v.part[2]++)
		if (!level_is_covered(c, &v))
			return false;
	return true;
}

static void name_parts(const struct gp_choice *c, struct gp_list *parts)
{
	if (windows_cover(c))
		return;
	for (size_t i = 0; i < c->nrules; i++) {
		char *part = is_open(&c->rules[i]) ? part_of(c->rules[i].rule) : NULL;

		if (part)
			add_once(parts, part);
	}
}

/* Of the rules that hold; of the open ones when none does. */
static void find_known(struct gp_support_cell *cell)
{
	const struct gp_choice *c = cell->choice;
	enum gp_known sure = GP_KNOWN_NONE, open = GP_KNOWN_NONE;

	for (size_t i = 0; i < c->nrules; i++) {
		const struct gp_judged *x = &c->rules[i];
		enum gp_known known = x->j.known;

		if (!gp_judged_is_about(x))
			continue;
		if (x->j.taken && known > sure)
			sure = known;
		else if (!x->j.taken && known > open)
			open = known;
	}
	cell->known = sure ? sure : open;
	if (!sure)
		name_parts(c, &cell->parts);
}

/* What the headers alone can tell is left open on every line, and would show as
 * a doubt about all of them. */
static bool headers_alone_tell(const struct gp_judged *x)
{
	return x->j.needs_headers && !x->rule->has_release;
}

static void add_sets(const struct gp_judged *x, struct gp_support_cell *cell)
{
	struct gp_list *to = headers_alone_tell(x) ? &cell->perhaps : &cell->sets;

	for (size_t i = 0; i < x->rule->patches.n; i++)
		add_once(to, gp_strdup(x->rule->patches.v[i]));
}

static void find_sets(struct gp_support_cell *cell)
{
	const struct gp_choice *c = cell->choice;
	struct gp_list perhaps = { 0 };

	for (size_t i = 0; i < c->sets.n; i++)
		gp_list_add(&cell->sets, c->sets.v[i].set->name);
	for (size_t i = 0; i < c->nrules; i++)
		if (c->rules[i].j.holds == GP_TRI_UNKNOWN)
			add_sets(&c->rules[i], cell);
	/* What one rule chooses without asking the headers, no other rule makes a "perhaps". */
	for (size_t i = 0; i < cell->perhaps.n; i++)
		if (!gp_list_has(&cell->sets, cell->perhaps.v[i]))
			gp_list_add(&perhaps, cell->perhaps.v[i]);
	gp_list_release(&cell->perhaps);
	cell->perhaps = perhaps;
}

/* A rule of the line, or of every line, that was left open may block or stop
 * loading on some of the line's kernels. */
static void look_at_open(struct gp_support_cell *cell)
{
	const struct gp_choice *c = cell->choice;

	for (size_t i = 0; i < c->nrules; i++) {
		const struct gp_judged *x = &c->rules[i];
		char *part;

		if (x->j.holds != GP_TRI_UNKNOWN)
			continue;
		cell->may_block |= x->rule->status == GP_STATUS_BLOCKED && !headers_alone_tell(x);
		if (x->rule->load != GP_LOAD_NO || x->j.needs_driver)
			continue;
		part = part_of(x->rule);
		if (part)
			add_once(&cell->no_load, part);
	}
}

bool gp_support_builds(const struct gp_support_cell *cell)
{
	return cell->known != GP_KNOWN_NONE;
}

static void fill_cell(struct gp_support_cell *cell, const struct gp_choice *c)
{
	cell->choice = c;
	if (c->verdict == GP_VERDICT_BLOCKED)
		return;
	look_at_open(cell);
	if (c->verdict != GP_VERDICT_SUPPORTED && c->verdict != GP_VERDICT_UNTESTED)
		return;
	find_known(cell);
	find_sets(cell);
}

/* --- the table --- */

static void ask(const struct gp_catalog *c, const struct gp_support_opts *o, const struct gp_query_kernel *kernels,
		struct gp_support_driver *d)
{
	struct gp_query q = { .driver = *d->version, .kind = o->kind, .kernels = kernels, .nkernels = o->nkernels };
	const struct gp_choice *choices;
	size_t n;

	gp_catalog_select(c, &q, &d->answer, NULL); /* no files are asked: it cannot fail */
	if (o->instead && !o->kernels)
		gp_selection_lines_instead(c, &q, &d->answer);
	choices = o->kernels ? d->answer.kernels : d->answer.lines;
	n = o->kernels ? d->answer.nkernels : d->answer.nlines;
	d->cells = gp_alloc((n + 1) * sizeof(*d->cells));
	for (size_t i = 0; i < n; i++)
		fill_cell(&d->cells[i], &choices[i]);
}

static void add_branch(const struct gp_catalog *c, const struct gp_support_opts *o, const struct gp_branch *branch,
		       struct gp_support *t)
{
	struct gp_query_kernel *kernels = gp_alloc((o->nkernels + 1) * sizeof(*kernels));
	struct gp_support_branch b = { .branch = branch, .n = branch->n };

	for (size_t i = 0; i < o->nkernels; i++)
		kernels[i].release = o->kernels[i];
	b.drivers = gp_alloc(branch->n * sizeof(*b.drivers));
	for (size_t i = 0; i < branch->n; i++) {
		b.drivers[i].version = &branch->versions[i];
		ask(c, o, kernels, &b.drivers[i]);
	}
	GP_GROW(t->v, t->n, t->cap);
	t->v[t->n++] = b;
	free(kernels);
}

static void name_kernels(const struct gp_catalog *c, const struct gp_support_opts *o, struct gp_list *l)
{
	for (size_t i = 0; o->kernels && i < o->nkernels; i++)
		gp_list_add(l, o->kernels[i].text);
	for (size_t i = 0; !o->kernels && i < c->nlines; i++)
		gp_list_add(l, c->lines[i].name);
}

/* A branch of one version, with the product of the listed one. */
static void add_version(const struct gp_catalog *c, const struct gp_support_opts *o, struct gp_support *t)
{
	t->own = (struct gp_branch){ .number = gp_version_branch(o->version), .n = 1, .cap = 1 };
	t->own.versions = gp_alloc(sizeof(*t->own.versions));
	t->own.versions[0] = *o->version;
	add_branch(c, o, &t->own, t);
}

int gp_support_make(const struct gp_catalog *c, const struct gp_support_opts *o, struct gp_support *out,
		    struct gp_err *err)
{
	*out = (struct gp_support){ .date = gp_catalog_date(c) };
	name_kernels(c, o, &out->kernels);
	if (o->version) {
		add_version(c, o, out);
		return 0;
	}
	for (size_t i = 0; i < c->branches.n; i++) {
		const struct gp_branch *b = &c->branches.v[i];

		if (b->kinds & (1u << o->kind) && (!o->branch || b->number == o->branch))
			add_branch(c, o, b, out);
	}
	if (out->n || !o->branch)
		return 0;
	gp_support_release(out);
	return gp_fail(err, GP_E_USAGE,
		       "no %s driver of branch %u is listed in kernel-versions/drivers: "
		       "give a whole version",
		       gp_kind_name(o->kind), o->branch);
}

/* --- spans --- */

static bool same_list(const struct gp_list *a, const struct gp_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return true;
}

static bool same_cell(const struct gp_support_cell *a, const struct gp_support_cell *b)
{
	const struct gp_choice *x = a->choice, *y = b->choice;

	if (x->verdict != y->verdict)
		return false;
	if (x->verdict == GP_VERDICT_BLOCKED)
		return true;
	return a->known == b->known && a->may_block == b->may_block && x->load == y->load && x->hooks == y->hooks &&
	       same_list(&a->sets, &b->sets) && same_list(&a->perhaps, &b->perhaps) &&
	       same_list(&a->parts, &b->parts) && same_list(&a->no_load, &b->no_load);
}

size_t gp_support_span(const struct gp_support_branch *b, size_t kernel, size_t first)
{
	size_t n = 1;

	while (first + n < b->n && same_cell(&b->drivers[first].cells[kernel], &b->drivers[first + n].cells[kernel]))
		n++;
	return n;
}

const char *gp_support_word(const struct gp_support_cell *cell)
{
	if (cell->choice->verdict == GP_VERDICT_SUPPORTED || cell->choice->verdict == GP_VERDICT_UNTESTED)
		return cell->known ? gp_known_name(cell->known) : "untested";
	return gp_verdict_name(cell->choice->verdict);
}
