/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_KIND_H
#define GP_CORE_RULES_KIND_H

#include <stdbool.h>

#include "base/buf.h"

/* What kind of driver a package holds; gp_manifest_kind() tells it. */
enum gp_kind { GP_KIND_GENERAL, GP_KIND_GUEST, GP_KIND_HOST, GP_KIND_MERGED };
#define GP_KIND_COUNT (GP_KIND_MERGED + 1)
#define GP_ALL_KINDS ((1u << GP_KIND_COUNT) - 1) /* as bits 1 << gp_kind */

const char *gp_kind_name(enum gp_kind k);                  /* "host", … as rules write it */
bool gp_kind_parse(struct gp_str word, enum gp_kind *out); /* false: no such kind */

#endif
