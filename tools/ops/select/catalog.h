/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_SELECT_CATALOG_H
#define GP_OPS_SELECT_CATALOG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "core/merge/mergetable.h"
#include "core/rules/branch.h"
#include "core/rules/card.h"
#include "core/rules/exports.h"
#include "core/rules/half.h"
#include "core/rules/message.h"
#include "core/rules/platform.h"
#include "core/rules/rule.h"
#include "ops/patch/patchset.h"

/* The data: kernel lines with their rules, patch sets, and driver branches. */

/* Tables that few questions need: only those are read that whoever loads the data names. */
#define GP_DATA_MERGE 1u     /* to merge, and to say what with */
#define GP_DATA_CARDS 2u     /* --gpu */
#define GP_DATA_PLATFORMS 4u /* --platform */
#define GP_DATA_EXPORTS 8u   /* to judge rules */
#define GP_DATA_ALL 15u

struct gp_catalog {
	struct gp_list files;  /* of rules, in the order in which they lie over each other */
	struct gp_line any;    /* rules that count for every line */
	struct gp_line *lines; /* oldest first */
	size_t nlines, lines_cap;
	struct gp_patchset *sets; /* folders below patches/ with a series, in the order of application */
	size_t nsets, sets_cap;
	struct gp_branch_list branches;    /* kernel-versions/drivers */
	struct gp_half_list halves;        /* kernel-versions/unlock */
	unsigned tables;                   /* GP_DATA_…: which of the next were read; see gp_catalog_merge() */
	struct gp_merge_table merge;       /* kernel-versions/merge */
	struct gp_card_list cards;         /* kernel-versions/cards */
	struct gp_platform_list platforms; /* kernel-versions/platforms */
	struct gp_exports exports;         /* kernel-versions/exports */
	struct gp_message_list messages;   /* kernel-versions/log */
	size_t ndirs;                      /* that it was loaded from */
	struct gp_list order;              /* patches/series of all directories */
};

void gp_catalog_release(struct gp_catalog *c);

/*
 * Load data directories.
 *
 * A file of kernel-versions/ in a later directory replaces the earlier one of
 * that name, but for what that one says of other lines. Files about the same line are laid over each other in the order
 * directory, name (gp_line_overlay()). A set of a later directory replaces the
 * earlier one of that name. patches/series, where there is one, orders the
 * sets; the others follow. Hidden files, "README*" and "*~" are passed over.
 * A file kernel-versions/drivers lists driver branches (gp_branches_parse());
 * those of all directories are laid over each other. kernel-versions/unlock says
 * which half of vgpu_unlock fits which driver (gp_halves_parse()), kernel-versions/cards
 * which cards have vGPUs with which driver (gp_cards_parse()), kernel-versions/platforms
 * which kernels people have (gp_platforms_parse()), kernel-versions/merge what a merged
 * driver is made of (gp_merge_table_parse(); of its paragraphs the later wins),
 * kernel-versions/exports what kernels export (gp_exports_parse()), and kernel-versions/log
 * what lines of a log mean (gp_messages_parse()).
 *
 * In:     dirs: each holds kernel-versions/ or patches/ or both. tables: GP_DATA_…;
 *         what is wrong with the others is not seen.
 * Out:    gp_catalog_release() frees it; zeroed on failure.
 * Errors: GP_E_NOTFOUND a directory holds neither; GP_E_FORMAT with file:line:
 *         a rule that cannot be read or names a set that does not exist.
 */
int gp_catalog_load(const struct gp_list *dirs, unsigned tables, struct gp_catalog *out, struct gp_err *err);

/* Tables that were read: to ask for another one is a bug, as an empty one would be an
 * answer. */
const struct gp_merge_table *gp_catalog_merge(const struct gp_catalog *c);
const struct gp_card_list *gp_catalog_cards(const struct gp_catalog *c);
const struct gp_platform_list *gp_catalog_platforms(const struct gp_catalog *c);
const struct gp_exports *gp_catalog_exports(const struct gp_catalog *c);

/* The day that the data are of, "2026-11-30"; "an unknown day" when they do not say. */
const char *gp_catalog_date(const struct gp_catalog *c);

/*
 * The same without loading them: of each file of rules only the first paragraph is read.
 *
 * Out:    *date: free() it.
 * Errors: as gp_catalog_load(), as far as that is looked at.
 */
int gp_catalog_read_date(const struct gp_list *dirs, char **date, struct gp_err *err);

/* By name, or NULL; belongs to c. */
const struct gp_patchset *gp_catalog_set(const struct gp_catalog *c, const char *name);

/* Where a set stands in patches/series; the others stand after it. */
size_t gp_catalog_rank(const struct gp_catalog *c, const struct gp_patchset *s);

/* The line of a release, or NULL; belongs to c. */
const struct gp_line *gp_catalog_line(const struct gp_catalog *c, const struct gp_release *r);

#endif
