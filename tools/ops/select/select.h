/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_SELECT_H
#define GP_OPS_SELECT_SELECT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "core/rules/claim.h"
#include "core/rules/kind.h"
#include "ops/select/catalog.h"
#include "ops/select/headers.h"
#include "ops/tree/tree.h"

/* The question: which sets does this driver need on these kernels, and why. */

struct gp_query_kernel {
	struct gp_release release;
	struct gp_headers *headers; /* or NULL; then release counts, else headers' */
};

struct gp_query {
	struct gp_version driver;
	struct gp_version host; /* of a merged driver: gp_facts.host */
	enum gp_kind kind;
	bool kind_unknown;
	const struct gp_query_kernel *kernels;
	size_t nkernels;
	/* A file of the driver: false when there is no such file; else *out, valid
	 * until the next call. Asked for kernel/PATH as in the package, then for
	 * PATH as in /usr/src/nvidia-VERSION. .manifest says which modules the package
	 * has. NULL when only the version is known: a host then has nvidia and
	 * nvidia-vgpu-vfio. */
	bool (*driver_file)(void *arg, const char *path, struct gp_str *out);
	void *arg;
	struct gp_str modules; /* the names of its modules, where there is no .manifest; may be empty */
	bool no_instead;       /* what else to use is not asked: finding it takes longer than all the rest */
};

/* What is said of one kernel. */
enum gp_verdict {
	GP_VERDICT_SUPPORTED,
	GP_VERDICT_UNTESTED,    /* the line or a rule says so, or a gap between lines */
	GP_VERDICT_NO_EVIDENCE, /* the line is known, but no rule is about this driver
				  * (a bare `Load: no`, a rule that waits for the
				  * driver's sources, and one about the plain kernel of a
				  * number that others use, too, do not count) */
	GP_VERDICT_UNKNOWN,     /* newer than the newest line, or older than the oldest */
	GP_VERDICT_BLOCKED,
};

const char *gp_verdict_name(enum gp_verdict v); /* "supported", … "no evidence" */

/* A rule about this driver (Driver and Kind are met), taken or not. */
struct gp_judged {
	const struct gp_rule *rule;
	struct gp_judgement j;
};

/* Does the rule show that somebody looked at this driver on this line? One
 * that only warns ("does not load") or depends on sources that nobody has at
 * hand does not; nor one that blocks, or that holds on every line or onward. */
bool gp_judged_is_about(const struct gp_judged *x);

/* A set, and the first rule that asked for it; NULL: gp_selection_with() did. */
struct gp_chosen {
	const struct gp_patchset *set;
	const struct gp_rule *rule;
};

struct gp_chosen_list {
	struct gp_chosen *v;
	size_t n, cap;
};

/*
 * What one kernel, or one line as a whole, needs.
 *
 * A blocked rule that holds blocks. A blocked or untested line is that for all
 * drivers, except that a rule which holds and has its own Status overrules its
 * line. Rules whose answer is unknown choose no set and block nothing; they
 * show as maybe, needs_headers, needs_driver, and their Load of no or unknown
 * makes a yes unknown. Why a load is what it is: the Reason of the rules that
 * hold and have that Load.
 */
struct gp_choice {
	struct gp_release release;
	bool has_headers;
	enum gp_verdict verdict;
	const struct gp_line *line;    /* NULL: no such line */
	const struct gp_line *nearest; /* the line, else the next older, else the oldest */
	bool needs_headers, needs_driver;
	bool elsewhere;          /* rules of its line are about the plain kernel, and this
					 * one only has that number */
	struct gp_judged *rules; /* those of every line first, and what reaches onward */
	size_t nrules, rules_cap;
	size_t nothers;              /* rules that were looked at and are about other drivers */
	struct gp_chosen_list sets;  /* of the rules that hold, in order */
	struct gp_chosen_list maybe; /* of the rules whose answer is unknown; not in sets */
	enum gp_load load;           /* never unset */
	enum gp_hooks hooks;         /* unset when no rule says */
	struct gp_list reasons;      /* of what made it blocked or untested */
	/* Of a kernel that is blocked or where nothing loads: one answer at most, that
	 * was asked about. Of a line: what the rules say, each for itself, until
	 * gp_selection_lines_instead(). */
	struct gp_list instead;
	struct gp_list load_reasons; /* why the modules will not load, when load is no */
	struct gp_list evidence;     /* of the rules that hold */
	struct gp_list left_out;     /* sets that it needs, or may need, and does not get */
	struct gp_list misfits;      /* sets that it needs and that do not fit the sources */
};

/*
 * What is claimed of it, for reports: that it builds, that it loads, that the hooks
 * unlock it, and how each of these is known at best, by the rules that hold. That
 * something builds on a part of a line only is unknown of the line.
 *
 * Out: as out[GP_CLAIM_BUILDS] …; the sources belong to the catalog.
 */
void gp_choice_claims(const struct gp_choice *c, struct gp_claim out[GP_CLAIM_COUNT]);

struct gp_selection {
	const struct gp_catalog *catalog;
	struct gp_choice *kernels; /* as in the query */
	size_t nkernels;
	struct gp_choice *lines; /* every line of the catalog, oldest first */
	size_t nlines;
	/* Every neutral set that any rule names for this driver, whatever the
	 * kernel: what goes into the tree by default. */
	struct gp_chosen_list neutral;
	/* Every set that any rule names for the user's copy of the hooks; they are in
	 * none of the other lists. */
	struct gp_chosen_list hook_sets;
	/* Of these neutral sets: which do not fit the sources, by gp_selection_fit(). */
	struct gp_list misfits;
	bool needs_driver;   /* more may belong there: a rule asks the sources */
	enum gp_hooks hooks; /* the strongest that any rule says for it */
	/* The first line after the newest covered one that is not blocked; NULL: none,
	 * so everything newer than the newest line, unless that is blocked. */
	const struct gp_line *next_unknown;
	bool newer_blocked;
};

void gp_selection_release(struct gp_selection *s);

/*
 * Answer the query.
 *
 * Out:    gp_selection_release() frees it; it points into c. Empty on failure.
 * Errors: GP_E_UNSUPPORTED a probe's expression takes too long; as
 *         gp_headers_sound() for the query's headers. The answer "no" is a verdict.
 */
int gp_catalog_select(const struct gp_catalog *c, const struct gp_query *q, struct gp_selection *out,
		      struct gp_err *err);

/* Find the lines' answers to "what else" as the kernels'; q as in gp_catalog_select(). */
void gp_selection_lines_instead(const struct gp_catalog *c, const struct gp_query *q, struct gp_selection *s);

/* Is the set in the list? */
bool gp_chosen_has(const struct gp_chosen_list *l, const struct gp_patchset *set);

/*
 * Take a set in whatever the rules say: a neutral one or one for the hooks for
 * the driver, another one for each kernel of the query; in the order of
 * patches/series.
 *
 * Out: false when the rules ask for it anyway.
 */
bool gp_selection_with(const struct gp_catalog *c, struct gp_selection *s, const struct gp_patchset *set);

/* Leave a set out whatever the rules say; a line that needs it is covered no more.
 * Out: false when it was not chosen. */
bool gp_selection_without(struct gp_selection *s, const struct gp_patchset *set);

#define GP_ALL_SETS "all" /* --no-set: every set that --set does not name */

/* There is no such set: with all names. where: what stands before it, "--set: ". Errors: GP_E_USAGE. */
int gp_catalog_no_set(const struct gp_catalog *c, const char *where, const char *name, struct gp_err *err);

/* Are the sets of --set and --no-set there? Errors: GP_E_USAGE, with all names. */
int gp_catalog_has_sets(const struct gp_catalog *c, const struct gp_list *with, const struct gp_list *without,
			struct gp_err *err);

/* Take in and leave out what --set and --no-set say: names that are there. A
 * kernel that lacks a set then is untested at best, and says why. Out: said: a
 * line appended for each that the rules would have had otherwise. */
void gp_selection_override(const struct gp_catalog *c, struct gp_selection *s, const struct gp_list *with,
			   const struct gp_list *without, struct gp_list *said);

/*
 * Try the sets on the driver's sources, changing nothing: kernels and lines that need one
 * which does not fit are blocked, and say why. They may be other sources than the rules
 * are written for, or others may have been at them.
 *
 * In:     s after gp_selection_override().
 * Errors: what gp_apply_patch() fails with other than that it does not match.
 */
int gp_selection_fit(struct gp_selection *s, const struct gp_tree *sources, struct gp_err *err);

/* Is all there that the sets of --set require (Requires of their headers)? Errors: GP_E_USAGE
 * one that the driver needs, or may need, and that --no-set leaves out. Before the override. */
int gp_selection_check_required(const struct gp_catalog *c, const struct gp_selection *s, const struct gp_list *with,
				const struct gp_list *without, struct gp_err *err);

/* Is this line covered: a rule is about the driver, nothing blocks it, and all sets
 * that it needs go in? */
bool gp_choice_covers(const struct gp_choice *line);

/* Append "5.4, 5.10–5.12": the covered lines, successive ones drawn together.
 * Nothing when there is none. */
void gp_selection_covers(const struct gp_selection *s, struct gp_buf *out);

#endif
