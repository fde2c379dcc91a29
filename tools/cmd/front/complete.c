/* SPDX-License-Identifier: MIT */
/* What a word of the command line may become: verbs, options, and their values. */
#include "cmd/front/complete.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cmd/front/option.h"
#include "cmd/front/values.h"

/* What installers come in: README, "the portal's .zip". */
#define INSTALLERS "run zip deb rpm"

/* An unfinished command line, as far as it is understood. */
struct line {
	const struct gp_cmd *cmd;
	bool at_verb;                /* the word may be the verb */
	bool help;                   /* of which verb? */
	bool options;                /* "--" has not come */
	bool merges;                 /* --merge stands there */
	const struct gp_option *arg; /* whose argument the word is; NULL */
	const char *word;            /* or the part of it that is the argument */
};

/* --- understanding --- */

static const struct gp_option *find_option(const struct gp_cmd *cmd, const char *word)
{
	struct gp_str name = gp_str_of(word);

	if (gp_str_take(&name, "--"))
		return gp_option_find(cmd, (struct gp_str){ name.p, strcspn(name.p, "=") });
	for (const struct gp_option *o = NULL; (o = gp_option_next(cmd, o));)
		if (word[0] == '-' && o->letter && word[1] == o->letter && !word[2])
			return o;
	return NULL;
}

/* The option that a word is, with its argument in the next one; NULL: it is none such. */
static const struct gp_option *waits(const struct gp_cmd *cmd, const char *word)
{
	const struct gp_option *o = word[0] == '-' && !strchr(word, '=') ? find_option(cmd, word) : NULL;
	const char *arg = o ? gp_option_real(cmd, o)->arg : NULL;

	return arg && arg[0] != '[' ? gp_option_real(cmd, o) : NULL;
}

/* The verb, behind the options that every verb takes; at: the place behind it. */
static void find_verb(int n, char **words, struct line *l, int *at)
{
	*at = 0;
	while (*at < n - 1 && gp_option_is_common(words[*at]))
		++*at;
	l->at_verb = *at == n - 1;
	l->help = !l->at_verb && strcmp(words[*at], "help") == 0;
	l->cmd = l->at_verb ? NULL : gp_main_cmd(words[*at]);
	*at += l->help || l->cmd;
	if (!l->cmd)
		l->cmd = &gp_cmd_patch;
}

static void read_line(int n, char **words, struct line *l)
{
	int at;

	*l = (struct line){ .options = true, .word = words[n - 1] };
	find_verb(n, words, l, &at);
	for (; at < n - 1; at++) {
		l->arg = l->options ? waits(l->cmd, words[at]) : NULL;
		if (l->arg && at == n - 2)
			return;
		at += l->arg != NULL;
		l->merges |= strcmp(words[at], "--merge") == 0;
		l->options &= strcmp(words[at], "--") != 0;
	}
	l->arg = NULL;
	if (l->options && strncmp(l->word, "--", 2) == 0 && strchr(l->word, '=')) {
		l->arg = find_option(l->cmd, l->word);
		l->arg = l->arg ? gp_option_real(l->cmd, l->arg) : NULL;
		l->word = strchr(l->word, '=') + 1;
	}
}

/* --- what may stand there --- */

static void print(const char *word, const char *what)
{
	printf("%s%s%s\n", word, what ? "\t" : "", what ? what : "");
}

static void print_options(const struct line *l)
{
	for (const struct gp_option *o = NULL; (o = gp_option_next(l->cmd, o));) {
		gp_auto(gp_buf_release) struct gp_buf help = { 0 };

		gp_option_help(gp_option_real(l->cmd, o), &help);
		if (o->letter)
			printf("-%c\t%s\n", o->letter, help.data);
		if (o->name)
			printf("--%s\t%s\n", o->name, help.data);
	}
	if (l->at_verb) {
		print("--version", "the program's version, and the day of its data");
		print("-V", "the same");
	}
}

static void print_verbs(void)
{
	gp_auto(gp_list_release) struct gp_list verbs = { 0 };

	gp_main_verbs(&verbs);
	for (size_t i = 0; i < verbs.n; i++) {
		const struct gp_cmd *cmd = gp_main_cmd(verbs.v[i]);

		print(verbs.v[i], cmd ? cmd->summary : NULL);
	}
}

/* Words with commas between: those that are not there yet, behind what is there. */
static void print_list(const char *have, const struct gp_list *words)
{
	const char *comma = strrchr(have, ',');
	size_t kept = comma ? (size_t)(comma + 1 - have) : 0;

	for (size_t i = 0; i < words->n; i++) {
		struct gp_str rest = { have, kept }, one = { 0 };
		bool used = false;

		while (rest.len && !used) {
			one = (struct gp_str){ rest.p, strcspn(rest.p, ",") };
			used = gp_str_eq(one, words->v[i]);
			rest = gp_str_skip(rest, one.len + 1); /* what is kept ends with one */
		}
		if (!used)
			printf("%.*s%s\n", (int)kept, have, words->v[i]);
	}
}

/* The endings of the files that may be an option's argument; "": directories alone; NULL: it is no path. */
static const char *files_of(const struct gp_cmd *cmd, const struct gp_option *o)
{
	static const char *const paths[][2] = {
		{ "DIR", "" },      { "FILE", "*" },       { "PATH", "*" },
		{ "[=FILE]", "*" }, { "RUN", INSTALLERS }, { "JSON", "json" },
	};

	if (strcmp(o->arg, "OUT") == 0)
		return cmd == &gp_cmd_dkms_tree ? "tar.xz tar.gz tar.zst dsc" : "run";
	for (size_t i = 0; i < GP_COUNT(paths); i++)
		if (strcmp(o->arg, paths[i][0]) == 0)
			return paths[i][1];
	return NULL;
}

static void print_files(const char *files)
{
	if (files)
		printf(*files ? ":files %s\n" : ":dirs%s\n", files);
}

static void print_argument(const struct line *l)
{
	const struct gp_option *o = l->arg;
	bool list = o->type == GP_OPTION_WORDS || strcmp(o->arg, "LIST") == 0;
	gp_auto(gp_list_release) struct gp_list words = { 0 };

	print_files(files_of(l->cmd, o));
	for (size_t i = 0; o->words && o->words[i]; i++)
		gp_list_add(&words, o->words[i]);
	if (list) {
		printf(":list\n");
		print_list(l->word, &words);
		return;
	}
	for (size_t i = 0; i < words.n; i++)
		print(words.v[i], NULL);
	gp_values_print(l->cmd, o);
}

/* What is no option, by the usage: RUN|TREE, KO, PATCH, R. */
static void print_operands(const struct line *l)
{
	const char *args = l->cmd->args;

	if (l->merges && l->cmd == &gp_cmd_matrix)
		print_files("json");
	else if (l->cmd == &gp_cmd_lint_set)
		gp_values_sets(false);
	else if (strcmp(args, "[R]") == 0)
		gp_values_kernels(false);
	else if (strstr(args, "KO"))
		print_files(INSTALLERS " ko ko.xz ko.gz ko.zst o_binary");
	else if (strstr(args, "RUN") || strstr(args, ".run"))
		print_files(INSTALLERS);
	else if (strncmp(args, "PATCH", 5) == 0)
		print_files("*");
}

void gp_complete(int n, char **words)
{
	char empty[] = "", *none[] = { empty };
	struct line l;

	read_line(n > 0 ? n : 1, n > 0 ? words : none, &l);
	if (l.arg && l.arg->arg)
		print_argument(&l);
	else if (l.arg)
		return; /* an argument of what takes none */
	else if (l.options && l.word[0] == '-')
		print_options(&l);
	else if (l.help)
		print_verbs();
	else {
		print_operands(&l);
		if (l.at_verb)
			print_verbs();
	}
}
