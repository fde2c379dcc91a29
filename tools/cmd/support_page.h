/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_SUPPORT_PAGE_H
#define GP_CMD_SUPPORT_PAGE_H

#include "cmd/front/opt.h"
#include "core/rules/card.h"
#include "core/rules/platform.h"
#include "core/rules/release.h"
#include "ops/select/catalog.h"
#include "ops/select/support.h"

/* The kernels of all platforms. Out: n; *of: whose each is. free() both. */
struct gp_release *gp_support_platform_kernels(const struct gp_catalog *c, const struct gp_platform ***of, size_t *n);

/* What it is about. */
struct gp_support_asked {
	const struct gp_catalog *catalog;
	const struct gp_support_opts *opts;
	const struct gp_support *table;     /* made with them */
	const struct gp_platform *platform; /* whose kernels these are; NULL */
	const struct gp_card *card;         /* NULL */
};

/* Write the page that --html names; where the table is about all lines, with the kernels of
 * the platforms, too. Errors: as gp_output_write(). */
int gp_support_write_page(const struct gp_args *a, const struct gp_support_asked *q, struct gp_err *err);

#endif
