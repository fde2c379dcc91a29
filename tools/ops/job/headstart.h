/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_HEADSTART_H
#define GP_OPS_JOB_HEADSTART_H

#include "ops/job/inputs.h"
#include "ops/run/runfile.h"

/* A run that may begin to write before its installer has been read to the end. */
struct gp_headstart {
	const struct gp_inputs *in; /* of the job, loaded; its driver is being opened */
	struct gp_output *begun;    /* for gp_write(); NULL: none */
};

/* gp_driver_opts.ready and .abandon; arg is a gp_headstart. */
void gp_headstart_begin(void *arg, struct gp_runfile *rf);
void gp_headstart_abandon(void *arg);

#endif
