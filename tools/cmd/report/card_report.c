/* SPDX-License-Identifier: MIT */
#include "base/json.h"
#include "core/driver/vgpuconfig.h"
#include "ops/job/clone.h"
#include "cmd/report/report.h"

void gp_say_clones(const struct gp_args *a, const struct gp_clones *c)
{
	char from[GP_CARD_ID_MAX], to[GP_CARD_ID_MAX];

	for (size_t i = 0; i < c->n; i++)
		gp_say(a, "profiles   card %s %s the %zu vGPU type%s of %s\n", gp_card_id_text(&c->v[i].to, to),
		       c->v[i].there ? "has already" : "gets", c->v[i].ntypes, c->v[i].ntypes == 1 ? "" : "s",
		       gp_card_id_text(&c->v[i].from, from));
}

static struct json_object *json_clone(const struct gp_card_id *from, const struct gp_card_id *to, size_t types)
{
	char x[GP_CARD_ID_MAX], y[GP_CARD_ID_MAX];

	return gp_json_object(GP_J("from", gp_json_text(gp_card_id_text(from, x))),
			      GP_J("to", gp_json_text(gp_card_id_text(to, y))), GP_J("types", types));
}

struct json_object *gp_json_clones(const struct gp_clones *c)
{
	return GP_JSON_EACH(
		i, c->n,
		gp_json_fill(json_clone(&c->v[i].from, &c->v[i].to, c->v[i].ntypes), GP_J("already", c->v[i].there)));
}

void gp_say_cards(const struct gp_args *a, const struct gp_vgpuconfig *c)
{
	char from[GP_CARD_ID_MAX], to[GP_CARD_ID_MAX];

	gp_say(a, "profiles   for %zu card%s in " GP_VGPUCONFIG "\n", c->n, c->n == 1 ? "" : "s");
	for (size_t i = 0; i < c->n; i++) {
		const struct gp_pgpu *origin = gp_vgpuconfig_origin(c, i);

		if (origin)
			gp_say(a, "  cloned   card %s has the entry of %s\n", gp_card_id_text(&c->v[i].id, to),
			       gp_card_id_text(&origin->id, from));
	}
}

struct json_object *gp_json_cards(const struct gp_vgpuconfig *c)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < c->n; i++) {
		const struct gp_pgpu *origin = gp_vgpuconfig_origin(c, i);

		if (origin)
			json_object_array_add(list, json_clone(&origin->id, &c->v[i].id, c->v[i].ntypes));
	}
	return list;
}
