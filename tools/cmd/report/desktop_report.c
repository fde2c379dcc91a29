/* SPDX-License-Identifier: MIT */
#include "base/json.h"
#include "core/merge/mergefit.h"
#include "core/merge/mergepartner.h"
#include "cmd/report/report.h"

static const char *allowed(const struct gp_merge_desktop *d)
{
	return d->same ? "" : " (--allow versions)";
}

void gp_say_desktops(const struct gp_args *a, const struct gp_merge_desktops *l, unsigned branch)
{
	size_t i = 0;

	for (; i < l->n && l->v[i].released; i++)
		gp_say(a, "%s with %s%s, released with it\n", i ? "  or      " : "merges    ", l->v[i].version.text,
		       allowed(&l->v[i]));
	if (!i)
		gp_say(a, "merges     with a desktop driver of branch %u; none is known to be released with it\n",
		       branch);
	for (; i < l->n; i++)
		gp_say(a, "  or       with %s%s\n", l->v[i].version.text, allowed(&l->v[i]));
}

struct json_object *gp_json_desktops(const struct gp_merge_desktops *l)
{
	return GP_JSON_EACH(i, l->n,
			    gp_json_object(GP_J("version", l->v[i].version.text),
					   GP_J("fit", gp_merge_fit_name(l->v[i].same ? GP_FIT_SAME : GP_FIT_VERSIONS)),
					   GP_J("released_with", l->v[i].released)));
}
