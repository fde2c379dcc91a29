/* SPDX-License-Identifier: MIT */
#include "cmd/report/merge_report.h"

#include <string.h>

#include "base/json.h"
#include "core/merge/mergefit.h"
#include "core/merge/mergepaths.h"
#include "core/merge/mergetext.h"
#include "core/rules/kind.h"
#include "ops/job/merging.h"
#include "ops/run/runfile.h"
#include "cmd/report/input.h"
#include "cmd/report/report.h"

#define BOTH (GP_SIDE_HOST | GP_SIDE_DESKTOP)

/* --- text --- */

static void say_half(const struct gp_args *a, const char *what, const struct gp_merge_half *h)
{
	gp_say(a, "%-10s %s: %s, a %s driver\n", what, h->name, h->version.text, gp_kind_name(h->kind));
}

/* Whose, and by which rule: "the host's (kernel-versions/merge:25)". */
static void say_choice(const struct gp_args *a, const struct gp_merged_file *f)
{
	const struct gp_merge_choice *c = &f->choice;

	gp_say(a, "  %-8s %s", c->take == GP_TAKE_BOTH ? "both" : gp_take_name(c->take), f->path);
	if (c->rule)
		gp_say(a, ": %s:%u\n", gp_data_name(c->rule->file), c->rule->lineno);
	else if (c->instead)
		gp_say(a, ": the desktop has it as %s\n", c->instead);
	else if (c->take == GP_TAKE_BOTH && strcmp(f->path, ".manifest") != 0)
		gp_say(a, ": what the host's module needs is %s\n",
		       f->edit == GP_EDIT_DONE  ? "put in" :
		       f->edit == GP_EDIT_THERE ? "there already" :
						  "nothing here");
	else
		gp_say(a, "%s\n", f->sides == BOTH ? "" : ": only the host has it");
}

/* What both have and is not the same, always; all that comes from the host, or is left out
 * of it, where more is asked for. */
static bool is_told(const struct gp_args *a, const struct gp_merged_file *f)
{
	if (f->sides != BOTH)
		return a->verbose || f->choice.take == GP_TAKE_DESKTOP;
	return !f->same || f->choice.take == GP_TAKE_BOTH || (a->verbose && f->choice.take == GP_TAKE_HOST);
}

/* What a grid guest has and a host does without, and what is for whoever installs it, is no
 * fault of the driver. */
static bool is_fault(const struct gp_merge_rule *r)
{
	return r->when == GP_WHEN_VERSIONS || r->when == GP_WHEN_ALWAYS;
}

static void say_need(const struct gp_args *a, const struct gp_merge_rule *r, const char *label, const char *what)
{
	gp_say(a, "%-10s %s\n", label, r->reason);
	for (size_t k = 0; k < r->where.n; k++)
		gp_say(a, "  %-8s %s\n", k ? "" : what, r->where.v[k]);
}

static void say_needs(const struct gp_args *a, const struct gp_merging *m)
{
	bool faults = false;

	for (size_t i = 0; i < m->nneed; i++) {
		if (is_fault(m->need[i]))
			say_need(a, m->need[i], "by itself  it does not work:", "change");
		faults |= is_fault(m->need[i]);
	}
	if (faults)
		gp_say(a,
		       "  gridpatch changes no licence tag, no version check and nothing in a binary: a patch set of "
		       "your own (--patches) may\n");
	for (size_t i = 0; i < m->nneed; i++)
		if (!is_fault(m->need[i]))
			say_need(a, m->need[i], "note", "in");
}

void gp_report_merging(const struct gp_args *a, const struct gp_patch_job *j)
{
	const struct gp_merging *m = &j->merging;
	struct gp_merge_counts c;

	if (!m->complete)
		return;
	c = gp_merging_counts(m);
	say_half(a, "host", &m->half[0]);
	say_half(a, "desktop", &m->half[1]);
	if (m->swapped)
		gp_say(a, "  order    put right: the desktop was named first\n");
	if (m->fit == GP_FIT_VERSIONS)
		gp_say(a, "  versions two: libraries are %s, nvidia.ko's binary part is %s\n", m->half[1].version.text,
		       m->half[0].version.text);
	gp_say(a,
	       "files      %zu of the desktop (%s), %zu of the host (%s), %zu made of both, %zu of the host left out\n",
	       c.desktop, m->half[1].version.text, c.host, m->half[0].version.text, c.made, c.left_out);
	gp_say(a, "in both    %zu are the same, %zu differ\n", c.same, c.differ);
	for (size_t i = 0; i < m->n; i++)
		if (is_told(a, &m->file[i]))
			say_choice(a, &m->file[i]);
	say_needs(a, m);
}

/* --- JSON --- */

static struct json_object *json_half(const struct gp_args *a, const struct gp_merge_half *h,
				     const struct gp_runfile *rf)
{
	bool known = h->version.n;

	return gp_json_object(GP_J("input", h->name ? gp_json_input(a, h->name) : NULL),
			      GP_J("version", known ? h->version.text : (const char *)NULL),
			      GP_J("kind", known ? gp_kind_name(h->kind) : (const char *)NULL), GP_J("size", rf->size),
			      GP_J("crc", rf->header.crc), GP_J("md5", rf->header.md5));
}

static struct json_object *json_rule(const struct gp_merge_rule *r)
{
	if (!r)
		return NULL;
	return gp_json_object(GP_J("file", r->file), GP_J("line", r->lineno), GP_J("reason", r->reason),
			      GP_J("evidence", r->evidence));
}

static struct json_object *json_sides(unsigned sides)
{
	struct json_object *o = json_object_new_array();

	for (unsigned s = GP_SIDE_HOST; s <= GP_SIDE_DESKTOP; s <<= 1)
		if (sides & s)
			json_object_array_add(o, gp_json_text(gp_side_name((enum gp_side)s)));
	return o;
}

static struct json_object *json_file(const struct gp_merging *m, const struct gp_merged_file *f)
{
	const struct gp_merge_choice *c = &f->choice;
	const char *version = c->take == GP_TAKE_HOST                        ? m->half[0].version.text :
			      c->take == GP_TAKE_DESKTOP && f->sides == BOTH ? m->half[1].version.text :
									       NULL;

	return gp_json_object(GP_J("path", f->path), GP_J("in", json_sides(f->sides)), GP_J("same", f->same),
			      GP_J("take", gp_take_name(c->take)), GP_J("version", version),
			      GP_J("why", gp_merge_why_name(c->why)), GP_J("rule", json_rule(c->rule)),
			      GP_J("instead", c->instead),
			      GP_J("edit", c->take == GP_TAKE_BOTH && strcmp(f->path, ".manifest") != 0 ?
						   gp_merge_edit_name(f->edit) :
						   (const char *)NULL));
}

static struct json_object *json_need(const struct gp_merge_rule *r)
{
	return gp_json_fill(json_rule(r), GP_J("when", gp_merge_when_name(r->when)), GP_J("where", &r->where));
}

static struct json_object *json_counts(struct gp_merge_counts c)
{
	return gp_json_object(GP_J("desktop", c.desktop), GP_J("host", c.host), GP_J("both", c.made),
			      GP_J("left_out", c.left_out), GP_J("same", c.same), GP_J("differ", c.differ));
}

struct json_object *gp_json_merging(const struct gp_args *a, const struct gp_patch_job *j)
{
	const struct gp_merging *m = &j->merging;
	bool known = m->half[0].version.n && m->half[1].version.n;

	if (!m->half[1].name)
		return NULL;
	return gp_json_object(GP_J("host", json_half(a, &m->half[0], &m->host.rf)),
			      GP_J("desktop", json_half(a, &m->half[1], &j->in.driver.rf)), GP_J("swapped", m->swapped),
			      GP_J("fit", known ? gp_merge_fit_name(gp_merge_fits(&m->half[0], &m->half[1], NULL)) :
						  (const char *)NULL),
			      GP_J("files", GP_JSON_EACH(i, m->complete ? m->n : 0, json_file(m, &m->file[i]))),
			      GP_J("counts", m->complete ? json_counts(gp_merging_counts(m)) : NULL),
			      GP_J("modules", &m->listed.modules),
			      GP_J("needs", GP_JSON_EACH(i, m->nneed, json_need(m->need[i]))));
}
