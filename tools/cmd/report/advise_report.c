/* SPDX-License-Identifier: MIT */
#include "cmd/report/advise_report.h"

#include <string.h>

#include "cmd/report/gpu_report.h"
#include "cmd/report/report.h"
#include "core/merge/mergepartner.h"
#include "core/rules/branch.h"
#include "core/rules/card.h"
#include "core/rules/claim.h"
#include "core/rules/release.h"
#include "core/rules/rule.h"

size_t gp_advise_fits(const struct gp_advise_answer *x)
{
	size_t n = 0;

	while (n < x->pairs.n && x->pairs.v[n].fit == GP_ADVICE_FITS)
		n++;
	return n;
}

char *gp_advise_reason(const struct gp_advise_answer *x, const struct gp_advice *p)
{
	const char *text = gp_advice_reason(p);

	if (p->why == GP_AGAINST_CARD && x->gpu && x->gpu->card)
		return gp_gpu_why(x->gpu, p->driver);
	return *text ? gp_strdup(text) : NULL;
}

/* "6.8.12-15-pve (Proxmox VE 8)" */
static void say_release(const struct gp_args *a, const char *release, const struct gp_platform *on)
{
	gp_say(a, "%s%s%s%s", release, on ? " (" : "", on ? on->title : "", on ? ")" : "");
}

/* --- one pair that fits --- */

void gp_advise_desktops(const struct gp_advise_asked *q, const struct gp_advise_answer *x, const struct gp_advice *p,
			struct gp_merge_desktops *l, char **why)
{
	size_t keep = 0;

	*why = NULL;
	gp_merge_desktops_find(gp_catalog_merge(q->catalog), &q->catalog->branches, p->driver, l);
	for (size_t i = 0; i < l->n; i++) {
		gp_auto(gp_free_ptr) char *no = NULL;

		if (gp_advise_merges(q->catalog, &q->kernels[x->kernel + p->kernel], p->driver, &l->v[i].version, &no))
			l->v[keep++] = l->v[i];
		else if (!*why)
			*why = gp_steal(&no);
	}
	l->n = keep;
}

/* In one line, the best first: what is not the host's version has to be allowed. */
static void say_merged(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x,
		       const struct gp_advice *p)
{
	gp_auto(gp_merge_desktops_release) struct gp_merge_desktops l = { 0 };
	gp_auto(gp_free_ptr) char *why = NULL;

	if (q->kind != GP_KIND_HOST)
		return;
	gp_advise_desktops(q, x, p, &l, &why);
	gp_say(a, "    merged   %s%s",
	       l.n ? "with the desktop driver" :
	       why ? "not on this kernel: " :
		     "no desktop driver of its branch is known here",
	       !l.n && why ? why : "");
	for (size_t i = 0; i < l.n; i++) {
		bool with = l.v[i].released, allow = !l.v[i].same;

		gp_say(a, "%s %s%s%s%s%s%s", i ? "," : "", l.v[i].version.text, with || allow ? " (" : "",
		       with ? "released with it" : "", with && allow ? "; " : "", allow ? "--allow versions" : "",
		       with || allow ? ")" : "");
	}
	gp_say(a, "\n");
}

static const char *need_of_card(const struct gp_advice *p)
{
	if (p->card.fit == GP_CARD_NATIVE)
		return "has vGPUs without them";
	if (p->choice.hooks == GP_HOOKS_UPSTREAM || p->choice.hooks == GP_HOOKS_NEWER_TABLE)
		return "needs them";
	return "needs them (none are known to unlock it with this driver)";
}

static void say_need(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x,
		     const struct gp_advice *p)
{
	const struct gp_choice *c = &p->choice;

	gp_say(a, "    hooks    %s", c->hooks ? gp_hooks_name(c->hooks) : "not said");
	if (x->gpu)
		gp_say(a, "; the card %s, vGPUs by %s", need_of_card(p),
		       p->card.framework == GP_FRAMEWORK_UNKNOWN ? "a way that is not known" :
								   gp_framework_name(p->card.framework));
	gp_say(a, "\n    sets    ");
	for (size_t i = 0; i < c->sets.n; i++)
		gp_say(a, " %s", c->sets.v[i].set->name);
	gp_say(a, "%s\n", c->sets.n ? "" : " none");
	say_merged(a, q, x, p);
	for (size_t i = 0; i < c->reasons.n; i++)
		gp_say(a, "    note     %s\n", c->reasons.v[i]);
	if (c->needs_headers || c->needs_driver)
		gp_say(a, "    note     some rules can only be decided with %s%s%s: gridpatch select\n",
		       c->needs_headers ? "the headers" : "", c->needs_headers && c->needs_driver ? " and " : "",
		       c->needs_driver ? "the driver's sources" : "");
}

static const struct gp_platform *platform_of(const struct gp_advise_asked *q, const struct gp_advise_answer *x,
					     const struct gp_advice *p)
{
	return q->platforms ? q->platforms[x->kernel + p->kernel] : NULL;
}

/* Of a driver's kernels: which one. */
static void say_where(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x,
		      const struct gp_advice *p)
{
	gp_say(a, "  ");
	if (!q->for_driver)
		return;
	say_release(a, p->choice.release.text, platform_of(q, x, p));
	gp_say(a, " with ");
}

static void say_title(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x,
		      const struct gp_advice *p)
{
	const char *vgpu = p->branch ? gp_branch_release_of(p->branch, p->driver) : NULL;

	say_where(a, q, x, p);
	gp_say(a, "%s%s%s%s\n", p->driver->text, vgpu ? " (vGPU " : "", vgpu ? vgpu : "", vgpu ? ")" : "");
}

/* --- several at once --- */

/* What pairs have in common that stand under one head: the branch, or the kernel. */
static bool same_group(const struct gp_advise_asked *q, const struct gp_advice *a, const struct gp_advice *b)
{
	return q->for_driver ? a->kernel == b->kernel : a->branch == b->branch;
}

static bool is_first(const struct gp_advise_asked *q, const struct gp_advise_answer *x, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same_group(q, &x->pairs.v[k], &x->pairs.v[i]))
			return false;
	return true;
}

/* The others of a group that fit, too. */
static void say_also(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x,
		     size_t first)
{
	bool any = false;

	for (size_t i = first + 1; i < x->pairs.n; i++) {
		const struct gp_advice *p = &x->pairs.v[i];

		if (p->fit != GP_ADVICE_FITS || !same_group(q, &x->pairs.v[first], p))
			continue;
		gp_say(a, "%s %s", any ? "" : "    also    ", p->driver->text);
		any = true;
	}
	if (any)
		gp_say(a, "\n");
}

/* "builds: yes, reported; loads: …": of many kernels one line each. */
static void say_short(const struct gp_args *a, const struct gp_advise_answer *x, const struct gp_advice *p)
{
	const char *sep = "    ";

	for (unsigned i = 0; i < GP_CLAIM_COUNT; i++) {
		const struct gp_claim *c = &p->claims[i];

		gp_say(a, "%s%s: %s%s%s", sep, gp_claim_name((enum gp_claim_of)i), gp_claim_answer_name(c->answer),
		       c->kind ? ", " : "", c->kind ? gp_evidence_kind_name(c->kind) : "");
		sep = "; ";
	}
	if (x->gpu)
		gp_say(a, "; vGPUs by %s", gp_framework_name(p->card.framework));
	gp_say(a, "\n");
}

static void say_fits(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x)
{
	for (size_t i = 0; i < gp_advise_fits(x); i++) {
		const struct gp_advice *p = &x->pairs.v[i];

		if (!is_first(q, x, i))
			continue;
		say_title(a, q, x, p);
		if (q->for_driver && !a->verbose) {
			say_short(a, x, p);
			continue;
		}
		gp_say_claims(a, "    ", p->claims);
		say_need(a, q, x, p);
		say_also(a, q, x, i);
	}
}

/* Drivers one behind the other in a branch, or of one kernel, of which the same is said. */
struct run {
	const struct gp_advice *from, *to;
};

static bool goes_on(const struct gp_advise_asked *q, const struct run *r, const struct gp_advice *p)
{
	return r->to->why == p->why && r->to->card.fit == p->card.fit && same_group(q, r->to, p) &&
	       strcmp(gp_advice_reason(r->to), gp_advice_reason(p)) == 0;
}

static void say_run(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x,
		    const struct run *r)
{
	gp_auto(gp_free_ptr) char *reason = gp_advise_reason(x, r->to);

	say_where(a, q, x, r->to);
	gp_say(a, "%s%s%s: %s%s\n", r->from->driver->text, r->from != r->to ? " - " : "",
	       r->from != r->to ? r->to->driver->text : "", reason ? reason : "no reason given",
	       r->to->why == GP_AGAINST_BLOCKED ? " [blocked]" :
	       r->to->why == GP_AGAINST_LOAD    ? " [does not load]" :
						  "");
}

/* In the order of the question: kernels, or branches with their versions. */
static const struct gp_advice *find(const struct gp_advise_answer *x, const struct gp_version *v, size_t kernel)
{
	for (size_t i = 0; i < x->pairs.n; i++)
		if (x->pairs.v[i].driver == v && x->pairs.v[i].kernel == kernel)
			return &x->pairs.v[i];
	return NULL;
}

static void say_others(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x,
		       enum gp_advice_fit fit, size_t kernel)
{
	const struct gp_branch_list *l = &q->catalog->branches;
	struct run r = { NULL, NULL };

	for (size_t b = 0; b < l->n; b++)
		for (size_t i = 0; i < l->v[b].n; i++) {
			const struct gp_advice *p = find(x, &l->v[b].versions[i], kernel);

			if (!p)
				continue;
			if (r.to && r.to->fit == fit && !goes_on(q, &r, p))
				say_run(a, q, x, &r);
			if (!r.to || !goes_on(q, &r, p))
				r.from = p;
			r.to = p;
		}
	if (r.to && r.to->fit == fit)
		say_run(a, q, x, &r);
	/* A version that is not listed. */
	for (size_t i = 0; !r.to && i < x->pairs.n; i++)
		if (x->pairs.v[i].fit == fit && x->pairs.v[i].kernel == kernel)
			say_run(a, q, x, &(struct run){ &x->pairs.v[i], &x->pairs.v[i] });
}

static bool has_fit(const struct gp_advise_answer *x, enum gp_advice_fit fit)
{
	for (size_t i = 0; i < x->pairs.n; i++)
		if (x->pairs.v[i].fit == fit)
			return true;
	return false;
}

static void say_section(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x,
			enum gp_advice_fit fit, const char *title)
{
	if (!has_fit(x, fit))
		return;
	gp_say(a, "%s\n", title);
	for (size_t k = 0; k < x->nkernels; k++)
		say_others(a, q, x, fit, k);
}

/* --- the head --- */

/* Whatever the driver: how it comes to vGPUs. */
static void say_card(const struct gp_args *a, const struct gp_gpu *g)
{
	char id[GP_GPU_ID];
	unsigned first, last;

	gp_say_gpu_name(a, g);
	if (!g->card)
		return;
	if (g->card->way == GP_WAY_NEITHER) {
		gp_say(a, "  vgpus    %s\n", g->card->reason);
		return;
	}
	gp_card_branches(g->card, &first, &last);
	gp_say(a, "  vgpus    %s", g->card->way == GP_WAY_NATIVE ? "by itself" : "with the hooks");
	if (g->card->way == GP_WAY_HOOKS)
		gp_say(a, ", as %s", g->twin_name ? g->twin_name : gp_gpu_id(g->card->twin, id));
	if (first)
		gp_say(a, ", from branch %u on", first);
	if (last)
		gp_say(a, ", up to branch %u", last);
	gp_say(a, "\n");
}

static void say_kernel(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x)
{
	const struct gp_query_kernel *k = &q->kernels[x->kernel];

	gp_say(a, "kernel     ");
	say_release(a, k->headers ? k->headers->release.text : k->release.text,
		    q->platforms ? q->platforms[x->kernel] : NULL);
	gp_say(a, "; judged by %s\n", k->headers ? "its headers" : "version only, its headers are not at hand");
}

void gp_report_advice(const struct gp_args *a, const struct gp_advise_asked *q, const struct gp_advise_answer *x)
{
	if (x->gpu)
		say_card(a, x->gpu);
	if (q->for_driver)
		gp_say(a, "driver     %s, taken to be %s\n", q->driver, gp_kind_name(q->kind));
	else
		say_kernel(a, q, x);
	if (!x->pairs.n)
		return;
	gp_say(a, "%s, by the data of %s\n", has_fit(x, GP_ADVICE_FITS) ? "fits, the best first" : "nothing fits",
	       gp_catalog_date(q->catalog));
	say_fits(a, q, x);
	say_section(a, q, x, GP_ADVICE_PERHAPS, "perhaps: nothing speaks against these");
	say_section(a, q, x, GP_ADVICE_NO, "does not fit");
}
