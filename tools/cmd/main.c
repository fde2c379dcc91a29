/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/similar.h"
#include "ops/job/inputs.h"
#include "cmd/front/complete.h"
#include "cmd/front/opt.h"
#include "cmd/front/option.h"
#include "cmd/front/outputs.h"
#include "cmd/front/version.h"
#include "cmd/report/report.h"
#include "cmd/report/terminal.h"

static const struct gp_cmd *const cmds[] = {
	&gp_cmd_patch,         &gp_cmd_info,    &gp_cmd_extract,     &gp_cmd_verify, &gp_cmd_select,
	&gp_cmd_advise,        &gp_cmd_support, &gp_cmd_fetch_hooks, &gp_cmd_apply,  &gp_cmd_push,
	&gp_cmd_pop,           &gp_cmd_applied, &gp_cmd_build,       &gp_cmd_matrix, &gp_cmd_lint_set,
	&gp_cmd_dkms_tree,     &gp_cmd_new_set, &gp_cmd_merge,       &gp_cmd_doctor, &gp_cmd_prove,
	&gp_cmd_upgrade_check, &gp_cmd_data,
};

static volatile sig_atomic_t signalled;

const volatile sig_atomic_t *gp_main_cancel(void)
{
	return &signalled;
}

static struct timespec signalled_at;

/* The first signal asks the work to stop and clean up, a later one kills. timeout(1) and
 * terminals behind sudo(8) send the first one twice: that is one still. */
static void on_signal(int sig)
{
	int kept = errno;
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!signalled) {
		signalled_at = now;
		signalled = sig;
	} else if (now.tv_sec - signalled_at.tv_sec > 1) {
		signal(sig, SIG_DFL);
		raise(sig); /* it comes when this returns */
	}
	errno = kept;
}

static void on_failed_write(int sig)
{
	(void)sig;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	/* A reader that goes away and a limit on files' sizes are errors of write(2), not
	 * our death in the middle of something; of the first one finish() dies. Programs
	 * that we start get the default again, which being ignored would not be. */
	sa = (struct sigaction){ .sa_handler = on_failed_write, .sa_flags = SA_RESTART };
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGXFSZ, &sa, NULL);
}

/* stdio only remembers that it failed: nobody reads what goes to standard output. */
static bool reader_left(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO, .events = POLLOUT };

	return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP));
}

static int flush_error; /* of the first flush that failed */

void gp_main_flush(void)
{
	if (fflush(stdout) == 0)
		return;
	if (!flush_error)
		flush_error = errno;
	if (errno == EPIPE && !signalled)
		signalled = SIGPIPE;
}

const struct gp_cmd *gp_main_cmd(const char *word)
{
	for (size_t i = 0; i < GP_COUNT(cmds); i++)
		if (strcmp(word, cmds[i]->name) == 0 || (cmds[i]->alias && strcmp(word, cmds[i]->alias) == 0))
			return cmds[i];
	return NULL;
}

void gp_main_verbs(struct gp_list *out)
{
	for (size_t i = 0; i < GP_COUNT(cmds); i++) {
		gp_list_add(out, cmds[i]->name);
		if (cmds[i]->alias)
			gp_list_add(out, cmds[i]->alias);
	}
	gp_list_add(out, "help");
	gp_list_add(out, "version");
}

static void print_help(void)
{
	printf("usage: gridpatch [VERB] [OPTIONS] …\n"
	       "\n"
	       "Patches NVIDIA GRID/vGPU driver installers (.run) so that they build with DKMS\n"
	       "on your kernel, and integrates your copy of vgpu_unlock's hooks.\n"
	       "\n"
	       "Verbs:\n");
	for (size_t i = 0; i < GP_COUNT(cmds); i++)
		printf("  %-13s %s\n", cmds[i]->name, cmds[i]->summary);
	printf("  %-13s %s\n"
	       "\n"
	       "Start with: gridpatch RUN\n"
	       "Options of a verb: gridpatch VERB --help. All of it: man gridpatch.\n",
	       "help", "show this help, or that of a verb");
}

/* So that a shell loop stops, too. */
static int die_of(int sig)
{
	sigset_t one;

	signal(sig, SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, sig);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	raise(sig);
	return 128 + sig;
}

static int finish(int rc, struct gp_err *err)
{
	bool lost = (gp_main_flush(), flush_error) || ferror(stdout);
	int why = flush_error ? flush_error : EIO;

	/* As git does, and head(1) expects: nobody wants to hear more. */
	if (signalled == SIGPIPE || (rc != 0 && err->sys == EPIPE) || (lost && (why == EPIPE || reader_left())))
		return die_of(SIGPIPE);
	if (rc == 0 && lost)
		rc = gp_fail_sys(err, why, "cannot write to standard output");
	if (rc == 0)
		return 0;
	gp_print_error(err);
	if (err->code == GP_E_CANCELLED && signalled)
		return die_of(signalled);
	return gp_code_exit(err->code ? err->code : GP_E_BUG);
}

static int help(int argc, char **argv)
{
	struct gp_err err = { 0 };
	const struct gp_cmd *cmd;

	while (argc > 0 && gp_option_is_common(argv[0]))
		argc--, argv++;
	cmd = argc > 0 ? gp_main_cmd(argv[0]) : NULL;

	if (argc > 0 && !cmd) {
		gp_auto(gp_list_release) struct gp_list verbs = { 0 };
		gp_auto(gp_free_ptr) char *hint = (gp_main_verbs(&verbs), gp_similar_hint(gp_str_of(argv[0]), &verbs));

		return finish(gp_fail(&err, GP_E_USAGE, "no such verb '%s'%s; see 'gridpatch help'", argv[0], hint),
			      &err);
	}
	if (cmd)
		gp_cmd_help(cmd);
	else
		print_help();
	return finish(0, &err);
}

/* For tests: the verbs, each with its alias, or what gp_cmd_options() says of one. */
static int list(const char *verb)
{
	const struct gp_cmd *cmd = verb ? gp_main_cmd(verb) : NULL;
	struct gp_err err = { 0 };

	if (cmd)
		gp_cmd_options(cmd);
	for (size_t i = 0; !verb && i < GP_COUNT(cmds); i++)
		printf("%s %s\n", cmds[i]->name, cmds[i]->alias ? cmds[i]->alias : "");
	return finish(0, &err);
}

static int complete(int n, char **words)
{
	struct gp_err err = { 0 };

	gp_complete(n, words);
	return finish(0, &err);
}

static int run_cmd(const struct gp_cmd *cmd, int argc, char **argv)
{
	struct gp_args args;
	struct gp_report report = { .verb = cmd->name };
	struct gp_err err = { 0 };
	int rc = gp_args_parse(cmd, argc, argv, &args, &err);

	/* Of a wrong command line it is what stands before the mistake. */
	gp_terminal_set_colours(args.colour);
	gp_log_set_colours(gp_terminal_has_colours(STDERR_FILENO));
	if (rc == 0 && !args.help)
		rc = gp_outputs_check(cmd, &args, &err);
	/* A file that has not been looked at, or is not to be written, stays as it is. */
	report.withheld = rc < 0 ? args.json_file != NULL : args.help;
	if (rc == 0 && args.help) {
		gp_cmd_help(cmd);
	} else if (rc == 0) {
		gp_log_set(args.quiet ? GP_LOG_QUIET : args.verbose ? GP_LOG_VERBOSE : GP_LOG_NORMAL);
		rc = cmd->run(&args, &report, &err);
	}
	rc = gp_json_emit(&args, &report, rc, &err);
	gp_args_release(&args);
	return finish(rc, &err);
}

/* The program's, and the day of its data, where there are some. */
static int say_version(void)
{
	gp_auto(gp_free_ptr) char *date = NULL;
	struct gp_err err = { 0 };

	printf("gridpatch %s%s%s%s\n", GP_PROGRAM_VERSION, *gp_program_commit ? " (" : "", gp_program_commit,
	       *gp_program_commit ? ")" : "");
	if (gp_data_date(&date, &err) < 0)
		printf("no data: %s\n", err.cause);
	else
		printf("data of %s\n", date);
	err = (struct gp_err){ 0 };
	return finish(0, &err);
}

/* A word that is no file: that one would be meant. */
static bool is_word(const char *arg, const char *word)
{
	return strcmp(arg, word) == 0 && access(word, F_OK) < 0;
}

/*
 * Move the verb before the options that stand before it, as git takes them; those are
 * what every verb takes, and need no argument: more cannot be told without the verb.
 * -h and --help among them ask for that verb's help.
 */
static void verb_first(int argc, char **argv)
{
	int at = 1;

	while (at < argc && gp_option_is_common(argv[at]))
		at++;
	if (at == 1 || at == argc || !(gp_main_cmd(argv[at]) || strcmp(argv[at], "help") == 0))
		return;
	for (char *verb = argv[at]; at > 0; at--)
		argv[at] = at == 1 ? verb : argv[at - 1];
}

int main(int argc, char **argv)
{
	const struct gp_cmd *cmd;

	/* Short runs over many files: do not give memory back between them. */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
	mallopt(M_TOP_PAD, 1 << 20);
	catch_signals();
	gp_log_set_colours(gp_terminal_has_colours(STDERR_FILENO));
	if (argc < 2) {
		print_help();
		return 2;
	}
	verb_first(argc, argv);
	if (strcmp(argv[1], "help") == 0)
		return help(argc - 2, argv + 2);
	if (strcmp(argv[1], "__options") == 0)
		return list(argv[2]);
	if (strcmp(argv[1], "__complete") == 0)
		return complete(argc - 2, argv + 2);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		return help(0, NULL);
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0 || is_word(argv[1], "version"))
		return say_version();
	cmd = gp_main_cmd(argv[1]);
	if (cmd && argc == 3 && is_word(argv[2], "help"))
		return help(1, argv + 1);
	if (cmd)
		return run_cmd(cmd, argc - 1, argv + 1);
	return run_cmd(&gp_cmd_patch, argc, argv);
}
