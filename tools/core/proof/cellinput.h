/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_CELLINPUT_H
#define GP_CORE_PROOF_CELLINPUT_H

#include <stdbool.h>

#include "base/digest.h"
#include "core/proof/cell.h"

/*
 * What decided a cell's result, by sums: the strings of gp_cell.inputs. Each is
 * "WORD SUM" or "WORD SUM STAT" with 64 hex digits a sum; "set NAME SUM" for each patch set
 * that had a part in it. STAT is for the machine that made it: the files are the same
 * there, unread, as long as it is (base/treesum.h).
 */
enum gp_cellinput {
	GP_CELLINPUT_PROGRAM, /* gridpatch itself */
	GP_CELLINPUT_OPTIONS, /* of the command line and the environment */
	GP_CELLINPUT_RULES,   /* kernel-versions/, and which patch sets there are */
	GP_CELLINPUT_HOOKS,   /* the user's copy, and patches for it */
	GP_CELLINPUT_PATCHES, /* --patches */
	GP_CELLINPUT_INSTALLER,
	GP_CELLINPUT_HEADERS,
	GP_CELLINPUT_COMPILER, /* with the linker, make and their kin */
	GP_CELLINPUTS,
};

/* One of those strings, taken apart. */
struct gp_cellinput_line {
	enum gp_cellinput word; /* GP_CELLINPUTS: a set */
	struct gp_str set;
	const char *sum, *stat; /* not terminated; stat NULL: there is none */
};

/* false: it is none. text is untrusted. */
bool gp_cellinput_parse(const char *text, struct gp_cellinput_line *out);

/* Append one; stat: "" for none. */
void gp_cellinput_add(struct gp_list *l, enum gp_cellinput word, const char *sum, const char *stat);
void gp_cellinput_add_set(struct gp_list *l, const char *name, const char *sum);

/*
 * The sum of what has this stat, in the inputs of any cell.
 *
 * In:  stat: of gp_treesum(), "" is nothing's.
 * Out: false: none has it.
 */
bool gp_cellinput_known(const struct gp_cells *l, enum gp_cellinput word, const char *stat, char sum[GP_SHA256_HEX]);

/*
 * Would this cell come out the same today?
 *
 * In:  now: what decides it today, every word once, without sets; empty when that cannot
 *      be told. set_sum: "" when there is no such set.
 * Out: NULL: it would. Else the first thing that is not as it was, or that the cell does
 *      not say, in a word or two; free() it.
 */
char *gp_cellinput_differs(const struct gp_cell *c, const struct gp_list *now,
			   void (*set_sum)(void *arg, struct gp_str name, char sum[GP_SHA256_HEX]), void *arg);

/* In the place of a cell's inputs: those of now, and the cell's sets. */
void gp_cellinput_renew(struct gp_list *inputs, const struct gp_list *now);

/* Is its class an answer that the same inputs give again? Not one that the machine's load,
 * its disk or a signal gave; nor what a booted kernel said, of which there is no sum. */
bool gp_cell_lasts(const struct gp_cell *c);

#endif
