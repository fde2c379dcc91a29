/* SPDX-License-Identifier: MIT */
#include "cmd/report/advise_report.h"

#include "base/json.h"
#include "cmd/report/gpu_report.h"
#include "cmd/report/report.h"
#include "core/merge/mergepartner.h"
#include "core/rules/branch.h"
#include "core/rules/card.h"

static struct json_object *json_card(const struct gp_gpu *g)
{
	return gp_json_fill(gp_json_gpu(g), GP_J("text", g->card ? g->card->reason : NULL));
}

static struct json_object *json_fit(const struct gp_advice *p)
{
	return gp_json_object(GP_J("fit", gp_card_fit_name(p->card.fit)),
			      GP_J("framework", gp_framework_name(p->card.framework)));
}

static struct json_object *json_desktops(const struct gp_advise_asked *q, const struct gp_advise_answer *x,
					 const struct gp_advice *p)
{
	gp_auto(gp_merge_desktops_release) struct gp_merge_desktops l = { 0 };
	gp_auto(gp_free_ptr) char *why = NULL;

	if (q->kind != GP_KIND_HOST)
		return NULL;
	gp_advise_desktops(q, x, p, &l, &why);
	return gp_json_desktops(&l);
}

static struct json_object *json_driver(const struct gp_advise_asked *q, const struct gp_advice *p)
{
	return gp_json_fill(gp_json_version(p->driver, q->kind),
			    GP_J("vgpu", p->branch ? gp_branch_release_of(p->branch, p->driver) : NULL),
			    GP_J("listed", json_object_new_boolean(p->branch != NULL)));
}

static struct json_object *json_pair(const struct gp_advise_asked *q, const struct gp_advise_answer *x,
				     const struct gp_advice *p)
{
	const struct gp_choice *c = &p->choice;
	const struct gp_platform *on = q->platforms ? q->platforms[x->kernel + p->kernel] : NULL;
	gp_auto(gp_free_ptr) char *text = gp_advise_reason(x, p);

	return gp_json_fill(gp_json_choice(c), GP_J("fit", gp_advice_fit_name(p->fit)),
			    GP_J("why", gp_advice_why_name(p->why)), GP_J("text", text),
			    GP_J("driver", json_driver(q, p)), GP_J("platform", on ? on->name : NULL),
			    GP_J("card", x->gpu ? json_fit(p) : NULL), GP_J("desktops", json_desktops(q, x, p)),
			    GP_J("judged_by", c->has_headers ? "headers" : "version"),
			    GP_J("sets", GP_JSON_EACH(i, c->sets.n, c->sets.v[i].set->name)),
			    GP_J("reasons", &c->reasons), GP_J("load_reasons", &c->load_reasons),
			    GP_J("needs_headers", json_object_new_boolean(c->needs_headers)),
			    GP_J("needs_driver", json_object_new_boolean(c->needs_driver)));
}

struct json_object *gp_json_advice(const struct gp_advise_asked *q, const struct gp_advise_answer *x)
{
	const struct gp_query_kernel *k = q->for_driver ? NULL : &q->kernels[x->kernel];
	const char *kernel = !k ? NULL : k->headers ? k->headers->release.text : k->release.text;

	return gp_json_object(GP_J("card", x->gpu ? json_card(x->gpu) : NULL), GP_J("kernel", kernel),
			      GP_J("fits", gp_advise_fits(x)),
			      GP_J("cells", GP_JSON_EACH(i, x->pairs.n, json_pair(q, x, &x->pairs.v[i]))));
}
