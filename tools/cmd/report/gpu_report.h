/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_GPU_REPORT_H
#define GP_CMD_REPORT_GPU_REPORT_H

#include "core/rules/platform.h"
#include "ops/select/gpu.h"
#include "ops/select/select.h"
#include "ops/select/support.h"
#include "cmd/front/opt.h"

/* "card       0000:01:00.0 10de:1b80 GP104 [GeForce GTX 1080], Pascal", whatever the driver. */
void gp_say_gpu_name(const struct gp_args *a, const struct gp_gpu *g);
struct json_object *gp_json_gpu(const struct gp_gpu *g);

/* What a driver is to the cards that were asked about, and how vGPUs are made on each
 * kernel. */
void gp_say_gpus(const struct gp_args *a, const struct gp_gpu_list *l, const struct gp_version *driver,
		 const struct gp_selection *s);
struct json_object *gp_json_gpus(const struct gp_gpu_list *l, const struct gp_version *driver,
				 const struct gp_selection *s);

/* The same of every branch of a table. */
void gp_say_gpu_branches(const struct gp_args *a, const struct gp_gpu_list *l, const struct gp_support *t);
struct json_object *gp_json_gpu_branches(const struct gp_gpu_list *l, const struct gp_support *t);

/* Generations by what has vGPUs for them, as a table for a web page. */
void gp_report_cards_markdown(const struct gp_args *a, const struct gp_card_list *l);

/*
 * The kernels of --platform, appended to those of -k.
 *
 * Out:    *out: NULL when none was asked about.
 * Errors: GP_E_USAGE there are some of -k or --headers; as gp_platform_find().
 */
int gp_take_platform(struct gp_args *a, const struct gp_platform_list *l, const struct gp_platform **out,
		     struct gp_err *err);

/* What to do there to get headers, and to keep a kernel. p: NULL: nothing. */
void gp_say_platform(const struct gp_args *a, const struct gp_platform *p);
struct json_object *gp_json_platform(const struct gp_platform *p);

#endif
