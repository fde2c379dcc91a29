/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_REPORT_REPORT_H
#define GP_CMD_REPORT_REPORT_H

#include <stdio.h>

#include "core/rules/claim.h"
#include "core/rules/kind.h"
#include "core/rules/release.h"
#include "ops/driver/driver.h"
#include "ops/job/inplace.h"
#include "ops/job/dkmstree.h"
#include "ops/job/patchjob.h"
#include "ops/patch/apply.h"
#include "ops/patch/patchset.h"
#include "ops/select/support.h"
#include "ops/tree/disktree.h"
#include "cmd/front/opt.h"

/* "12.3 MB" (decimal), in a static-free way: out holds 32 bytes. */
const char *gp_say_size(uint64_t bytes, char out[32]);

/* "kernel-versions/5.12" of a data file's path; which directory that lies in says little. */
const char *gp_data_name(const char *file);

/* Untrusted text, safe for a terminal; free() it. */
char *gp_say_masked(struct gp_str s);

/* Does standard output belong to an output of the verb, an installer or a report? */
bool gp_stdout_is_output(const struct gp_args *a);

/* Where the report goes. */
FILE *gp_report_stream(const struct gp_args *a);

/* printf there, with every %s masked, its line ends, too. Silent under -q. */
void gp_say(const struct gp_args *a, const char *fmt, ...) GP_PRINTF(2, 3);

/* "NAME       TEXT", on a terminal in as many lines as its width asks for. */
void gp_say_wrapped(const struct gp_args *a, const char *name, const char *text);

/* The same of text that is all our own, escape sequences for a terminal among it. */
void gp_say_ours(const struct gp_args *a, const struct gp_buf *text);

/* A word that says how well something is, in its colour where there are colours. It says
 * the same without. */
enum gp_tone { GP_TONE_GOOD, GP_TONE_DOUBT, GP_TONE_BAD };
void gp_say_word(const struct gp_args *a, enum gp_tone tone, const char *word);
enum gp_tone gp_verdict_tone(enum gp_verdict v);

/* One line per kernel, with -v one per rule, with --explain all of each rule. */
void gp_report_selection(const struct gp_args *a, const struct gp_selection *s);
/* One line per kernel: verdict, claims, and the one sentence that matters. */
void gp_report_verdicts(const struct gp_args *a, const struct gp_selection *s);
/* A line for each claim: the answer, how it is known, its source. indent: before each. */
void gp_say_claims(const struct gp_args *a, const char *indent, const struct gp_claim claims[GP_CLAIM_COUNT]);
struct json_object *gp_json_selection(const struct gp_selection *s);
/* What is said of one driver on one kernel: kernel, verdict, claims. */
struct json_object *gp_json_choice(const struct gp_choice *c);
/* Why a kernel cannot be had, in a word: "blocked", "unknown"; NULL: all can, or
 * --allow says so. */
const char *gp_selection_reason(const struct gp_selection *s, const struct gp_version *driver, unsigned allow);
struct json_object *gp_json_set(const struct gp_patchset *s);

/* The table of gridpatch support: a row per kernel and drivers of which the same
 * is known; the same as JSON; kernel lines by branches for a web page. */
void gp_report_support(const struct gp_args *a, const struct gp_support *t);
struct json_object *gp_json_support(const struct gp_support *t);
/* Of a table of one branch: a line per kernel and drivers of which the same is known. */
void gp_report_branch(const struct gp_args *a, const struct gp_support *t);
void gp_report_support_markdown(const struct gp_args *a, const struct gp_support *t);
/* Platforms by branches, small: of[i] is whose the table's kernel i is. */
struct gp_platform;
void gp_report_support_platforms(const struct gp_args *a, const struct gp_support *t,
				 const struct gp_platform *const *of);
/* The same as a grid of signs for a terminal, as wide as that is. of: as above, or NULL. */
void gp_report_support_grid(const struct gp_args *a, const struct gp_support *t, const struct gp_platform *const *of);
/* Below a row of it: by which rules, and all that is known of it. */
void gp_say_support_why(const struct gp_args *a, const struct gp_choice *c);

/* Which driver it is, and whether somebody has altered it. */
void gp_report_known(const struct gp_args *a, const struct gp_driver *d);
/* What a driver is. */
void gp_report_driver(const struct gp_args *a, const struct gp_driver *d);
/* What an extracted installer is: it has neither label nor sums. */
void gp_report_tree(const struct gp_args *a, const struct gp_driver *d);
/* Open an installer, or a directory with a driver's sources, and show how far that is. */
int gp_open_driver(const struct gp_args *a, const char *path, const struct gp_list *also, struct gp_driver *d,
		   struct gp_err *err);
struct json_object *gp_json_driver(const struct gp_driver *d);
/* The least that a report says of one: version, branch, kind. */
struct json_object *gp_json_version(const struct gp_version *v, enum gp_kind kind);

/* What a check found, which the schema lists by name; text tells it to people. */
struct json_object *gp_json_finding(const char *severity, const char *check, const char *file, const char *text);

/* Cards of vgpuConfig.xml that have another one's types: what patch did, and what info
 * finds. */
struct gp_clones;
struct gp_vgpuconfig;
void gp_say_clones(const struct gp_args *a, const struct gp_clones *c);
struct json_object *gp_json_clones(const struct gp_clones *c);
void gp_say_cards(const struct gp_args *a, const struct gp_vgpuconfig *c);
struct json_object *gp_json_cards(const struct gp_vgpuconfig *c);

/* Desktops that go with a host of that branch into a merged driver. */
struct gp_merge_desktops;
void gp_say_desktops(const struct gp_args *a, const struct gp_merge_desktops *l, unsigned branch);
struct json_object *gp_json_desktops(const struct gp_merge_desktops *l);

/* Of a patch run, also of one that stopped half way: what it came to, and with -v all that
 * was decided and done. */
void gp_report_job(const struct gp_args *a, const struct gp_patch_job *j);
struct json_object *gp_json_job(const struct gp_args *a, const struct gp_patch_job *j);
/* Of it what does not depend on the kind of output. */
struct json_object *gp_json_changes(const struct gp_args *a, const struct gp_patch_job *j);

/* How a tree for DKMS ended, behind gp_report_job(), and all of it as JSON. */
void gp_report_dkmstree(const struct gp_args *a, const struct gp_patch_job *j, const struct gp_dkmstree *t);
struct json_object *gp_json_dkmstree(const struct gp_args *a, const struct gp_patch_job *j,
				     const struct gp_dkmstree *t);

/* The end of it, of an installed tree; what is told of one, and what dkms has of it. */
void gp_report_inplace(const struct gp_args *a, const struct gp_patch_job *j);
void gp_say_dkms(const struct gp_args *a, const char *tree, const struct gp_inplace *p);
struct json_object *gp_json_inplace(const char *tree, const struct gp_inplace *p);

/* What patches did, one line per file; or would have done, had the run not failed. */
void gp_say_applied(const struct gp_args *a, const struct gp_applied_list *l);
struct json_object *gp_json_applied(const struct gp_applied_list *l);
/* Append all of it in some words: "57 hunks, 30 at an offset (up to 164 lines)". */
void gp_applied_tally(const struct gp_applied_list *l, struct gp_buf *out);
/* Is there one that does not fit? */
bool gp_applied_fails(const struct gp_applied_list *l);

/* Each on a line of standard error. */
void gp_report_warnings(const struct gp_list *l);

/* An interrupted run was rolled back first; said under -q, too, when files changed. */
void gp_report_recovered(size_t files);

/* What a run could not clean up; all of its changes are made, or none. */
void gp_report_litter(const struct gp_disktree *d);

/* gp_quilt_tree_open() of dir (NULL: here), which says what was rolled back. */
struct gp_quilt_tree;
int gp_open_quilt_tree(struct gp_quilt_tree *w, const char *dir, struct gp_err *err);

/* What would have fitted of patches that were not applied, and what would not. */
void gp_say_tried(const struct gp_args *a, const struct gp_applied_list *l);

/* The details of a failed hunk, on standard error, where the error goes. */
void gp_say_why(const struct gp_args *a, const struct gp_buf *why);

/* The covered lines and what comes behind: "covers     …; next unknown: …". */
void gp_say_covers(const struct gp_args *a, const struct gp_selection *s);

/* Kernel modules: a block for each, findings, the verdict. */
struct gp_modreport;
void gp_report_modules(const struct gp_args *a, const struct gp_modreport *r);

struct json_object *gp_json_modules(const struct gp_modreport *r);

/* A whole report: what r has, with "ok", "exit" and for a failure "error"; r's root is
 * used up. rc and err: what the work ended with. */
struct json_object *gp_json_ended(struct gp_report *r, int rc, const struct gp_err *err);

/*
 * Write the report where --json says, with "ok", "exit" and for a failure "error",
 * and put it. A command line that cannot be right costs nobody an earlier report:
 * of it, only standard output hears.
 *
 * In:  rc and err, what the verb ended with.
 * Out: what the program ends with: the verb's failure, else that of writing.
 */
int gp_json_emit(const struct gp_args *a, struct gp_report *r, int rc, struct gp_err *err);

#endif
