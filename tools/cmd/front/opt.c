/* SPDX-License-Identifier: MIT */
#include "cmd/front/opt.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/text.h"

struct option_row {
	enum gp_opt_id id;
	char letter; /* 0: none */
	const char *name;
	const char *arg;  /* NULL: takes none; "[=X]": optional */
	const char *help; /* NULL: an alias, not listed */
};

/* In the order of the help texts. */
static const struct option_row ROWS[] = {
	{ OPT_KERNEL, 'k', "kernel", "R", "a kernel release, or 'installed' (repeatable)" },
	{ OPT_HEADERS, 0, "headers", "DIR", "kernel headers to ask (repeatable)" },
	{ OPT_HEADERS2, 0, "kernel-source-path", "DIR", NULL },
	{ OPT_HEADERS3, 0, "kernelsourcedir", "DIR", NULL },
	{ OPT_DRIVER, 0, "driver", "VERSION", "a driver: 535.161.05, a branch: 535, or vGPU: 16.4" },
	{ OPT_BLOB, 0, "blob", "FILE", "the nv-kernel.o_binary that nvidia.ko is made from" },
	{ OPT_EXPECT_HOOKS, 0, "expect-hooks", NULL, "nvidia.ko must have the hooks" },
	{ OPT_KIND, 0, "kind", "KIND", "its kind: host (default), merged, guest, general" },
	{ OPT_EXPLAIN, 0, "explain", NULL, "every rule: taken or not, why, how it is known" },
	{ OPT_HOOKS, 0, "hooks", "DIR", "your copy of DualCoder/vgpu_unlock" },
	{ OPT_NO_HOOKS, 0, "no-hooks", NULL, "do not integrate hooks" },
	{ OPT_HOOKS_PATCH, 0, "hooks-patch", "FILE", "a patch for your copy of the hooks" },
	{ OPT_NO_HOOKS_PATCH, 0, "no-hooks-patch", NULL, "not even the one that lies beside them" },
	{ OPT_PATCHES, 0, "patches", "PATH", "a quilt series or patch of your own (repeatable)" },
	{ OPT_PATCH_MATCH, 0, "patch-match", "ERE", "the --patches before it: these releases only" },
	{ OPT_SET, 0, "set", "NAME", "take this patch set in, too (repeatable)" },
	{ OPT_NO_SET, 0, "no-set", "NAME", "leave this patch set out, or all (repeatable)" },
	{ OPT_ALLOW, 0, "allow", "WORDS", "blocked, unknown, hooks, altered: go on anyway" },
	{ OPT_DROP_DKMS, 0, "drop-dkms-patches", NULL, "take PATCH[] lines out of dkms.conf" },
	{ OPT_DATA, 0, "data", "DIR", "more kernel-versions/ and patches/ (repeatable)" },
	{ OPT_LOCK, 0, "lock", "FILE", "as it was when FILE was written, or not at all" },
	{ OPT_WRITE_LOCK, 0, "write-lock", "FILE", "write down what decides the output" },
	{ OPT_OUTPUT, 'o', "output", "OUT", "the new installer (./NAME-custom.run); - is stdout" },
	{ OPT_BUILD, 0, "build", NULL, "build the modules first, and write only then" },
	{ OPT_BUILD_TOO, 0, "build", NULL, "build without the sets, and with them" },
	{ OPT_OUT_DIR, 'o', "output", "DIR", "keep the modules and build.log of each below DIR" },
	{ OPT_MODULES, 0, "modules", "LIST", "only these: nvidia,nvidia-uvm,… (default: all)" },
	{ OPT_JOBS, 'j', "jobs", "N", "compilers at a time (default: by cores and memory)" },
	{ OPT_CC, 0, "cc", "CC", "the compiler (default: the kernel's own, else gcc)" },
	{ OPT_TIMEOUT, 0, "timeout", "SECONDS", "for one kernel's build (default 3600)" },
	{ OPT_KEEP_LOGS, 0, "keep-logs", "DIR", "keep DIR/DRIVER-RELEASE.log of each build" },
	{ OPT_SIGN_KEY, 0, "sign-key", "FILE", "sign the modules with this key, and --sign-cert" },
	{ OPT_SIGN_CERT, 0, "sign-cert", "FILE", "the key's certificate" },
	{ OPT_FORCE, 'f', "force", NULL, "replace an existing output, and lock file" },
	{ OPT_DRY_RUN, 'n', "dry-run", NULL, "do everything except writing" },
	{ OPT_REPACK, 0, "repack", "MODE", "auto (default), splice or full" },
	{ OPT_NO_CACHE, 0, "no-cache", NULL, "neither read nor keep an index of the installer" },
	{ OPT_DIR, 'C', "directory", "DIR", "the directory to work in or make (also -d)" },
	{ OPT_DIR, 'd', NULL, "DIR", NULL },
	{ OPT_STRIP, 'p', "strip", "N", "leading parts of names to take off" },
	{ OPT_FUZZ, 'F', "fuzz", "N", "lines of context that may differ (default 2)" },
	{ OPT_REVERSE, 'R', "reverse", NULL, "apply in reverse" },
	{ OPT_ALL, 'a', "all", NULL, "all patches" },
	{ OPT_REJECTS, 0, "rejects", "DIR", "write .rej files of failed hunks there" },
	{ OPT_QUILT, 0, "quilt", NULL, "keep quilt's records in .pc" },
	{ OPT_FSYNC, 0, "fsync", NULL, "sync every file to the disk" },
	{ OPT_RECOVER, 0, "recover", NULL, "only roll back an interrupted run" },
	{ OPT_TO, 0, "to", "DIR", "where to put it (default: see above)" },
	{ OPT_FROM, 0, "from", "PATH", "a directory or tarball instead of the network" },
	{ OPT_FROM_RUN, 0, "from", "RUN", "an installer, or an extracted one (repeatable)" },
	{ OPT_NEWER_TABLE, 0, "newer-table", NULL, "fail without the patch for newer drivers" },
	{ OPT_MARKDOWN, 0, "markdown", NULL, "the table for a web page" },
	{ OPT_MERGE, 0, "merge", NULL, "join the JSON reports of several runs" },
	{ OPT_SHARD, 0, "shard", "I/N", "only every Nth cell, beginning with the Ith" },
	{ OPT_EMIT, 0, "emit", "HOW", "print the cells for github, gitlab, or as lines" },
	{ OPT_RESUME, 0, "resume", "FILE", "go on with what this JSON report has not" },
	{ OPT_EXPECT, 0, "expect", "FILE", "cells that may fail: a list, or an earlier JSON" },
	{ OPT_FAIL_ON, 0, "fail-on", "WORD", "exit 1 for: any (default), regression or none" },
	{ OPT_JUNIT, 0, "junit", "FILE", "the report as JUnit XML" },
	{ OPT_HTML, 0, "html", "FILE", "the report as one HTML file" },
	{ OPT_MARKDOWN_FILE, 0, "markdown", "FILE", "the report as Markdown; - is stdout" },
	{ OPT_PROGRESS, 0, "progress", "WORD", "auto (default), none or json" },
	{ OPT_JSON, 0, "json", "[=FILE]", "the report as JSON" },
	{ OPT_QUIET, 'q', "quiet", NULL, "say nothing but errors" },
	{ OPT_VERBOSE, 'v', "verbose", NULL, "say more" },
	{ OPT_HELP, 'h', "help", NULL, "show this help" },
};

static bool takes(const struct gp_cmd *cmd, enum gp_opt_id id)
{
	if (id == OPT_HELP)
		return true;
	if (id == OPT_HEADERS2 || id == OPT_HEADERS3)
		id = OPT_HEADERS;
	for (const enum gp_opt_id *o = cmd->opts; *o != OPT_END; o++)
		if (*o == id)
			return true;
	return false;
}

static int set_allow(struct gp_args *a, const char *words, struct gp_err *err)
{
	static const struct {
		const char *word;
		unsigned bit;
	} known[] = { { "blocked", GP_ALLOW_BLOCKED },
		      { "unknown", GP_ALLOW_UNKNOWN },
		      { "hooks", GP_ALLOW_HOOKS },
		      { "altered", GP_ALLOW_ALTERED } };
	const char *p = words;

	while (*p) {
		size_t n = strcspn(p, ", "), i;

		for (i = 0; i < GP_COUNT(known); i++)
			if (strlen(known[i].word) == n && strncmp(p, known[i].word, n) == 0)
				break;
		if (n && i == GP_COUNT(known))
			return gp_fail(err, GP_E_USAGE, "--allow: '%.*s' is none of blocked, unknown, hooks, altered",
				       (int)n, p);
		if (n)
			a->patch.allow |= known[i].bit;
		p += n;
		p += *p != '\0';
	}
	return 0;
}

static int not_empty(const char *name, const char *arg, struct gp_err *err)
{
	return *arg ? 0 : gp_fail(err, GP_E_USAGE, "%s: a name is missing", name);
}

/* The place of word among three. */
static int set_word(const char *name, const char *word, const char *const words[3], int *out, struct gp_err *err)
{
	for (*out = 0; *out < 3; ++*out)
		if (strcmp(word, words[*out]) == 0)
			return 0;
	return gp_fail(err, GP_E_USAGE, "%s: '%s' is none of %s, %s, %s", name, word, words[0], words[1], words[2]);
}

static int set_count(const char *name, const char *arg, int max, int *out, struct gp_err *err)
{
	uint64_t v;

	if (!gp_parse_u64(gp_str_of(arg), (uint64_t)max, &v) || !v)
		return gp_fail(err, GP_E_USAGE, "%s: '%s' is not a number from 1 to %d", name, arg, max);
	*out = (int)v;
	return 0;
}

static int set_shard(struct gp_args *a, const char *arg, struct gp_err *err)
{
	const char *slash = strchr(arg, '/');
	uint64_t i, n;

	if (!slash || !gp_parse_u64((struct gp_str){ arg, (size_t)(slash - arg) }, 100000, &i) ||
	    !gp_parse_u64(gp_str_of(slash + 1), 100000, &n) || i < 1 || i > n)
		return gp_fail(err, GP_E_USAGE, "--shard: '%s' is not I/N with 1 <= I <= N", arg);
	a->shard = (unsigned)i;
	a->shards = (unsigned)n;
	return 0;
}

static int set_emit(const char *word, enum gp_emit *emit, struct gp_err *err)
{
	static const char *const words[] = { "github", "gitlab", "lines" };
	int i, rc = set_word("--emit", word, words, &i, err);

	*emit = (enum gp_emit)(i + 1);
	return rc;
}

/* Words between commas or blanks. */
static int set_modules(struct gp_args *a, const char *words, struct gp_err *err)
{
	while (*words) {
		size_t n = strcspn(words, ", ");

		if (n)
			gp_list_take(&a->modules, gp_strndup(words, n));
		words += n;
		words += *words != '\0';
	}
	return a->modules.n ? 0 : gp_fail(err, GP_E_USAGE, "--modules: a name is missing");
}

static int set_number(const char *name, const char *arg, int *out, struct gp_err *err)
{
	uint64_t v;

	if (!gp_parse_u64(gp_str_of(arg), 1000, &v))
		return gp_fail(err, GP_E_USAGE, "%s: '%s' is not a small number", name, arg);
	*out = (int)v;
	return 0;
}

static int set_repack(const char *word, enum gp_repack_mode *mode, struct gp_err *err)
{
	static const char *const words[] = { "auto", "splice", "full" };
	int i, rc = set_word("--repack", word, words, &i, err);

	*mode = (enum gp_repack_mode)i;
	return rc;
}

static int set_progress(const char *word, enum gp_progress_mode *mode, struct gp_err *err)
{
	static const char *const words[] = { "auto", "none", "json" };
	int i, rc = set_word("--progress", word, words, &i, err);

	*mode = (enum gp_progress_mode)i;
	return rc;
}

static int set_fail_on(const char *word, enum gp_fail_on *mode, struct gp_err *err)
{
	static const char *const words[] = { "any", "regression", "none" };
	int i, rc = set_word("--fail-on", word, words, &i, err);

	*mode = (enum gp_fail_on)i;
	return rc;
}

/* Of the --patches that stands before it. */
static int set_match(struct gp_args *a, const char *ere, struct gp_err *err)
{
	struct gp_list *l = &a->patch.matches;

	if (!l->n)
		return gp_fail(err, GP_E_USAGE, "--patch-match: it goes behind the --patches that it is about");
	if (*l->v[l->n - 1])
		return gp_fail(err, GP_E_USAGE, "--patch-match: there are two for --patches '%s'",
			       a->patch.patches.v[l->n - 1]);
	if (gp_late_check(ere, err) < 0)
		return -1;
	free(l->v[l->n - 1]);
	l->v[l->n - 1] = gp_strdup(ere);
	return 0;
}

static void set_flag(struct gp_args *a, enum gp_opt_id id)
{
	switch (id) {
	case OPT_NO_HOOKS: a->patch.no_hooks = true; break;
	case OPT_NO_HOOKS_PATCH: a->patch.no_hooks_patch = true; break;
	case OPT_DROP_DKMS: a->patch.drop_dkms_patches = true; break;
	case OPT_FORCE: a->patch.force = true; break;
	case OPT_NO_CACHE: a->patch.no_cache = true; break;
	case OPT_DRY_RUN: a->patch.dry_run = true; break;
	case OPT_NEWER_TABLE: a->newer_table = true; break;
	case OPT_EXPECT_HOOKS: a->expect_hooks = true; break;
	case OPT_EXPLAIN: a->explain = true; break;
	case OPT_MARKDOWN: a->markdown = true; break;
	case OPT_MERGE: a->merge = true; break;
	case OPT_BUILD:
	case OPT_BUILD_TOO: a->build = true; break;
	case OPT_QUIET: a->quiet = true; break;
	case OPT_VERBOSE: a->verbose = true; break;
	case OPT_HELP: a->help = true; break;
	case OPT_ALL: a->all = true; break;
	case OPT_FSYNC: a->fsync = true; break;
	case OPT_QUILT: a->quilt = true; break;
	case OPT_RECOVER: a->recover = true; break;
	case OPT_REVERSE: a->reverse = true; break;
	default: break;
	}
}

static int set_option(struct gp_args *a, enum gp_opt_id id, const char *arg, struct gp_err *err)
{
	switch (id) {
	case OPT_KERNEL: gp_list_add(&a->patch.kernels, arg); break;
	case OPT_HEADERS:
	case OPT_HEADERS2:
	case OPT_HEADERS3: gp_list_add(&a->patch.headers, arg); break;
	case OPT_PATCHES:
		gp_list_add(&a->patch.patches, arg);
		gp_list_add(&a->patch.matches, "");
		break;
	case OPT_PATCH_MATCH: return set_match(a, arg, err);
	case OPT_SET: gp_list_add(&a->patch.sets, arg); return not_empty("--set", arg, err);
	case OPT_NO_SET: gp_list_add(&a->patch.no_sets, arg); return not_empty("--no-set", arg, err);
	case OPT_DATA: gp_list_add(&a->patch.data, arg); break;
	case OPT_HOOKS: a->patch.hooks = arg; return not_empty("--hooks", arg, err);
	case OPT_HOOKS_PATCH: a->patch.hooks_patch = arg; break;
	case OPT_OUTPUT: a->patch.out = arg; return not_empty("--output", arg, err);
	case OPT_LOCK: a->patch.lock = arg; return not_empty("--lock", arg, err);
	case OPT_WRITE_LOCK: a->patch.write_lock = arg; return not_empty("--write-lock", arg, err);
	case OPT_DRIVER: a->driver = arg; break;
	case OPT_KIND: a->kind = arg; break;
	case OPT_BLOB: a->blob = arg; return not_empty("--blob", arg, err);
	case OPT_DIR: a->dir = arg; break;
	case OPT_TO: a->to = arg; break;
	case OPT_FROM: a->from = arg; break;
	case OPT_FROM_RUN: gp_list_add(&a->runs, arg); break;
	case OPT_REJECTS: a->rejects = arg; break;
	case OPT_STRIP: return set_number("--strip", arg, &a->strip, err);
	case OPT_FUZZ: return set_number("--fuzz", arg, &a->fuzz, err);
	case OPT_ALLOW: return set_allow(a, arg, err);
	case OPT_REPACK: return set_repack(arg, &a->patch.repack, err);
	case OPT_MODULES: return set_modules(a, arg, err);
	case OPT_JOBS: return set_count("--jobs", arg, 1024, &a->jobs, err);
	case OPT_TIMEOUT: return set_count("--timeout", arg, 1000000, &a->timeout, err);
	case OPT_CC: a->cc = arg; return not_empty("--cc", arg, err);
	case OPT_OUT_DIR: a->out_dir = arg; return not_empty("--output", arg, err);
	case OPT_KEEP_LOGS: a->keep_logs = arg; return not_empty("--keep-logs", arg, err);
	case OPT_SIGN_KEY: a->sign_key = arg; return not_empty("--sign-key", arg, err);
	case OPT_SIGN_CERT: a->sign_cert = arg; return not_empty("--sign-cert", arg, err);
	case OPT_SHARD: return set_shard(a, arg, err);
	case OPT_EMIT: return set_emit(arg, &a->emit, err);
	case OPT_RESUME: a->resume = arg; return not_empty("--resume", arg, err);
	case OPT_EXPECT: a->expect = arg; return not_empty("--expect", arg, err);
	case OPT_FAIL_ON: return set_fail_on(arg, &a->fail_on, err);
	case OPT_JUNIT: a->junit = arg; return not_empty("--junit", arg, err);
	case OPT_HTML: a->html = arg; return not_empty("--html", arg, err);
	case OPT_MARKDOWN_FILE: a->markdown_file = arg; return not_empty("--markdown", arg, err);
	case OPT_PROGRESS: return set_progress(arg, &a->progress, err);
	case OPT_JSON:
		a->json = true;
		a->json_file = arg;
		break;
	default: set_flag(a, id);
	}
	return 0;
}

/* getopt_long's two descriptions of the options that cmd takes. */
static void describe(const struct gp_cmd *cmd, struct option *longs, char *shorts)
{
	*shorts++ = ':';
	for (size_t i = 0; i < GP_COUNT(ROWS); i++) {
		const struct option_row *r = &ROWS[i];

		if (!takes(cmd, r->id))
			continue;
		if (r->letter) {
			*shorts++ = r->letter;
			if (r->arg)
				*shorts++ = ':';
		}
		if (r->name)
			*longs++ = (struct option){ r->name,
						    !r->arg          ? no_argument :
						    r->arg[0] == '[' ? optional_argument :
								       required_argument,
						    NULL, r->id };
	}
	*shorts = '\0';
	*longs = (struct option){ 0 };
}

static enum gp_opt_id id_of(const struct gp_cmd *cmd, int got)
{
	for (size_t i = 0; i < GP_COUNT(ROWS); i++)
		if (ROWS[i].letter == got && takes(cmd, ROWS[i].id))
			return ROWS[i].id;
	return (enum gp_opt_id)got;
}

static int usage(const struct gp_cmd *cmd, const char *what, const char *word, struct gp_err *err)
{
	return gp_fail(err, GP_E_USAGE, "%s '%s'; see 'gridpatch %s --help'", what, word, cmd->name);
}

/* What getopt_long() got. */
static int read_option(const struct gp_cmd *cmd, int got, const char *word, struct gp_args *out, struct gp_err *err)
{
	if (got == '?')
		return usage(cmd, "no such option here:", word, err);
	if (got == ':')
		return usage(cmd, "an argument is missing after", word, err);
	return set_option(out, id_of(cmd, got), optarg, err);
}

static int check_combinations(const struct gp_args *a, struct gp_err *err)
{
	if (a->patch.no_hooks && (a->patch.hooks || a->patch.hooks_patch))
		return gp_fail(err, GP_E_USAGE, "--no-hooks contradicts --hooks and --hooks-patch");
	if (a->patch.no_hooks_patch && a->patch.hooks_patch)
		return gp_fail(err, GP_E_USAGE, "--no-hooks-patch contradicts --hooks-patch");
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
	struct option longs[GP_COUNT(ROWS) + 1];
	char shorts[2 * GP_COUNT(ROWS) + 2];
	int got, index = 0, rc = 0;

	*out = (struct gp_args){ .fuzz = -1, .strip = -1 };
	describe(cmd, longs, shorts);
	opterr = 0;
	optind = 1;
	/* The first mistake is told; behind it may stand --json, which says how. */
	while ((got = getopt_long(argc, argv, shorts, longs, &index)) != -1)
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
	gp_list_release(&a->positional);
	gp_list_release(&a->runs);
	gp_list_release(&a->modules);
}

int gp_args_kind(const struct gp_args *a, enum gp_kind *kind, struct gp_err *err)
{
	*kind = GP_KIND_HOST;
	if (!a->kind || gp_kind_parse(gp_str_of(a->kind), kind))
		return 0;
	return gp_fail(err, GP_E_USAGE, "--kind: '%s' is none of host, merged, guest, general", a->kind);
}

void gp_cmd_help(const struct gp_cmd *cmd)
{
	printf("usage: gridpatch %s [OPTIONS]%s%s\n", cmd->name, *cmd->args ? " " : "", cmd->args);
	if (cmd->alias)
		printf("       (also: gridpatch %s)\n", cmd->alias);
	printf("\n%s\n\nOptions:\n", cmd->about);
	for (size_t i = 0; i < GP_COUNT(ROWS); i++) {
		const struct option_row *r = &ROWS[i];
		char left[48], shown[8] = "    ";

		if (!r->help || !takes(cmd, r->id))
			continue;
		if (r->letter)
			snprintf(shown, sizeof(shown), "-%c, ", r->letter);
		snprintf(left, sizeof(left), "%s--%s%s%s", shown, r->name, r->arg && r->arg[0] != '[' ? " " : "",
			 r->arg ? r->arg : "");
		printf("  %-27s %s\n", left, r->help);
	}
}
