/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_DECIDE_H
#define GP_OPS_JOB_DECIDE_H

#include "core/rules/half.h"
#include "ops/driver/hooks.h"
#include "ops/job/inputs.h"
#include "ops/job/klines.h"
#include "ops/job/reask.h"
#include "ops/patch/apply.h"

enum gp_hooks_action {
	GP_HOOKS_NONE, /* not wanted for this kind, or --no-hooks */
	GP_HOOKS_INTEGRATED,
	GP_HOOKS_THERE, /* complete before */
};

/* The second stage of a job: what is to be done, and why. Nothing is changed. */
struct gp_decision {
	struct gp_selection selection;
	struct gp_reask reask;    /* what the user's patches changed in the rules' answers */
	struct gp_klines blocked; /* lines that DKMS must leave alone */
	struct gp_kline only;     /* with has_only: the one line that the output is for */
	bool has_only;
	struct gp_list skipped; /* "RELEASE: why", of "-k installed" */
	enum gp_hooks_action hooks_action;
	struct gp_hookcopy hooks;
	struct gp_list hook_sets;             /* names of the sets that were put into the copy */
	struct gp_applied_list hooks_applied; /* how they went in; the changes take it over */
	char *hooks_why;                      /* why there are none */
	const struct gp_half_rule *half_rule; /* of the user's userspace half with this driver; NULL */
	struct gp_buf lock;                   /* what a lock of this run says */
	bool lock_holds;
	struct gp_buf why; /* what differs from a lock, lines */
	struct gp_list warnings, overrides;
};

/*
 * Decide: which sets, whether each kernel and the driver as it came may be worked on,
 * where patches go, which hooks. What may not be is an error; what is doubtful is a
 * warning; what the user insisted on is an override, which the history will record.
 *
 * In:     in, complete.
 * Errors: GP_E_NO blocked, unknown, altered, hooks; as gp_catalog_select(), …
 */
int gp_decide(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err);

/*
 * Is the run refused whatever the driver's sources say? For who has not read all of them.
 *
 * In:     in: of its driver the version, the kind and the host's version. modules: their names.
 * Out:    selection: what was asked, when it is; else empty. gp_selection_release() it.
 * Errors: GP_E_NO blocked, unknown: as gp_decide() would say it.
 */
int gp_decide_early(const struct gp_inputs *in, struct gp_str modules, struct gp_selection *selection,
		    struct gp_err *err);

/* What a lock of this run says, and whether that of the user holds. GP_E_NO: it does not. */
int gp_decide_lock(const struct gp_inputs *in, struct gp_decision *d, struct gp_err *err);

void gp_decision_release(struct gp_decision *d);

/* Does the run leave this kernel out (an index of the selection's)? One that
 * "-k installed" found is left out where one that -k names is an error. */
bool gp_decision_skips(const struct gp_inputs *in, const struct gp_decision *d, size_t i);

#endif
