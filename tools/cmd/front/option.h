/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_FRONT_OPTION_H
#define GP_CMD_FRONT_OPTION_H

#include "cmd/front/opt.h"

/* How an option's argument gets into struct gp_args, and what stands at its place there. */
enum gp_option_type {
	GP_OPTION_FLAG,   /* no argument: a bool becomes true */
	GP_OPTION_TEXT,   /* const char *, borrowed; not empty */
	GP_OPTION_LIST,   /* struct gp_list; none of them empty */
	GP_OPTION_NUMBER, /* int from min to max */
	GP_OPTION_WORD,   /* int or enum: which of words it is; the first one is min, and if that is 0
			   * what holds without the option */
	GP_OPTION_WORDS,  /* unsigned: a bit for each of words, which commas part */
	GP_OPTION_OWN     /* by set() */
};

/* All that there is to know of an option. */
struct gp_option {
	char letter;      /* 0: none */
	const char *name; /* NULL: the letter is all */
	const char *arg;  /* NULL: takes none; "[=X]": optional */
	const char *help; /* "%s" in it: the words */
	enum gp_option_type type;
	size_t at;                /* the place in struct gp_args */
	const char *const *words; /* the allowed ones, or for OWN some that are likely; NULL after the last */
	int min, max;
	int (*set)(struct gp_args *a, const char *arg, struct gp_err *err);
	const char *is;    /* this is another name for the option of that name, and no more; not in help */
	const char *verbs; /* of several options with one name: whose this is. NULL: all that name it */
};

#define GP_OPTIONS 128 /* there are fewer */

/*
 * The options of a verb, in the order of the help.
 *
 * In:  prev, the one before; NULL for the first.
 * Out: NULL after the last.
 */
const struct gp_option *gp_option_next(const struct gp_cmd *cmd, const struct gp_option *prev);

/* The one with that name, of those; NULL: there is none. */
const struct gp_option *gp_option_find(const struct gp_cmd *cmd, struct gp_str name);

/* Is that word, as it stands on a command line, an option that every verb takes? Its
 * argument, if any, is in it. */
bool gp_option_is_common(const char *word);

/* The option that o is another name for, else o. */
const struct gp_option *gp_option_real(const struct gp_cmd *cmd, const struct gp_option *o);

/* The place of o's value in a. */
void *gp_option_place(const struct gp_option *o, struct gp_args *a);

/* Append what the help says of it. */
void gp_option_help(const struct gp_option *o, struct gp_buf *out);

/* Append the words: "a, b, c", or for the help of one that is to be chosen
 * "a (default), b or c". */
void gp_option_words(const struct gp_option *o, bool help, struct gp_buf *out);

#endif
