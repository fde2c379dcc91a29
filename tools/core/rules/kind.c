/* SPDX-License-Identifier: MIT */
#include "core/rules/kind.h"

const char *const gp_kind_names[] = { "host", "merged", "guest", "general", NULL };

const char *gp_kind_name(enum gp_kind k)
{
	return gp_kind_names[k];
}

bool gp_kind_parse(struct gp_str word, enum gp_kind *out)
{
	for (int k = 0; k < GP_KIND_COUNT; k++) {
		if (gp_str_eq(word, gp_kind_name((enum gp_kind)k))) {
			*out = (enum gp_kind)k;
			return true;
		}
	}
	return false;
}
