/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_RULES_RULE_H
#define GP_CORE_RULES_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "core/rules/claim.h"
#include "core/rules/exports.h"
#include "core/rules/kind.h"
#include "core/rules/probe.h"
#include "core/rules/release.h"
#include "base/stanza.h"

/*
 * A kernel-versions file in memory, and the judge: does this rule hold for
 * this driver on this kernel? gridpatch-kernel-versions(5) describes the
 * format; an unknown field is an error, so that no typo passes silently.
 */

enum gp_status { GP_STATUS_UNSET, GP_STATUS_SUPPORTED, GP_STATUS_UNTESTED, GP_STATUS_BLOCKED };
/* In order of strength: the greater one wins when rules are united. */
enum gp_load { GP_LOAD_UNSET, GP_LOAD_YES, GP_LOAD_UNKNOWN, GP_LOAD_NO };
enum gp_hooks { GP_HOOKS_UNSET, GP_HOOKS_UPSTREAM, GP_HOOKS_NEWER_TABLE, GP_HOOKS_UNPROVED };

int gp_status_parse(const struct gp_field *f, enum gp_status *out, struct gp_err *err);
const char *gp_status_name(enum gp_status s); /* "" when unset; so below */
const char *gp_load_name(enum gp_load l);
const char *gp_hooks_name(enum gp_hooks h);

/* How well it is known that something builds, the better the greater. */
enum gp_known { GP_KNOWN_NONE, GP_KNOWN_UNSURE, GP_KNOWN_EXPECTED, GP_KNOWN_REPORTED, GP_KNOWN_BUILT };

const char *gp_known_name(enum gp_known k); /* "", "unsure", "expected", "reported", "built" */

struct gp_rule;

/* How well it is known that the driver builds, by the rule's Evidence. Unsure: nobody has
 * built or reported it, and the rule calls itself untested. */
enum gp_known gp_rule_known(const struct gp_rule *r);

struct gp_paragraph;

/* On one line. What it says of all its lines alike belongs to its paragraph, which the
 * rules on them share; what differs there is its own. */
struct gp_rule {
	struct gp_paragraph *from;
	const char *file; /* where it stands; owned by its gp_line, or by the catalog */
	unsigned lineno;
	bool any_line; /* it stands in a `Kernel: any` file, or holds for whatever comes */
	struct gp_ranges driver;
	unsigned kinds; /* bit 1 << gp_kind; only listed kinds, all when absent */
	bool has_release, has_rhel;
	struct gp_range release, rhel;
	uint64_t distros; /* 1 << gp_distro, those that it is about; 0: it does not say */
	/* As written; NULL when absent. */
	char *driver_text, *release_text, *lines_text, *rhel_text, *distro_text;
	struct gp_list modules; /* that it is about; empty: the driver as a whole */
	struct gp_probe *probes;
	size_t nprobes, probes_cap;
	struct gp_list patches;
	enum gp_load load;
	enum gp_hooks hooks;
	enum gp_status status;
	char *reason, *instead, *evidence;      /* NULL when absent */
	char *load_evidence, *hooks_evidence;   /* of these claims alone; NULL: evidence is */
	struct gp_claim claims[GP_CLAIM_COUNT]; /* unknown: it makes none */
};

/* Do two rules ask about the same drivers and kernels? Then the later one replaces the other. */
bool gp_rule_same(const struct gp_rule *a, const struct gp_rule *b);

/* A kernel line and its rules, or what counts for every line. */
struct gp_line {
	char *name; /* "5.10", "any" */
	bool any;
	struct gp_release release;        /* the line as a release (gp_release: two parts) */
	enum gp_status status;            /* unset for "any" */
	char *changes, *reason, *instead; /* NULL when absent */
	char *date;                       /* "any": the day that the data are of; NULL: not said */
	struct gp_ranges history;         /* "any": Lines, every line there is or will soon be */
	struct gp_list files;             /* that it was read from, in order */
	struct gp_rule *rules;
	size_t n, cap;
};

void gp_rule_release(struct gp_rule *r);
void gp_line_release(struct gp_line *l);

/*
 * Complete the rules that begin with `As: above`: what such a rule does not say itself is
 * as in the rule before it. Of Release, Rhel, Distro and Probe, which ask about the same
 * kernels in several ways, it says all or none.
 *
 * Errors: GP_E_FORMAT with "file:line": no rule stands above, another word than above.
 */
int gp_rules_complete(struct gp_stanza_list *stanzas, struct gp_err *err);

/* The paragraphs of a file's rules, read. */
struct gp_paragraphs {
	struct gp_paragraph **v;
	size_t n, cap;
};

void gp_paragraphs_release(struct gp_paragraphs *l);

/*
 * Read a kernel-versions file: the line, and the rules that hold on it.
 *
 * In:     stanzas of one file, complete: the line, then its rules.
 * Out:    gp_line_release() frees it; zeroed on failure. said: for gp_line_spread(), as long
 *         as the stanzas live; gp_paragraphs_release() frees it, also after a failure.
 * Errors: GP_E_FORMAT as above; also: no Status (a line other than "any"),
 *         blocked without Reason, two rules with the same key, Lines that does not
 *         begin at the line of its file.
 */
int gp_line_read(const struct gp_stanza_list *stanzas, struct gp_paragraphs *said, struct gp_line *out,
		 struct gp_err *err);
/* The same for who wants the line alone. */
int gp_line_parse(const struct gp_stanza_list *stanzas, struct gp_line *out, struct gp_err *err);

/*
 * Lay the rules of a file that reach beyond its line over those of n others: one that
 * holds on every line to come over "any".
 *
 * In:     said: of gp_line_read(); home: their line, of which its name and release are
 *         enough. file: lives longer than they.
 * Errors: GP_E_FORMAT the rule stands in another file of the same directory, too.
 */
int gp_line_spread(const struct gp_paragraphs *said, const char *file, const struct gp_line *home,
		   struct gp_line *const *to, size_t n, struct gp_err *err);

/*
 * Lay one line over another of the same name: over's fields that are set
 * replace base's, a rule with the same Driver, Kind, Release, Rhel and Probe
 * replaces base's rule in its place, the others come behind. Empties *over.
 */
void gp_line_overlay(struct gp_line *base, struct gp_line *over);

/* What a rule is judged by. */
struct gp_facts {
	struct gp_version driver;
	/* Of a merged driver the host's version, which its binary part has: rules that say
	 * which Hooks are needed are about that. n is 0: the same. */
	struct gp_version host;
	enum gp_kind kind;
	bool kind_unknown; /* then Kind is not looked at, and why says so */
	/* The kernel, or a line; with the headers' patch level when there are
	 * headers. NULL: nobody asks about a kernel. */
	const struct gp_release *release;
	const struct gp_list *modules; /* that the package has; NULL: nobody knows */
	unsigned rhel_code;            /* RHEL_RELEASE_CODE of the headers, else 0 */
	bool ignores_rt;               /* the driver's sanity check is told not to mind PREEMPT_RT */
	bool has_headers;              /* ask() can answer the kernel's words */
	bool has_driver;               /* ask() can answer driver-* */
	/* The answer without p->negated; unknown when it cannot be had. An asker
	 * that fails remembers that, and whoever asked it looks there. */
	enum gp_tri (*ask)(void *arg, const struct gp_probe *p);
	void *arg;
	const struct gp_exports *exports; /* asked for exports where headers cannot tell; NULL: none */
};

enum gp_decider { GP_BY_VERSION, GP_BY_PROBE, GP_BY_BOTH };
const char *gp_decider_name(enum gp_decider by); /* "version", "probe", "both" */

struct gp_judgement {
	bool driver_ok; /* Driver and Kind are met; else the rule is about others */
	enum gp_tri holds;
	bool taken;         /* holds == GP_TRI_YES */
	bool needs_headers; /* unknown, and headers would settle it */
	bool needs_driver;  /* unknown, and the driver's sources would settle it */
	bool elsewhere;     /* it is about the plain kernel of this number, and this is none
			       * (gp_distro_trait()): only its probes were asked */
	enum gp_decider by;
	bool by_symvers;              /* an export was asked for in the headers' Module.symvers */
	struct gp_exports_found from; /* and where in the table; file NULL: it was not */
	/* How well it is known of this driver (gp_rule_kind_of(), gp_rule_known_of()). */
	enum gp_evidence_kind kinds[GP_CLAIM_COUNT];
	enum gp_known known;
	char why[320]; /* a sentence or two for the report */
};

/*
 * How a claim is known of the driver that is asked about: what was built, booted or
 * reported of others that the rule is about is an inference for it.
 *
 * Out: the claim's own kind where the rule is about one driver, and where its words name
 *      this one or none at all; none for a build that an untested rule only infers.
 */
enum gp_evidence_kind gp_rule_kind_of(const struct gp_rule *r, enum gp_claim_of of, const struct gp_facts *f);
/* The same as one word. In: builds: what gp_rule_kind_of() says of building. */
enum gp_known gp_rule_known_of(const struct gp_rule *r, enum gp_evidence_kind builds);

/*
 * Do words name a driver? "460.73.01 and 550.90" name 460.73.01 and all of 550.90,
 * "535.216.01 - 535.309.01" what lies between.
 *
 * Out: no: others only; unknown: none at all.
 */
enum gp_tri gp_words_name(const char *words, const struct gp_version *driver);

/*
 * Judge a rule.
 *
 * Driver, Kind and Modules always count: a rule about a module that the package
 * has not is about others. The rest, all of which must hold:
 *
 *  - driver-* probes are asked in the driver's sources. Without these the
 *    answer is unknown: the rule is not taken, "cannot tell without the
 *    driver's sources".
 *  - Rhel is a fact, not an estimate, and always counts: by the headers'
 *    RHEL_RELEASE_CODE, else by `.elN_M` in the name. A kernel that is not
 *    RHEL's does not meet it.
 *  - Distro always counts, by the name. A line stands for the plain kernel.
 *  - the kernel's probes (header, text, config, symbol, symbol-gpl, exports), when the
 *    rule has some and headers are at hand: they decide, and Release is not
 *    looked at (stable back-ports make windows wrong).
 *    An export that headers do not tell of may be known of a kernel of that name:
 *    gp_exports_ask().
 *    One of them the name answers where headers cannot: config
 *    CONFIG_PREEMPT_RT. With facts->ignores_rt it does not hold, as in the
 *    sanity check of the driver's conftest.sh.
 *  - else the Release window. If its end lies inside a patch level that the
 *    name hides (5.10.0-32-amd64) the answer is unknown. Headers give Debian's
 *    and Ubuntu's true patch level, so a rule without probes can be decided.
 *    A window in package numbers counts for the Distro that the rule names; when
 *    it names none, the answer is unknown.
 *  - a rule of one line that names neither Rhel nor Distro is about the plain
 *    kernel: on another one of that number only its probes can tell.
 *  - probes that could not be answered, and no window: unknown. (The neutral
 *    sets of such a rule are in the default selection all the same, which
 *    looks at no kernel.)
 *
 * Without a release and headers (facts->release NULL, has_headers false) only
 * the driver's half is judged: "does anything here concern this driver".
 *
 * Out: by says what decided beside Driver and Kind: GP_BY_VERSION when no
 *      probe was answered, GP_BY_PROBE when no window was looked at.
 */
void gp_rule_judge(const struct gp_rule *rule, const struct gp_facts *facts, struct gp_judgement *out);

#endif
