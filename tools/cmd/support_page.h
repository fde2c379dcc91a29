/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_SUPPORT_PAGE_H
#define GP_CMD_SUPPORT_PAGE_H

#include "cmd/front/opt.h"
#include "ops/select/catalog.h"
#include "ops/select/support.h"

/* Write the page that --html names: table, which was asked for with o, and when that was
 * about all lines the kernels of the platforms, too. Errors: as gp_output_write(). */
int gp_support_write_page(const struct gp_args *a, const struct gp_catalog *c, const struct gp_support_opts *o,
			  const struct gp_support *table, struct gp_err *err);

#endif
