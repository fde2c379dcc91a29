/* SPDX-License-Identifier: MIT */
/* Cards, platforms and messages of logs: what a file by itself cannot tell. */
#include "ops/lint/lintset.h"

#include <string.h>

#include "base/path.h"
#include "core/rules/branch.h"
#include "core/rules/card.h"
#include "core/rules/cite.h"
#include "core/rules/message.h"
#include "core/rules/platform.h"
#include "core/rules/release.h"
#include "ops/select/catalog.h"

/* A reader looks for how it is known: [source], [reported] and so on. */
static void lint_mark(const char *evidence, const char *file, unsigned lineno, struct gp_findings *found)
{
	if (evidence[0] != '[')
		gp_finding_add(found, file, lineno, "begin it with [source], [reported] or [inference]",
			       "Evidence does not say how it is known");
	gp_lint_cites(evidence, file, lineno, found);
}

/* --- cards --- */

static void lint_bound(const struct gp_catalog *c, const struct gp_card *card, bool has, const struct gp_version *v,
		       struct gp_findings *found)
{
	if (has && !gp_branch_known(&c->branches, gp_version_branch(v)))
		gp_finding_add(found, card->file, card->lineno,
			       "add it to kernel-versions/drivers, or take a bound that is there",
			       "branch %u is not one of the drivers", gp_version_branch(v));
}

static void lint_bounds(const struct gp_catalog *c, const struct gp_card *card, struct gp_findings *found)
{
	const struct gp_range *const ranges[] = { &card->driver, &card->mdev_driver, &card->vendor };

	for (size_t i = 0; i < GP_COUNT(ranges); i++) {
		lint_bound(c, card, ranges[i]->has_lo, &ranges[i]->lo, found);
		lint_bound(c, card, ranges[i]->has_hi, &ranges[i]->hi, found);
	}
}

static bool same_range(const struct gp_range *a, const struct gp_range *b)
{
	return a->has_lo == b->has_lo && a->has_hi == b->has_hi && a->lo_open == b->lo_open &&
	       a->hi_open == b->hi_open && (!a->has_lo || gp_version_cmp(&a->lo, &b->lo) == 0) &&
	       (!a->has_hi || gp_version_cmp(&a->hi, &b->hi) == 0);
}

/* The card has the twin's vGPUs, and no others. */
static void lint_twin(const struct gp_catalog *c, const struct gp_card *card, struct gp_findings *found)
{
	const struct gp_card *twin = card->twin ? gp_card_find(&c->cards, card->twin) : NULL;

	if (!card->twin)
		return;
	if (!twin || twin->way != GP_WAY_NATIVE)
		gp_finding_add(found, card->file, card->lineno, "name a card whose paragraph says 'Vgpu: native'",
			       "twin %04x has no vGPUs of its own", card->twin);
	else if (!same_range(&card->driver, &twin->driver))
		gp_finding_add(found, card->file, card->lineno, "take over what it says of the twin",
			       "Driver is not that of twin %04x, in line %u", card->twin, twin->lineno);
}

/* A single id may lie in a range; two ranges, or the same id twice, are a riddle. */
static bool clash(const struct gp_id_range *a, const struct gp_id_range *b)
{
	return a->lo <= b->hi && b->lo <= a->hi && (a->lo == a->hi) == (b->lo == b->hi);
}

static void lint_overlap(const struct gp_card *a, const struct gp_card *b, struct gp_findings *found)
{
	for (size_t i = 0; i < a->n; i++)
		for (size_t k = 0; k < b->n; k++)
			if (clash(&a->ids[i], &b->ids[k]))
				gp_finding_add(found, b->file, b->lineno, "an id belongs into one paragraph",
					       "cards %04x - %04x overlap those of line %u", b->ids[k].lo, b->ids[k].hi,
					       a->lineno);
}

static void lint_card(const struct gp_catalog *c, size_t at, struct gp_findings *found)
{
	const struct gp_card *card = &c->cards.v[at];

	lint_mark(card->evidence, card->file, card->lineno, found);
	lint_bounds(c, card, found);
	lint_twin(c, card, found);
	for (size_t i = 0; i < at; i++)
		if (gp_path_same_dir(c->cards.v[i].file, card->file))
			lint_overlap(&c->cards.v[i], card, found);
}

/* --- platforms --- */

static void lint_name(const struct gp_catalog *c, const struct gp_platform *p, const char *name,
		      struct gp_findings *found)
{
	const struct gp_platform *meant;

	if (gp_platform_find(&c->platforms, name, &meant, NULL) == 0 && meant != p)
		gp_finding_add(found, p->file, p->lineno, "a name stands for one platform",
			       "'%s' is '%s' already, in line %u", name, meant->name, meant->lineno);
}

/* Between two lines it is untested, and an example all the same. */
static bool is_outside(const struct gp_catalog *c, const struct gp_release *r)
{
	return !gp_catalog_line(c, r) && (gp_version_cmp(&r->ver, &c->lines[0].release.ver) < 0 ||
					  gp_version_cmp(&r->ver, &c->lines[c->nlines - 1].release.ver) > 0);
}

static void lint_platform(const struct gp_catalog *c, const struct gp_platform *p, struct gp_findings *found)
{
	lint_mark(p->evidence, p->file, p->lineno, found);
	lint_name(c, p, p->name, found);
	lint_name(c, p, p->title, found);
	for (size_t i = 0; i < p->also.n; i++)
		lint_name(c, p, p->also.v[i], found);
	for (size_t i = 0; i < p->n && c->nlines; i++)
		if (is_outside(c, &p->releases[i]))
			gp_finding_add(found, p->file, p->lineno, "write about its line, or take another example",
				       "kernel %s is older or newer than every line that is known",
				       p->releases[i].text);
}

/* --- messages --- */

/* A line that is the pattern itself would be another paragraph's. */
static void lint_reach(const struct gp_catalog *c, const struct gp_message *m, struct gp_findings *found)
{
	for (size_t i = 0; i < m->patterns.n; i++) {
		const struct gp_message *first = gp_message_find(&c->messages, gp_str_of(m->patterns.v[i]));

		if (first && first != m)
			gp_finding_add(found, m->file, m->lineno, "put it before that one, or take it out",
				       "the pattern '%s' never counts: '%s', in line %u, has such lines",
				       m->patterns.v[i], first->name, first->lineno);
	}
}

static void lint_message(const struct gp_catalog *c, const struct gp_message *m, struct gp_findings *found)
{
	lint_mark(m->evidence, m->file, m->lineno, found);
	lint_reach(c, m, found);
}

void gp_lint_cards(const struct gp_catalog *c, struct gp_findings *found)
{
	for (size_t i = 0; i < c->cards.n; i++)
		lint_card(c, i, found);
	for (size_t i = 0; i < c->platforms.n; i++)
		lint_platform(c, &c->platforms.v[i], found);
	for (size_t i = 0; i < c->messages.n; i++)
		lint_message(c, &c->messages.v[i], found);
}
