/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_LINT_LINTSET_H
#define GP_OPS_LINT_LINTSET_H

#include <signal.h>
#include <time.h>

#include "base/digest.h"
#include "core/diff/lintpatch.h"
#include "ops/run/given.h"
#include "ops/select/catalog.h"

/*
 * Are patch sets and the rules that name them as they should be, and do the sets
 * apply to the drivers at hand?
 */

struct gp_lint_opts {
	const struct gp_list *names;   /* sets; none: all of them, and all rules */
	const struct gp_list *runs;    /* installers, or extracted ones */
	const struct gp_given *given;  /* in which they may be; NULL */
	const struct gp_list *headers; /* kernel headers to ask */
	const char *hooks;             /* a directory with a copy of the hooks, or NULL */
	bool builds;                   /* the caller builds, too: nothing is said of what that proves */
	const volatile sig_atomic_t *cancel;
};

/* Columns of a line of kernel-versions/. */
#define GP_EVIDENCE_WIDTH 120

/* What was seen of one set. */
struct gp_lint_set {
	const struct gp_patchset *set;
	struct gp_list applied; /* "460.73.02 host, SHA-256 …" */
	struct gp_list already; /* the same, where every patch was there before */
	struct gp_list failed;  /* the same, where it does not apply */
	struct gp_list chosen;  /* "460.73.02 on 5.10.0-32-amd64": by a rule, on these headers */
	struct gp_list built;   /* "460.73.02 (host) on 5.10.0-32-amd64, gcc …: builds …": gp_lint_builds() */
	char *evidence;         /* a folded field to copy, or NULL: nothing to say */
};

struct gp_lint {
	struct gp_findings found;
	struct gp_list skipped; /* what could not be checked, and why */
	struct gp_lint_set *set;
	size_t nset, set_cap;
	size_t rules, drivers; /* how many were looked at */
};

void gp_lint_release(struct gp_lint *l);

/*
 * Check the sets.
 *
 *  - each patch as gp_lint_patch(); its licence lines only in files whose own
 *    header says MIT, asked in the drivers at hand;
 *  - each set applies without fuzz to each driver at hand that a rule names it
 *    for, after the neutral sets that come before it;
 *  - a set whose Scope is the hooks changes vgpu_unlock_hooks.c and nothing
 *    else, no other set does, and it applies without fuzz to the copy at hand;
 *  - the rules as gp_lint_rules();
 *  - what cannot be seen without building is told in skipped.
 *
 * In:     c: lives longer than *out.
 * Out:    gp_lint_release() frees it, also after a failure.
 * Errors: GP_E_USAGE no such set; those of gp_driver_open() and
 *         gp_headers_open(). Findings are not errors.
 */
int gp_lint_run(const struct gp_catalog *c, const struct gp_lint_opts *o, struct gp_lint *out, struct gp_err *err);

/*
 * Check the rules: each has Evidence (the parser sees to Reason and to sets that do not
 * exist), a report says whose it is, and drivers from 520 on get neutral sets only; no
 * two of a directory differ in Driver or in their line alone.
 *
 * In:  names: of sets, for the rules that name one of them; none: all rules.
 * Out: how many were looked at.
 */
size_t gp_lint_rules(const struct gp_catalog *c, const struct gp_list *names, struct gp_findings *found);

/*
 * Check cards, platforms and messages of logs: ids of a directory that overlap, branches
 * that are not in `drivers`, twins that have no vGPUs or others, names that stand for two platforms,
 * kernels on no line, patterns that an earlier message hides, Evidence without a mark.
 */
void gp_lint_cards(const struct gp_catalog *c, struct gp_findings *found);

/* When all has been seen: make the Evidence of each set. In: now, its date. */
void gp_lint_evidence(struct gp_lint *l, time_t now);

/*
 * The SHA-256 by which results name a driver: of the file; of a directory, that
 * of the list of its files with their sums, sorted by name, as
 * (cd DIR; find . -type f | sort | xargs sha256sum) prints it.
 */
int gp_lint_sum(const char *path, const struct gp_given *given, char out[GP_SHA256_HEX], struct gp_err *err);

#endif
