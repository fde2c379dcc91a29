/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_REASK_H
#define GP_OPS_JOB_REASK_H

#include "core/rules/rule.h"
#include "ops/job/inputs.h"
#include "ops/job/view.h"
#include "ops/select/select.h"

struct gp_decision;

/* A rule that does not answer for the sources with the user's patches as it does
 * for those that came. */
struct gp_reasked {
	const struct gp_rule *rule;
	struct gp_list kernels; /* of the run, where it is so */
	struct gp_list lines;
	struct gp_judgement was, is; /* at the first of these places */
};

/* What the user's patches changed in the answers. */
struct gp_reask {
	struct gp_reasked *v;
	size_t n, cap;
	enum gp_verdict *was; /* of each kernel of the run, without them; NULL: not asked */
	char *opened, *shut;  /* "6.12–6.19": lines that DKMS may build on with them only,
				     * and without them only; NULL: none */
};

void gp_reask_release(struct gp_reask *r);

/*
 * Ask the rules again, of the sources as the user's patches leave them.
 *
 * Verdicts, reasons, loading and what is covered in d->selection are then those of
 * the patched sources; what was blocked without them is untested at best: no rule's
 * evidence is about patches of the user's. The sets stay as they were chosen, since
 * they go in first; one that is needed only now is warned of.
 *
 * In:  in with its tree as it came; d with its sets chosen.
 * Out: d->reask; *view: those patches that are for every kernel in it, whose owner
 *      closes it. Nothing, and *view closed, when there are no patches, or they do not
 *      apply: the job will fail with that, and when a kernel is blocked, say it.
 */
void gp_reask(const struct gp_inputs *in, struct gp_decision *d, struct gp_view *view);

#endif
