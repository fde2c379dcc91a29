/* SPDX-License-Identifier: MIT */
#include "cmd/report/gpu_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/rules/card.h"
#include "cmd/report/report.h"

/* --- cards --- */

void gp_say_gpu_name(const struct gp_args *a, const struct gp_gpu *g)
{
	char id[GP_GPU_ID];

	gp_say(a, "card       %s%s%s%s%s", g->slot ? g->slot : "", g->slot ? " " : "", gp_gpu_id(g->device, id),
	       g->name ? " " : "", g->name ? g->name : "");
	if (!g->card)
		gp_say(a, ": not known\n");
	else
		gp_say(a, ", %s%s\n", g->card->generation, g->card->sriov ? ", SR-IOV" : "");
}

static const char *framework_title(enum gp_framework f)
{
	return f == GP_FRAMEWORK_MDEV   ? "by mdev" :
	       f == GP_FRAMEWORK_VENDOR ? "by vendor-specific VFIO, without mdev" :
					  "how they are made is not known";
}

static void say_frameworks(const struct gp_args *a, const struct gp_card *c, const struct gp_version *driver,
			   const struct gp_selection *s)
{
	for (size_t i = 0; i < s->nkernels; i++)
		gp_say(a, "  on       %s: %s\n", s->kernels[i].release.text,
		       framework_title(gp_card_judge(c, driver, &s->kernels[i].release).framework));
}

void gp_say_gpus(const struct gp_args *a, const struct gp_gpu_list *l, const struct gp_version *driver,
		 const struct gp_selection *s)
{
	for (size_t i = 0; i < l->n && driver->n; i++) {
		const struct gp_gpu *g = &l->v[i];
		gp_auto(gp_free_ptr) char *why = g->card ? gp_gpu_why(g, driver) : NULL;
		bool served = g->card && gp_card_served(gp_card_judge(g->card, driver, NULL).fit);

		gp_say_gpu_name(a, g);
		if (why)
			gp_say(a, "  vgpus    %s%s\n",
			       served                         ? "yes: " :
			       g->card->way == GP_WAY_NEITHER ? "" :
								"no: ",
			       why);
		if (served)
			say_frameworks(a, g->card, driver, s);
		if (a->verbose && g->card)
			gp_say(a, "  evidence %s\n", g->card->evidence);
	}
}

static struct json_object *json_id(unsigned device)
{
	char id[GP_GPU_ID];

	return device ? gp_json_text(gp_gpu_id(device, id)) : NULL;
}

static struct json_object *json_branch_number(unsigned branch)
{
	return branch ? json_object_new_int64(branch) : NULL;
}

struct json_object *gp_json_gpu(const struct gp_gpu *g)
{
	static const struct gp_card nothing = { 0 };
	const struct gp_card *c = g->card ? g->card : &nothing;
	unsigned first, last;

	gp_card_branches(c, &first, &last);
	return gp_json_object(GP_J("id", json_id(g->device)), GP_J("slot", g->slot), GP_J("name", g->name),
			      GP_J("generation", c->generation), GP_J("vgpu", c->way ? gp_way_name(c->way) : NULL),
			      GP_J("twin", json_id(c->twin)), GP_J("twin_name", g->twin_name),
			      GP_J("sriov", c->way ? json_object_new_boolean(c->sriov) : NULL),
			      GP_J("first_branch", json_branch_number(first)),
			      GP_J("last_branch", json_branch_number(last)), GP_J("evidence", c->evidence));
}

static struct json_object *json_framework(const struct gp_card *c, const struct gp_version *driver,
					  const struct gp_release *kernel)
{
	return gp_json_object(GP_J("kernel", kernel->text),
			      GP_J("framework", gp_framework_name(gp_card_judge(c, driver, kernel).framework)));
}

static struct json_object *json_frameworks(const struct gp_card *c, const struct gp_version *driver,
					   const struct gp_selection *s)
{
	return GP_JSON_EACH(i, s->nkernels, json_framework(c, driver, &s->kernels[i].release));
}

static struct json_object *json_judged(const struct gp_gpu *g, const struct gp_version *driver,
				       const struct gp_selection *s)
{
	gp_auto(gp_free_ptr) char *why = NULL;
	struct gp_card_verdict v;

	if (!g->card)
		return gp_json_fill(gp_json_gpu(g), GP_J("verdict", NULL), GP_J("served", false), GP_J("text", NULL),
				    GP_J("frameworks", json_object_new_array()));
	why = gp_gpu_why(g, driver);
	v = gp_card_judge(g->card, driver, NULL);
	return gp_json_fill(gp_json_gpu(g), GP_J("verdict", gp_card_fit_name(v.fit)),
			    GP_J("served", gp_card_served(v.fit)), GP_J("text", why),
			    GP_J("frameworks", json_frameworks(g->card, driver, s)));
}

struct json_object *gp_json_gpus(const struct gp_gpu_list *l, const struct gp_version *driver,
				 const struct gp_selection *s)
{
	return GP_JSON_EACH(i, l->n, json_judged(&l->v[i], driver, s));
}

/* --- of a table --- */

static const struct gp_version *newest(const struct gp_support_branch *b)
{
	return b->drivers[b->n - 1].version;
}

static const char *fit_title(enum gp_card_fit f)
{
	return f == GP_CARD_NATIVE         ? "by itself" :
	       f == GP_CARD_HOOKS          ? "with the hooks" :
	       f == GP_CARD_NOT_WITH_HOOKS ? "not with these hooks" :
					     "no";
}

void gp_say_gpu_branches(const struct gp_args *a, const struct gp_gpu_list *l, const struct gp_support *t)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct gp_gpu *g = &l->v[i];
		char id[GP_GPU_ID];

		gp_say_gpu_name(a, g);
		if (!g->card)
			continue;
		if (g->card->twin)
			gp_say(a, "  twin     %s%s%s\n", gp_gpu_id(g->card->twin, id), g->twin_name ? " " : "",
			       g->twin_name ? g->twin_name : "");
		for (size_t k = 0; k < t->n; k++) {
			enum gp_card_fit fit = gp_card_judge(g->card, newest(&t->v[k]), NULL).fit;

			gp_say(a, "  branch   %u: %s\n", t->v[k].branch->number, fit_title(fit));
		}
		if (g->card->reason)
			gp_say(a, "  reason   %s\n", g->card->reason);
	}
}

static struct json_object *json_at_branch(const struct gp_card *c, const struct gp_support_branch *b)
{
	enum gp_card_fit fit = gp_card_judge(c, newest(b), NULL).fit;

	return gp_json_object(GP_J("branch", b->branch->number), GP_J("verdict", gp_card_fit_name(fit)),
			      GP_J("served", gp_card_served(fit)));
}

static struct json_object *json_branches(const struct gp_card *c, const struct gp_support *t)
{
	return GP_JSON_EACH(i, t->n, json_at_branch(c, &t->v[i]));
}

static struct json_object *json_of_table(const struct gp_gpu *g, const struct gp_support *t)
{
	return gp_json_fill(gp_json_gpu(g), GP_J("text", g->card ? g->card->reason : NULL),
			    GP_J("branches", g->card ? json_branches(g->card, t) : json_object_new_array()));
}

struct json_object *gp_json_gpu_branches(const struct gp_gpu_list *l, const struct gp_support *t)
{
	return GP_JSON_EACH(i, l->n, json_of_table(&l->v[i], t));
}

/* --- for a web page --- */

/* Of the cards of a generation that come to vGPUs in that way: the first branch that
 * serves one, and the last; 0: no bound. Out: false: there is none. */
static bool reach(const struct gp_card_list *l, const char *generation, enum gp_vgpu_way way, unsigned *first,
		  unsigned *last)
{
	bool some = false;

	for (size_t i = 0; i < l->n; i++) {
		unsigned lo, hi;

		if (l->v[i].way != way || strcmp(l->v[i].generation, generation) != 0)
			continue;
		gp_card_branches(&l->v[i], &lo, &hi);
		*first = !some || lo < *first ? lo : *first;
		*last = !some || (*last && (!hi || hi > *last)) ? hi : *last;
		some = true;
	}
	return some;
}

static void say_reach(const struct gp_args *a, const struct gp_card_list *l, const char *generation,
		      enum gp_vgpu_way way)
{
	unsigned first, last;

	if (!reach(l, generation, way, &first, &last))
		gp_say(a, " %s |", way == GP_WAY_NATIVE ? "none" : "not with these hooks");
	else if (last)
		gp_say(a, " %u – %u |", first, last);
	else
		gp_say(a, " from %u on |", first);
}

static bool told_before(const struct gp_card_list *l, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(l->v[i].generation, l->v[at].generation) == 0)
			return true;
	return false;
}

void gp_report_cards_markdown(const struct gp_args *a, const struct gp_card_list *l)
{
	if (l->n)
		gp_say(a, "\n| cards | vGPUs of their own | with the hooks |\n|---|---|---|\n");
	for (size_t i = 0; i < l->n; i++) {
		if (told_before(l, i))
			continue;
		gp_say(a, "| %s%s |", l->v[i].generation, l->v[i].sriov ? " (SR-IOV)" : "");
		say_reach(a, l, l->v[i].generation, GP_WAY_NATIVE);
		say_reach(a, l, l->v[i].generation, GP_WAY_HOOKS);
		gp_say(a, "\n");
	}
	if (l->n)
		gp_say(a, "\nBranches that serve a card of the generation; `--gpu` asks about yours.\n");
}

/* --- platforms --- */

int gp_take_platform(struct gp_args *a, const struct gp_platform_list *l, const struct gp_platform **out,
		     struct gp_err *err)
{
	*out = NULL;
	if (!a->platform)
		return 0;
	if (a->patch.kernels.n || a->patch.headers.n)
		return gp_fail(err, GP_E_USAGE, "give --kernel or --platform, not both");
	if (gp_platform_find(l, a->platform, out, err) < 0)
		return -1;
	for (size_t i = 0; i < (*out)->n; i++)
		gp_list_add(&a->patch.kernels, (*out)->releases[i].text);
	return 0;
}

static void say_command(const struct gp_args *a, const char *what, const char *text)
{
	gp_auto(gp_free_ptr) char *filled = gp_platform_fill(text, "RELEASE");

	gp_say(a, "  %-8s %s\n", what, filled ? filled : "none");
}

void gp_say_platform(const struct gp_args *a, const struct gp_platform *p)
{
	if (!p)
		return;
	gp_say(a, "platform   %s: %s\n", p->name, p->title);
	say_command(a, "headers", p->headers);
	say_command(a, "pin", p->pin);
	say_command(a, "dkms", p->dkms);
	if (p->reason)
		say_command(a, "note", p->reason);
	if (a->verbose)
		gp_say(a, "  evidence %s\n", p->evidence);
}

static struct json_object *json_kernel(const struct gp_platform *p, const struct gp_release *r)
{
	gp_auto(gp_free_ptr) char *headers = gp_platform_fill(p->headers, r->text);
	gp_auto(gp_free_ptr) char *pin = gp_platform_fill(p->pin, r->text);

	return gp_json_object(GP_J("release", r->text), GP_J("headers", headers), GP_J("pin", pin));
}

struct json_object *gp_json_platform(const struct gp_platform *p)
{
	return gp_json_object(GP_J("platform", p->name), GP_J("title", p->title),
			      GP_J("kernels", GP_JSON_EACH(i, p->n, json_kernel(p, &p->releases[i]))),
			      GP_J("dkms", p->dkms), GP_J("text", p->reason), GP_J("evidence", p->evidence));
}
