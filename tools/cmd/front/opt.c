/* SPDX-License-Identifier: MIT */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/similar.h"
#include "base/text.h"
#include "core/rules/kind.h"
#include "ops/run/given.h"
#include "cmd/front/option.h"

#define NAMED 1000 /* what getopt_long() returns for a verb's first option, by name; letters are less */

static int set_number(const struct gp_option *o, const char *arg, int *out, struct gp_err *err)
{
	uint64_t v;

	if (!gp_parse_u64(gp_str_of(arg), (uint64_t)o->max, &v) || v < (uint64_t)o->min)
		return gp_fail(err, GP_E_USAGE, "--%s: '%s' is not a number from %d to %d", o->name, arg, o->min,
			       o->max);
	*out = (int)v;
	return 0;
}

/* Which of o's words it is. */
static int find_word(const struct gp_option *o, struct gp_str word, int *out, struct gp_err *err)
{
	gp_auto(gp_buf_release) struct gp_buf all = { 0 };
	gp_auto(gp_list_release) struct gp_list known = { 0 };
	gp_auto(gp_free_ptr) char *hint = NULL;

	for (*out = 0; o->words[*out]; ++*out) {
		if (gp_str_eq(word, o->words[*out]))
			return 0;
		gp_list_add(&known, o->words[*out]);
	}
	gp_option_words(o, false, &all);
	hint = gp_similar_hint(word, &known);
	return gp_fail(err, GP_E_USAGE, "--%s: '%.*s'%s is none of %s", o->name, (int)word.len, word.p, hint, all.data);
}

static int set_word(const struct gp_option *o, const char *arg, int *out, struct gp_err *err)
{
	int i, rc = find_word(o, gp_str_of(arg), &i, err);

	if (rc == 0)
		*out = o->min + i;
	return rc;
}

/* Words between commas or blanks. */
static int set_words(const struct gp_option *o, const char *arg, unsigned *bits, struct gp_err *err)
{
	int i;

	while (*arg) {
		size_t n = strcspn(arg, ", ");

		if (n && find_word(o, (struct gp_str){ arg, n }, &i, err) < 0)
			return -1;
		if (n)
			*bits |= 1u << i;
		arg += n;
		arg += *arg != '\0';
	}
	return 0;
}

static int set_option(const struct gp_option *o, const char *arg, struct gp_args *a, struct gp_err *err)
{
	void *place = gp_option_place(o, a);

	if ((o->type == GP_OPTION_TEXT || o->type == GP_OPTION_LIST) && !*arg)
		return gp_fail(err, GP_E_USAGE, "--%s: a name is missing", o->name);
	switch (o->type) {
	case GP_OPTION_FLAG: *(bool *)place = true; break;
	case GP_OPTION_TEXT: *(const char **)place = arg; break;
	case GP_OPTION_LIST: gp_list_add(place, arg); break;
	case GP_OPTION_NUMBER: return set_number(o, arg, place, err);
	case GP_OPTION_WORD: return set_word(o, arg, place, err);
	case GP_OPTION_WORDS: return set_words(o, arg, place, err);
	case GP_OPTION_OWN: return o->set(a, arg, err);
	}
	return 0;
}

/* getopt_long's two descriptions of the options that cmd takes. */
static void describe(const struct gp_cmd *cmd, struct option *longs, char *shorts)
{
	int n = NAMED;

	*shorts++ = ':';
	for (const struct gp_option *o = NULL; (o = gp_option_next(cmd, o)); n++) {
		const char *arg = gp_option_real(cmd, o)->arg;
		int takes = !arg ? no_argument : arg[0] == '[' ? optional_argument : required_argument;

		if (o->name)
			*longs++ = (struct option){ o->name, takes, NULL, n };
		if (o->letter)
			*shorts++ = o->letter;
		if (o->letter && arg)
			*shorts++ = ':';
	}
	*shorts = '\0';
	*longs = (struct option){ 0 };
}

/* What getopt_long() returned. */
static const struct gp_option *option_of(const struct gp_cmd *cmd, int got)
{
	const struct gp_option *o = NULL;

	for (int n = NAMED; (o = gp_option_next(cmd, o)); n++)
		if (got == n || got == o->letter)
			break;
	return gp_option_real(cmd, o);
}

static int usage(const struct gp_cmd *cmd, const char *what, const char *word, const char *hint, struct gp_err *err)
{
	return gp_fail(err, GP_E_USAGE, "%s '%s'%s; see 'gridpatch %s --help'", what, word, hint, cmd->name);
}

/* What an option that cmd has not was meant to be, or could be. */
static char *find_meant(const struct gp_cmd *cmd, struct gp_str word)
{
	gp_auto(gp_list_release) struct gp_list all = { 0 };
	struct gp_buf could = { 0 };
	size_t n = 0;

	for (const struct gp_option *o = NULL; (o = gp_option_next(cmd, o));) {
		gp_auto(gp_free_ptr) char *name = o->name ? gp_asprintf("--%s", o->name) : NULL;

		if (!name)
			continue;
		gp_list_add(&all, name);
		if (word.len > 2 && strncmp(name, word.p, word.len) == 0)
			gp_buf_printf(&could, "%s%s", n++ ? ", " : " (could be ", name);
	}
	if (!n)
		return gp_similar_hint(word, &all);
	gp_buf_puts(&could, ")");
	return could.data;
}

/* What getopt_long() did not know is the word before optind, except for a letter: it may
 * stand among others, and that word is the one before then. */
static int no_option(const struct gp_cmd *cmd, const char *word, struct gp_err *err)
{
	const char letter[] = { '-', (char)optopt, '\0' };
	gp_auto(gp_free_ptr) char *meant = NULL;

	if (optopt > 0 && optopt < NAMED)
		return usage(cmd, "no such option here:", letter, "", err);
	if (optopt >= NAMED)
		return usage(cmd, "no argument goes with", word, "", err);
	meant = find_meant(cmd, (struct gp_str){ word, strcspn(word, "=") });
	return usage(cmd, "no such option here:", word, meant, err);
}

static int read_option(const struct gp_cmd *cmd, int got, const char *word, struct gp_args *out, struct gp_err *err)
{
	if (got == '?')
		return no_option(cmd, word, err);
	if (got == ':')
		return usage(cmd, "an argument is missing after", word, "", err);
	return set_option(option_of(cmd, got), optarg, out, err);
}

static int check_combinations(const struct gp_args *a, struct gp_err *err)
{
	if (a->patch.no_hooks && (a->patch.hooks || a->patch.hooks_patch))
		return gp_fail(err, GP_E_USAGE, "--no-hooks contradicts --hooks and --hooks-patch");
	if (a->patch.no_hooks_patch && a->patch.hooks_patch)
		return gp_fail(err, GP_E_USAGE, "--no-hooks-patch contradicts --hooks-patch");
	if (a->patch.unlock_lib && a->patch.unlock_script)
		return gp_fail(err, GP_E_USAGE, "--unlock-lib contradicts --unlock-script: either is the whole half");
	for (size_t i = 0; i < a->patch.sets.n; i++)
		if (gp_list_has(&a->patch.no_sets, a->patch.sets.v[i]))
			return gp_fail(err, GP_E_USAGE, "--set %s contradicts --no-set %s", a->patch.sets.v[i],
				       a->patch.sets.v[i]);
	if (!a->sign_key != !a->sign_cert)
		return gp_fail(err, GP_E_USAGE, "--sign-key and --sign-cert go together");
	if (a->quiet && a->verbose)
		return gp_fail(err, GP_E_USAGE, "--quiet contradicts --verbose");
	return 0;
}

int gp_args_parse(const struct gp_cmd *cmd, int argc, char **argv, struct gp_args *out, struct gp_err *err)
{
	struct option longs[GP_OPTIONS + 1];
	char shorts[2 * GP_OPTIONS + 2];
	int got, rc = 0;

	*out = (struct gp_args){ .kind = -1, .fuzz = -1, .strip = -1 };
	describe(cmd, longs, shorts);
	opterr = 0;
	optind = 1;
	/* The first mistake is told; --json may come after it, and says how. */
	while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1)
		if (read_option(cmd, got, argv[optind - 1], out, rc < 0 ? NULL : err) < 0)
			rc = -1;
	while (optind < argc)
		gp_list_add(&out->positional, argv[optind++]);
	return rc < 0 ? -1 : check_combinations(out, err);
}

void gp_args_release(struct gp_args *a)
{
	gp_list_release(&a->patch.kernels);
	gp_list_release(&a->patch.headers);
	gp_list_release(&a->patch.patches);
	gp_list_release(&a->patch.matches);
	gp_list_release(&a->patch.sets);
	gp_list_release(&a->patch.no_sets);
	gp_list_release(&a->patch.data);
	gp_list_release(&a->patch.clones);
	gp_list_release(&a->positional);
	gp_given_release(&a->given);
	gp_list_release(&a->outs);
	gp_list_release(&a->runs);
	gp_list_release(&a->reports);
	gp_list_release(&a->boot.packages);
	gp_list_release(&a->fetch_headers);
	gp_list_release(&a->proofs);
	gp_list_release(&a->modules);
}

enum gp_kind gp_args_kind(const struct gp_args *a)
{
	return a->kind < 0 ? GP_KIND_HOST : (enum gp_kind)a->kind;
}

void gp_cmd_help(const struct gp_cmd *cmd)
{
	printf("usage: gridpatch %s [OPTIONS]%s%s\n", cmd->name, *cmd->args ? " " : "", cmd->args);
	if (cmd->alias)
		printf("       (also: gridpatch %s)\n", cmd->alias);
	printf("\n%s\n\nExample: %s\n\nOptions:\n", cmd->about, cmd->example);
	for (const struct gp_option *o = NULL; (o = gp_option_next(cmd, o));) {
		gp_auto(gp_buf_release) struct gp_buf left = { 0 }, help = { 0 };

		if (o->is)
			continue;
		if (o->letter)
			gp_buf_printf(&left, "-%c, ", o->letter);
		gp_buf_printf(&left, "%s--%s%s%s", o->letter ? "" : "    ", o->name,
			      o->arg && o->arg[0] != '[' ? " " : "", o->arg ? o->arg : "");
		gp_option_help(o, &help);
		printf("  %-27s %s\n", left.data, help.data);
	}
	printf("\nExit status: 0 done, 1 the answer is no, 2 a wrong command line, 3 a damaged\n"
	       "input, 4 the environment, 70 a bug. More examples: man gridpatch-%s\n",
	       cmd->name);
}

void gp_cmd_options(const struct gp_cmd *cmd)
{
	struct gp_str rest = gp_str_of(cmd->options), name;

	for (const struct gp_option *o = NULL; (o = gp_option_next(cmd, o));) {
		const struct gp_option *real = gp_option_real(cmd, o);
		gp_auto(gp_buf_release) struct gp_buf more = { 0 };

		if (real->arg)
			gp_buf_printf(&more, " %s", real->arg);
		for (size_t i = 0; real->words && real->words[i]; i++)
			gp_buf_printf(&more, " %s", real->words[i]);
		if (o->letter)
			printf("-%c%s\n", o->letter, more.len ? more.data : "");
		if (o->name)
			printf("--%s%s\n", o->name, more.len ? more.data : "");
	}
	while (gp_word_next(&rest, &name))
		if (!gp_option_find(cmd, name))
			printf("?%.*s\n", (int)name.len, name.p);
}
