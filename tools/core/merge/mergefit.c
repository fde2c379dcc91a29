/* SPDX-License-Identifier: MIT */
#include "core/merge/mergefit.h"

#include <string.h>

static const char *const fit_names[] = {
	"same version", "versions", "branches", "two hosts", "two desktops", "merged"
};

const char *gp_merge_fit_name(enum gp_merge_fit f)
{
	return fit_names[f];
}

enum gp_merge_fit gp_merge_fits(const struct gp_merge_half *a, const struct gp_merge_half *b, bool *swapped)
{
	bool a_host = a->kind == GP_KIND_HOST, b_host = b->kind == GP_KIND_HOST;

	if (swapped)
		*swapped = b_host && !a_host;
	if (a->kind == GP_KIND_MERGED || b->kind == GP_KIND_MERGED)
		return GP_FIT_MERGED;
	if (a_host == b_host)
		return a_host ? GP_FIT_HOSTS : GP_FIT_DESKTOPS;
	if (gp_version_branch(&a->version) != gp_version_branch(&b->version))
		return GP_FIT_BRANCHES;
	/* As they are written: that is what the driver compares. */
	return strcmp(a->version.text, b->version.text) == 0 ? GP_FIT_SAME : GP_FIT_VERSIONS;
}

static int refuse_versions(const struct gp_merge_half *host, const struct gp_merge_half *desktop, bool branches,
			   struct gp_err *err)
{
	return gp_fail(err, GP_E_NO, "'%s' is %s and '%s' is %s: %s", host->name, host->version.text, desktop->name,
		       desktop->version.text,
		       branches ? "host and desktop must be of one branch" :
				  "the driver checks at run time that its libraries and its kernel module have one "
				  "version (--allow versions goes on, and says what you would have to supply)");
}

int gp_merge_check(const struct gp_merge_half *a, const struct gp_merge_half *b, bool allow_versions, bool *swapped,
		   struct gp_err *err)
{
	static const char wanted[] = "a merged driver is made of a vGPU host and a general driver or grid guest";
	bool turned;
	enum gp_merge_fit fit = gp_merge_fits(a, b, &turned);

	if (swapped)
		*swapped = turned;
	switch (fit) {
	case GP_FIT_SAME: return 0;
	case GP_FIT_HOSTS:
		return gp_fail(err, GP_E_NO, "'%s' and '%s' are both vGPU hosts: %s", a->name, b->name, wanted);
	case GP_FIT_DESKTOPS:
		return gp_fail(err, GP_E_NO, "'%s' is a %s driver and '%s' is a %s driver: %s", a->name,
			       gp_kind_name(a->kind), b->name, gp_kind_name(b->kind), wanted);
	case GP_FIT_MERGED:
		return gp_fail(err, GP_E_NO, "'%s' is merged already: %s; `gridpatch patch` takes it as it is",
			       a->kind == GP_KIND_MERGED ? a->name : b->name, wanted);
	case GP_FIT_VERSIONS:
		if (allow_versions)
			return 0;
		break;
	case GP_FIT_BRANCHES: break;
	}
	return refuse_versions(turned ? b : a, turned ? a : b, fit == GP_FIT_BRANCHES, err);
}
