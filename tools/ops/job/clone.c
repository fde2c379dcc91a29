/* SPDX-License-Identifier: MIT */
#include "ops/job/clone.h"

#include <stdlib.h>

#include "core/driver/manifest.h"
#include "core/rules/kind.h"

void gp_clones_release(struct gp_clones *c)
{
	free(c->v);
	*c = (struct gp_clones){ 0 };
}

static int check_driver(const struct gp_inputs *in, const struct gp_tree *tree, struct gp_list *warnings,
			struct gp_err *err)
{
	const struct gp_driver *d = &in->driver;

	if (in->tree)
		return gp_fail(err, GP_E_USAGE, "'%s' has sources only: --profile-clone is for installers",
			       in->opts->run);
	if (d->kind != GP_KIND_HOST && d->kind != GP_KIND_MERGED)
		return gp_fail(err, GP_E_NO, "--profile-clone is for host drivers, and this is a %s driver",
			       gp_kind_name(d->kind));
	if (!gp_tree_has(tree, GP_VGPUCONFIG))
		return gp_fail(err, GP_E_NO, "--profile-clone: the package has no '" GP_VGPUCONFIG "'");
	if (!gp_manifest_find(&d->manifest, GP_VGPUCONFIG))
		gp_list_add(warnings, "'.manifest' does not list '" GP_VGPUCONFIG "': it will not be installed");
	return 0;
}

static void warn(const struct gp_cloned *is, struct gp_list *warnings)
{
	char from[GP_CARD_ID_MAX], to[GP_CARD_ID_MAX];

	gp_card_id_text(&is->from, from);
	gp_card_id_text(&is->to, to);
	if (is->sriov)
		gp_list_printf(warnings,
			       "profiles of %s are for SR-IOV: a card that cannot do that, as %s may be, "
			       "gets no vGPU by them",
			       from, to);
	if (is->other_subsystems)
		gp_list_printf(warnings,
			       "'" GP_VGPUCONFIG "' has entries for some cards of %04x besides that of %s: "
			       "which one counts for those is not known",
			       is->to.device, to);
	if (!is->ntypes)
		gp_list_printf(warnings, "the entry of %s, which %s gets, lists no vGPU type", from, to);
}

static int make_one(const struct gp_inputs *in, struct gp_tree *tree, const char *what, struct gp_clones *c,
		    struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	struct gp_profile_clone p;
	struct gp_str text;

	GP_GROW(c->v, c->n, c->cap);
	if (gp_profile_clone_parse(what, &p, err) < 0 || gp_tree_read(tree, GP_VGPUCONFIG, &text, err) < 0)
		return -1;
	if (gp_vgpuconfig_clone(text, &p, &out, &c->v[c->n], err) < 0)
		return gp_within(err, "--profile-clone %s", what);
	c->n++;
	if (in->in_place || !out.len)
		return 0;
	return gp_tree_write(tree, GP_VGPUCONFIG, gp_buf_str(&out), -1, err);
}

int gp_clones_make(const struct gp_inputs *in, struct gp_tree *tree, struct gp_clones *c, struct gp_list *warnings,
		   struct gp_err *err)
{
	const struct gp_list *asked = &in->opts->clones;

	if (!asked->n)
		return 0;
	if (check_driver(in, tree, warnings, err) < 0)
		return -1;
	for (size_t i = 0; i < asked->n; i++) {
		if (make_one(in, tree, asked->v[i], c, err) < 0)
			return -1;
		warn(&c->v[c->n - 1], warnings);
	}
	return 0;
}
