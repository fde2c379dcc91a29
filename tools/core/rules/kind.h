/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_KIND_H
#define GP_CORE_RULES_KIND_H

#include <stdbool.h>

#include "base/buf.h"

/* What kind of driver a package holds; gp_manifest_kind() tells it. */
enum gp_kind { GP_KIND_HOST, GP_KIND_MERGED, GP_KIND_GUEST, GP_KIND_GENERAL };
#define GP_KIND_COUNT (GP_KIND_GENERAL + 1)
#define GP_ALL_KINDS ((1u << GP_KIND_COUNT) - 1) /* as bits 1 << gp_kind */

extern const char *const gp_kind_names[GP_KIND_COUNT + 1]; /* "host", … as rules write it; NULL */
const char *gp_kind_name(enum gp_kind k);
bool gp_kind_parse(struct gp_str word, enum gp_kind *out); /* false: no such kind */

#endif
