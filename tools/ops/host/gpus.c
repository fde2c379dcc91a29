/* SPDX-License-Identifier: MIT */
/* The cards of the machine, and what the data say of each. */
#include "core/rules/card.h"
#include "ops/host/checkup.h"
#include "ops/select/gpu.h"

static const char *called(const struct gp_gpu *g)
{
	return g->name ? g->name : "a card without a name";
}

static void tell_branches(struct gp_checkup *c, const struct gp_gpu *g)
{
	unsigned first, last;

	gp_card_branches(g->card, &first, &last);
	if (g->card->way == GP_WAY_NEITHER)
		gp_checkup_add(c, "gpu", GP_HEALTH_MISSING, NULL, "%s: %s (%s): not with these hooks: %s", g->slot,
			       called(g), g->card->generation, g->card->reason ? g->card->reason : "");
	else if (last)
		gp_checkup_add(c, "gpu", GP_HEALTH_OK, NULL, "%s: %s (%s): %s, up to the branch %u", g->slot, called(g),
			       g->card->generation,
			       g->card->way == GP_WAY_NATIVE ? "has vGPUs of its own" : "with the hooks", last);
	else
		gp_checkup_add(c, "gpu", GP_HEALTH_OK, NULL, "%s: %s (%s): %s", g->slot, called(g), g->card->generation,
			       g->card->way == GP_WAY_NATIVE ? "has vGPUs of its own" : "with the hooks");
}

static void tell_driver(struct gp_checkup *c, const struct gp_gpu *g)
{
	struct gp_card_verdict v = gp_card_judge(g->card, &c->driver->version, NULL);

	gp_checkup_add(c, "gpu", gp_card_served(v.fit) ? GP_HEALTH_OK : GP_HEALTH_MISSING, NULL,
		       "%s: %s (%s): driver %s: %s", g->slot, called(g), g->card->generation, c->driver->version.text,
		       gp_card_fit_name(v.fit));
}

void gp_checkup_find_gpus(struct gp_checkup *c, struct gp_gpu_list *l)
{
	struct gp_err err = { 0 };

	if (gp_gpus_find(GP_GPU_AUTO, gp_catalog_cards(c->catalog), &c->machine->files, l, &err) == 0)
		return;
	if (err.code == GP_E_NO)
		gp_checkup_add(c, "gpu", gp_checkup_missing(c), NULL, "%s", err.cause);
	else
		gp_checkup_add(c, "gpu", GP_HEALTH_UNKNOWN, NULL, "the cards: %s", err.cause);
}

void gp_check_gpus(struct gp_checkup *c)
{
	gp_auto(gp_gpus_release) struct gp_gpu_list l = { 0 };

	gp_checkup_find_gpus(c, &l);
	for (size_t i = 0; i < l.n; i++) {
		const struct gp_gpu *g = &l.v[i];

		if (!g->card) {
			gp_checkup_add(c, "gpu", GP_HEALTH_ATTENTION, NULL, "%s: %s: the data do not know this card",
				       g->slot, called(g));
			continue;
		}
		c->needs_iommu |= g->card->sriov;
		if (c->driver)
			tell_driver(c, g);
		else
			tell_branches(c, g);
	}
}
