/* SPDX-License-Identifier: MIT */
#include "ops/select/select_impl.h"

#include <stdlib.h>
#include <string.h>

#include "base/tri.h"

/*
 * Rules say what else to use for their own reason, and know nothing of the others:
 * what one of them names another one may block. So the answer is looked for anew,
 * among the drivers and lines of the data, and what is named was asked about.
 */

struct search {
	const struct gp_catalog *c;
	const struct gp_asker *a;
	const struct gp_choice *no;
	const struct gp_branch *branch; /* found, or NULL */
	const struct gp_version *driver;
	enum gp_hooks hooks; /* of it */
	bool sure;           /* none that an open rule would stop from loading */
};

static bool builds(const struct gp_choice *c)
{
	return (c->verdict == GP_VERDICT_SUPPORTED || c->verdict == GP_VERDICT_UNTESTED) && c->load != GP_LOAD_NO;
}

/* Is there a rule left open that would stop it from loading, by what the driver is or
 * by what the kernel is, too? */
static bool may_not_load(const struct gp_choice *c, bool by_kernel)
{
	for (size_t i = 0; i < c->nrules; i++) {
		const struct gp_judged *x = &c->rules[i];

		if (x->j.holds == GP_TRI_UNKNOWN && x->rule->load == GP_LOAD_NO && (by_kernel || !x->j.needs_headers))
			return true;
	}
	return false;
}

/* --- another driver --- */

/* Does it do on that kernel? */
static bool driver_does(struct search *s, const struct gp_branch *b, const struct gp_version *v)
{
	struct gp_query q = { .driver = *v, .kind = s->a->q->kind };
	struct gp_asker a = { .q = &q, .headers = s->a->headers, .modules = s->a->modules, .failed = s->a->failed };
	gp_auto(gp_choice_release) struct gp_choice c = { 0 };

	gp_choice_make(s->c, &a, &s->no->release, &c);
	if (!builds(&c) || (s->sure && may_not_load(&c, s->no->verdict != GP_VERDICT_BLOCKED)))
		return false;
	s->branch = b;
	s->driver = v;
	s->hooks = c.hooks;
	return true;
}

/* The newest one that does: of those newer than the driver, or of the older ones. */
static bool version_does(struct search *s, const struct gp_branch *b, bool newer, bool same_hooks)
{
	for (size_t i = b->n; i-- > 0;) {
		int c = gp_version_cmp(&b->versions[i], &s->a->q->driver);

		if (c && (c > 0) == newer && driver_does(s, b, &b->versions[i]) &&
		    (!same_hooks || s->hooks == s->no->hooks))
			return true;
	}
	return false;
}

/* Whoever has hooks for the driver would rather use them again. */
static bool branch_does(struct search *s, const struct gp_branch *b, bool newer)
{
	return b->kinds & (1u << s->a->q->kind) &&
	       (version_does(s, b, newer, true) || version_does(s, b, newer, false));
}

/* The nearest branch from its own upwards, then downwards. */
static bool search_branches(struct search *s, bool sure)
{
	const struct gp_branch_list *l = &s->c->branches;

	s->sure = sure;
	for (size_t i = 0; i < l->n; i++)
		if (branch_does(s, &l->v[i], true))
			return true;
	for (size_t i = l->n; i-- > 0;)
		if (branch_does(s, &l->v[i], false))
			return true;
	return false;
}

/* One that this kernel may not load either is worth a word only where the driver does
 * not even build, and then one that it may load comes first. */
static bool find_driver(struct search *s)
{
	if (s->a->q->kind_unknown)
		return false;
	return search_branches(s, true) || (s->no->verdict == GP_VERDICT_BLOCKED && search_branches(s, false));
}

/* Hooks that fit the one driver may not fit the other. */
static const char *about_hooks(const struct search *s)
{
	enum gp_kind kind = s->a->q->kind;

	if ((kind != GP_KIND_HOST && kind != GP_KIND_MERGED) || s->hooks == s->no->hooks)
		return "";
	switch (s->hooks) {
	case GP_HOOKS_UPSTREAM: return ", with the upstream hooks";
	case GP_HOOKS_NEWER_TABLE: return ", with hooks for the newer table";
	case GP_HOOKS_UNPROVED: return ", which no hooks are known to unlock";
	case GP_HOOKS_UNSET: break;
	}
	return ", which hooks are not known to unlock";
}

static void put_driver(const struct search *s, struct gp_buf *out)
{
	const char *release = gp_branch_release_of(s->branch, s->driver);

	gp_buf_printf(out, "driver %s", s->driver->text);
	if (release)
		gp_buf_printf(out, " (vGPU %s)", release);
	gp_buf_puts(out, about_hooks(s));
}

/* --- another kernel --- */

/* A claim about the plain line, not about RHEL's kernels of that number. */
static bool is_plain_claim(const struct gp_judged *x)
{
	return gp_judged_is_about(x) && !x->rule->has_rhel && !x->rule->distros;
}

static bool line_does(const struct gp_choice *line)
{
	if (!builds(line) || !gp_choice_covers(line))
		return false;
	for (size_t i = 0; i < line->nrules; i++)
		if (is_plain_claim(&line->rules[i]))
			return true;
	return false;
}

/* Its last releases, too? A line is asked about by its first one, and who is sent there
 * gets a late one: 6.5.2 refuses what 6.5 takes. */
static bool late_does(const struct search *s, const struct gp_choice *line)
{
	gp_auto(gp_free_ptr) char *late = gp_asprintf("%s.%d", line->line->name, GP_SUBLEVELS - 1);
	gp_auto(gp_choice_release) struct gp_choice c = { 0 };
	struct gp_query q = { .driver = s->a->q->driver, .kind = s->a->q->kind };
	struct gp_asker a = { .q = &q, .modules = s->a->modules, .failed = s->a->failed };
	struct gp_release r;

	if (gp_release_parse(late, &r, NULL) < 0)
		return true;
	gp_choice_make(s->c, &a, &r, &c);
	return builds(&c);
}

/* The nearest line, an older one first; one that is known to load before others. */
static const struct gp_choice *find_line(const struct search *s, const struct gp_choice *lines)
{
	const struct gp_choice *best = NULL;
	bool best_loads = false, best_older = false;

	for (size_t i = 0; i < s->c->nlines; i++) {
		const struct gp_choice *l = &lines[i];
		bool loads = l->load == GP_LOAD_YES;
		bool older = gp_version_cmp(&l->release.ver, &s->no->release.ver) < 0;

		if (!line_does(l) || l->line == s->no->line)
			continue;
		if (best && (best_loads != loads ? best_loads : best_older != older ? best_older : !older))
			continue;
		/* Asked last: it is a judgement of its own. */
		if (!late_does(s, l))
			continue;
		best = l;
		best_loads = loads;
		best_older = older;
	}
	return best;
}

/* Where the line does as a whole it is this kernel's part of it that does not, and
 * the rule about that part knows the others. */
static void put_kernel(const struct search *s, const struct gp_choice *lines, struct gp_buf *out)
{
	const struct gp_choice *own = NULL, *other;

	for (size_t i = 0; i < s->c->nlines; i++)
		if (lines[i].line == s->no->line)
			own = &lines[i];
	if (own && line_does(own) && s->no->instead.n) {
		gp_buf_printf(out, "%s%s", out->len ? "; or " : "", s->no->instead.v[0]);
		return;
	}
	other = find_line(s, lines);
	if (other)
		gp_buf_printf(out, "%sa %s kernel for driver %s", out->len ? "; or " : "", other->line->name,
			      s->a->q->driver.text);
}

char *gp_instead(const struct gp_catalog *c, const struct gp_asker *a, const struct gp_choice *no,
		 const struct gp_choice *lines)
{
	struct search s = { .c = c, .a = a, .no = no };
	struct gp_buf out = { 0 };

	if (find_driver(&s))
		put_driver(&s, &out);
	put_kernel(&s, lines, &out);
	return out.len ? gp_buf_detach(&out) : NULL;
}
