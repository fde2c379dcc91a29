/* SPDX-License-Identifier: MIT */
/*
 * Every option: one row says all of it, for reading the command line, for the help,
 * for the completion, and through `gridpatch __options` for the tests. A new one needs
 * a row here, a member of struct gp_args, its name in the verbs' records, and the
 * man page.
 */
#include "cmd/front/option.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "core/driver/kbuild.h"
#include "core/driver/vgpuconfig.h"
#include "core/rules/headerwish.h"
#include "core/rules/kind.h"
#include "ops/job/dkmspatch.h"
#include "ops/job/inputs.h"
#include "ops/run/repack.h"
#include "ops/vm/qemu.h"

static const char *const GPU[] = { "auto", NULL };
static const char *const EMIT[] = { "github", "gitlab", "lines", NULL };    /* enum gp_emit */
static const char *const FAIL_ON[] = { "any", "regression", "none", NULL }; /* enum gp_fail_on */
static const char *const PROGRESS[] = { "auto", "none", "json", NULL };     /* enum gp_progress_mode */
static const char *const COLOUR[] = { "auto", "always", "never", NULL };    /* enum gp_colour_when */

/* --- options that are read in a way of their own --- */

static int set_patches(struct gp_args *a, const char *path, struct gp_err *err)
{
	gp_list_add(&a->patch.patches, path);
	gp_list_add(&a->patch.matches, "");
	return *path ? 0 : gp_fail(err, GP_E_USAGE, "--patches: a name is missing");
}

/* Of the --patches that stands before it. */
static int set_match(struct gp_args *a, const char *ere, struct gp_err *err)
{
	struct gp_list *l = &a->patch.matches;

	if (!l->n)
		return gp_fail(err, GP_E_USAGE, "--patch-match: it goes after the --patches that it is about");
	if (*l->v[l->n - 1])
		return gp_fail(err, GP_E_USAGE, "--patch-match: there are two for --patches '%s'",
			       a->patch.patches.v[l->n - 1]);
	if (gp_late_check(ere, err) < 0)
		return -1;
	free(l->v[l->n - 1]);
	l->v[l->n - 1] = gp_strdup(ere);
	return 0;
}

static int set_clone(struct gp_args *a, const char *what, struct gp_err *err)
{
	struct gp_profile_clone c;

	gp_list_add(&a->patch.clones, what);
	return gp_profile_clone_parse(what, &c, err);
}

/* What is no wish is said before anything else is done. */
static int set_fetch(struct gp_args *a, const char *wish, struct gp_err *err)
{
	struct gp_headerwish w;

	gp_list_add(&a->fetch_headers, wish);
	return gp_headerwish_parse(wish, &w, err);
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

static int set_colour(struct gp_args *a, const char *when, struct gp_err *err)
{
	/* As ls(1) and git have it: --color alone is always. */
	if (!when || strcmp(when, COLOUR[GP_COLOUR_ALWAYS]) == 0)
		a->colour = GP_COLOUR_ALWAYS;
	else if (strcmp(when, COLOUR[GP_COLOUR_NEVER]) == 0)
		a->colour = GP_COLOUR_NEVER;
	else if (strcmp(when, COLOUR[GP_COLOUR_AUTO]) == 0)
		a->colour = GP_COLOUR_AUTO;
	else
		return gp_fail(err, GP_E_USAGE, "--color: '%s' is none of auto, always, never", when);
	return 0;
}

static int set_json(struct gp_args *a, const char *file, struct gp_err *err)
{
	a->json = true;
	a->json_file = file && *file && strcmp(file, "-") != 0 ? file : NULL;
	return !file || *file ? 0 : gp_fail(err, GP_E_USAGE, "--json: a name is missing");
}

/* --- the table --- */

/* The place of a member, which must be of that type. */
#define AT(t, member) _Generic(((struct gp_args *)0)->member, t : offsetof(struct gp_args, member))
#define FLAG(member) .type = GP_OPTION_FLAG, .at = AT(bool, member)
#define TEXT(member) .type = GP_OPTION_TEXT, .at = AT(const char *, member)
#define LIST(member) .type = GP_OPTION_LIST, .at = AT(struct gp_list, member)
#define NUMBER(member, from, to) .type = GP_OPTION_NUMBER, .at = AT(int, member), .min = from, .max = to
#define WORD(t, member, list, first) .type = GP_OPTION_WORD, .at = AT(t, member), .words = list, .min = first
#define WORDS(member, list) .type = GP_OPTION_WORDS, .at = AT(unsigned, member), .words = list
#define OWN(function) .type = GP_OPTION_OWN, .set = function

/* In the order of the help texts. */
static const struct gp_option OPTIONS[] = {
	{ 0, "member", "NAME", "which installer of the .zip", TEXT(member) },
	{ 'k', "kernel", "R", "a kernel it is for, or 'installed' (repeatable)", LIST(patch.kernels),
	  .verbs = "patch dkms-tree merge" },
	{ 'k', "kernel", "R", "build for it; 'installed': all here (repeatable)", LIST(patch.kernels),
	  .verbs = "build matrix" },
	{ 'k', "kernel", "R", "would it take the modules? (repeatable)", LIST(patch.kernels), .verbs = "verify" },
	{ 'k', "kernel", "R", "the kernel whose sets to begin with", LIST(patch.kernels), .verbs = "new-set" },
	{ 'k', "kernel", "R", "a kernel release, or 'installed' (repeatable)", LIST(patch.kernels),
	  .verbs = "select advise support" },
	{ 0, "platform", "NAME", "its kernels: proxmox-9, ubuntu-24.04, el9", TEXT(platform) },
	{ 0, "headers", "DIR", "build against these kernel headers (repeatable)", LIST(patch.headers),
	  .verbs = "build matrix" },
	{ 0, "headers", "DIR", "headers of the kernel in question (repeatable)", LIST(patch.headers),
	  .verbs = "verify advise select" },
	{ 0, "headers", "DIR", "the rules of these kernel headers (repeatable)", LIST(patch.headers),
	  .verbs = "lint-set" },
	{ 0, "headers", "DIR", "kernel headers that answer the probes (repeatable)", LIST(patch.headers),
	  .verbs = "patch dkms-tree merge new-set" },
	{ .name = "kernel-source-path", .is = "headers" },
	{ .name = "kernelsourcedir", .is = "headers" },
	{ 0, "fetch-headers", "D:V", "those of debian:6.12, … by apt or dnf (repeatable)", OWN(set_fetch) },
	{ 0, "driver", "VERSION", "a driver: 535.161.05, a branch: 535, or vGPU: 16.4", TEXT(driver) },
	{ 0, "gpu", "CARD", "10de:1b80, 'GTX 1080', or auto: those here", TEXT(gpu), .words = GPU },
	{ 0, "blob", "FILE", "the nv-kernel.o_binary that nvidia.ko is made from", TEXT(blob) },
	{ 0, "expect-hooks", NULL, "nvidia.ko must have the hooks", FLAG(expect_hooks) },
	{ 0, "boot", NULL, "ask the kernel itself, in a virtual machine", FLAG(boot.on) },
	{ 0, "kernel-package", "FILE", "boot the kernel of a .deb or .rpm (repeatable)", LIST(boot.packages) },
	{ 0, "kernel-image", "FILE", "boot this vmlinuz, with --kernel-modules", TEXT(boot.image) },
	{ 0, "kernel-modules", "DIR", "where its modules are", TEXT(boot.modules) },
	{ 0, "accel", "WORD", "%s", WORD(enum gp_accel, boot.accel, gp_accel_names, 0) },
	{ 0, "timeout", "SECONDS", "for the boot (default 300)", NUMBER(timeout, 1, 1000000), .verbs = "verify" },
	{ 0, "kind", "KIND", "its kind: %s", WORD(int, kind, gp_kind_names, 0) },
	{ 0, "explain", NULL, "every rule: taken or not, why, how it is known", FLAG(explain), .verbs = "select" },
	{ 0, "explain", NULL, "how a host gets the other half of vgpu_unlock", FLAG(explain), .verbs = "info" },
	{ 0, "hooks", "DIR", "your copy of DualCoder/vgpu_unlock", TEXT(patch.hooks) },
	{ 0, "no-hooks", NULL, "do not integrate hooks", FLAG(patch.no_hooks) },
	{ 0, "hooks-patch", "FILE", "a patch for your copy of the hooks", TEXT(patch.hooks_patch) },
	{ 0, "no-hooks-patch", NULL, "not even the one that lies beside them", FLAG(patch.no_hooks_patch) },
	{ 0, "unlock-lib", "FILE", "your vgpu_unlock-rs library, into the package", TEXT(patch.unlock_lib) },
	{ 0, "unlock-script", "DIR", "your DualCoder script instead of the library", TEXT(patch.unlock_script) },
	{ 0, "unlock-config", "DIR", "config.toml, profile_override.toml for the library", TEXT(patch.unlock_config) },
	{ 0, "patches", "PATH", "a quilt series or patch of your own (repeatable)", OWN(set_patches) },
	{ 0, "patch-match", "ERE", "the --patches before it: these releases only", OWN(set_match) },
	{ 0, "set", "NAME", "take this patch set in, too (repeatable)", LIST(patch.sets) },
	{ 0, "no-set", "NAME", "leave this patch set out, or all (repeatable)", LIST(patch.no_sets) },
	{ 0, "allow", "WORDS", "%s: go on", WORDS(patch.allow, gp_allow_names) },
	{ 0, "drop-dkms-patches", NULL, "take PATCH[] lines out of dkms.conf", FLAG(patch.drop_dkms_patches) },
	{ 0, "profile-clone", "FROM=TO", "give card TO the vGPU types of FROM (repeatable)", OWN(set_clone) },
	{ 0, "data", "DIR", "more kernel-versions/ and patches/ (repeatable)", LIST(patch.data) },
	{ 0, "undo", NULL, "take back the last run on an installed tree", FLAG(undo) },
	{ 0, "dkmstree", "DIR", "where dkms keeps its builds (/var/lib/dkms)", TEXT(patch.dkmstree) },
	{ 0, "lock", "FILE", "as it was when FILE was written, or not at all", TEXT(patch.lock) },
	{ 0, "write-lock", "FILE", "write down what decides the output", TEXT(patch.write_lock) },
	{ 'o', "output", "OUT", "the new installer, or where to put it; - is stdout", TEXT(patch.out),
	  .verbs = "patch merge" },
	{ 'o', "output", "OUT", "a directory, or .tar.xz, .tar.gz, .tar.zst, .dsc", TEXT(patch.out),
	  .verbs = "dkms-tree" },
	{ 'o', "output", "FILE", "write it there, when it has been shown", TEXT(patch.out), .verbs = "prove" },
	{ 0, "build", NULL, "build the modules first, and write only then", FLAG(build),
	  .verbs = "patch dkms-tree merge" },
	{ 0, "build", NULL, "build without the sets, and with them", FLAG(build), .verbs = "lint-set" },
	{ 'o', "output", "DIR", "keep the modules and build.log of each below DIR", TEXT(out_dir),
	  .verbs = "build matrix" },
	{ 0, "modules", "LIST", "only these: nvidia,nvidia-uvm,… (default: all)", OWN(set_modules),
	  .words = gp_module_names },
	{ 'j', "jobs", "N", "compilers at a time (default: by cores and memory)", NUMBER(jobs, 1, 1024) },
	{ 0, "cc", "CC", "the compiler (default: the kernel's own, else gcc)", TEXT(cc) },
	{ 0, "timeout", "SECONDS", "for one kernel's build (default 3600)", NUMBER(timeout, 1, 1000000),
	  .verbs = "patch dkms-tree merge build matrix lint-set" },
	{ 0, "keep-logs", "DIR", "keep DIR/DRIVER-RELEASE.log of each build", TEXT(keep_logs) },
	{ 0, "sign-key", "FILE", "sign the modules with this key, and --sign-cert", TEXT(sign_key) },
	{ 0, "sign-cert", "FILE", "the key's certificate", TEXT(sign_cert) },
	{ 'f', "force", NULL, "replace an existing output, and lock file", FLAG(patch.force),
	  .verbs = "patch dkms-tree merge" },
	{ 'f', "force", NULL, "replace what an earlier run left in the -o DIR", FLAG(patch.force), .verbs = "build" },
	{ 'f', "force", NULL, "replace the file of -o", FLAG(patch.force), .verbs = "prove" },
	{ 'n', "dry-run", NULL, "do everything except writing", FLAG(patch.dry_run), .verbs = "patch dkms-tree merge" },
	{ 'n', "dry-run", NULL, "say whether all of it applies, and change nothing", FLAG(patch.dry_run),
	  .verbs = "apply" },
	{ 'n', "dry-run", NULL, "with --record: show it, and write nothing", FLAG(patch.dry_run), .verbs = "doctor" },
	{ 0, "repack", "MODE", "%s", WORD(enum gp_repack_mode, patch.repack, gp_repack_names, 0) },
	{ 0, "no-cache", NULL, "neither use nor keep what a run found out", FLAG(patch.no_cache) },
	{ 'C', "directory", "DIR", "the directory to make (also -d)", TEXT(dir), .verbs = "extract new-set" },
	{ 'C', "directory", "DIR", "the tree, or a directory in it (also -d)", TEXT(dir),
	  .verbs = "apply push pop applied" },
	{ .letter = 'd', .is = "directory" },
	{ 'p', "strip", "N", "leading parts of names to take off", NUMBER(strip, 0, 1000) },
	{ 'F', "fuzz", "N", "lines of context that may differ (default 2)", NUMBER(fuzz, 0, 1000) },
	{ 'R', "reverse", NULL, "apply in reverse", FLAG(reverse) },
	{ 'a', "all", NULL, "all that are left in the series", FLAG(all), .verbs = "push" },
	{ 'a', "all", NULL, "all that are applied", FLAG(all), .verbs = "pop" },
	{ 0, "rejects", "DIR", "write .rej files of failed hunks there", TEXT(rejects) },
	{ 0, "quilt", NULL, "keep quilt's records in .pc", FLAG(quilt) },
	{ 0, "fsync", NULL, "sync every file to the disk", FLAG(fsync) },
	{ 0, "recover", NULL, "only roll back an interrupted run", FLAG(recover) },
	{ 0, "to", "DIR", "where to put it (default: see above)", TEXT(to) },
	{ 0, "from", "PATH", "a directory or tarball instead of the network", TEXT(from), .verbs = "fetch-hooks" },
	{ 0, "from", "RUN", "an installer, or an extracted one (repeatable)", LIST(runs), .verbs = "lint-set" },
	{ 0, "from", "RUN", "the installer, or an extracted one, to begin with", LIST(runs), .verbs = "new-set" },
	{ 0, "hook", NULL, "for package managers: what is not well, and exit 0", FLAG(hook) },
	{ 0, "sysroot", "DIR", "a recorded machine in place of this one", TEXT(sysroot) },
	{ 0, "record", "DIR", "write this machine there, for --sysroot", TEXT(record) },
	{ 0, "yes", NULL, "write it without asking", FLAG(yes) },
	{ 0, "installed", NULL, "what is installed: does it run, has it vGPUs", FLAG(installed) },
	{ 0, "log", "FILE", "only explain a log (dmesg, journal; - is stdin)", TEXT(log) },
	{ 0, "evidence", "JSON", "the Evidence of a matrix report (repeatable)", LIST(reports) },
	{ 0, "from-proof", "JSON", "the Evidence of what prove wrote (repeatable)", LIST(proofs) },
	{ 0, "finish", NULL, "write down what was changed, and check it", FLAG(finish) },
	{ 0, "newer-table", NULL, "fail without the patch for newer drivers", FLAG(newer_table) },
	{ 0, "markdown", NULL, "the table for a web page", FLAG(markdown), .verbs = "support" },
	{ 0, "why", NULL, "below each row the reasons, rules and evidence", FLAG(why) },
	{ 0, "merge", NULL, "join the JSON reports of several runs", FLAG(merge) },
	{ 0, "shard", "I/N", "only every Nth cell, beginning with the Ith", OWN(set_shard) },
	{ 0, "emit", "HOW", "print the cells as %s", WORD(enum gp_emit, emit, EMIT, GP_EMIT_GITHUB) },
	{ 0, "resume", "FILE", "build only what this JSON report has not", TEXT(resume) },
	{ 0, "since", "FILE", "build only what changed since this JSON report", TEXT(since) },
	{ 0, "all", NULL, "with --since: build the rest, too", FLAG(all), .verbs = "matrix" },
	{ 0, "expect", "FILE", "cells that may fail: a list, or an earlier JSON", TEXT(expect) },
	{ 0, "baseline", "FILE", "say what broke and mended since this JSON report", TEXT(baseline) },
	{ 0, "fail-on", "WORD", "exit 1 for: %s", WORD(enum gp_fail_on, fail_on, FAIL_ON, 0) },
	{ 0, "junit", "FILE", "the report as JUnit XML", TEXT(junit) },
	{ 0, "html", "FILE", "the report as one HTML file", TEXT(html) },
	{ 0, "markdown", "FILE", "the report as Markdown; - is stdout", TEXT(markdown_file), .verbs = "matrix" },
	{ 0, "progress", "WORD", "%s", WORD(enum gp_progress_mode, progress, PROGRESS, 0) },
	{ 0, "json", "[=FILE]", "the report as JSON", OWN(set_json) },
	{ 0, "color", "[=WHEN]", "colours: auto (default), always or never", OWN(set_colour), .words = COLOUR },
	{ 'q', "quiet", NULL, "say nothing but errors", FLAG(quiet) },
	{ 'v', "verbose", NULL, "say more", FLAG(verbose) },
	{ 'h', "help", NULL, "show this help", FLAG(help) },
};

_Static_assert(GP_COUNT(OPTIONS) < GP_OPTIONS, "GP_OPTIONS is too small");

/* What every verb takes. */
static const char EVERYWHERE[] = "json color quiet verbose help";

static bool has_word(const char *words, const char *word)
{
	return gp_str_has_word(gp_str_of(words), gp_str_of(word));
}

static bool takes(const struct gp_cmd *cmd, const struct gp_option *o)
{
	const char *name = o->is ? o->is : o->name;

	return (!o->verbs || has_word(o->verbs, cmd->name)) &&
	       (has_word(cmd->options, name) || has_word(EVERYWHERE, name));
}

const struct gp_option *gp_option_next(const struct gp_cmd *cmd, const struct gp_option *prev)
{
	const struct gp_option *o = prev ? prev + 1 : OPTIONS;

	while (o < OPTIONS + GP_COUNT(OPTIONS) && !takes(cmd, o))
		o++;
	return o < OPTIONS + GP_COUNT(OPTIONS) ? o : NULL;
}

const struct gp_option *gp_option_find(const struct gp_cmd *cmd, struct gp_str name)
{
	const struct gp_option *o = NULL;

	while ((o = gp_option_next(cmd, o)))
		if (o->name && gp_str_eq(name, o->name))
			break;
	return o;
}

/* Of those letters: -qv is two of them. */
static bool are_common(const char *letters)
{
	for (; *letters; letters++) {
		const struct gp_option *o = OPTIONS;

		while (o < OPTIONS + GP_COUNT(OPTIONS) && o->letter != *letters)
			o++;
		if (o == OPTIONS + GP_COUNT(OPTIONS) || !o->name || !has_word(EVERYWHERE, o->name))
			return false;
	}
	return true;
}

bool gp_option_is_common(const char *word)
{
	struct gp_str name = gp_str_of(word);

	if (gp_str_take(&name, "--"))
		return gp_str_has_word(gp_str_of(EVERYWHERE), (struct gp_str){ name.p, strcspn(name.p, "=") });
	return gp_str_take(&name, "-") && name.len && are_common(name.p);
}

const struct gp_option *gp_option_real(const struct gp_cmd *cmd, const struct gp_option *o)
{
	return o->is ? gp_option_find(cmd, gp_str_of(o->is)) : o;
}

void *gp_option_place(const struct gp_option *o, struct gp_args *a)
{
	return (char *)a + o->at;
}

void gp_option_help(const struct gp_option *o, struct gp_buf *out)
{
	const char *mark = o->words ? strstr(o->help, "%s") : NULL;

	if (!mark) {
		gp_buf_puts(out, o->help);
		return;
	}
	gp_buf_add(out, o->help, (size_t)(mark - o->help));
	gp_option_words(o, true, out);
	gp_buf_puts(out, mark + 2);
}

void gp_option_words(const struct gp_option *o, bool help, struct gp_buf *out)
{
	bool one = help && o->type == GP_OPTION_WORD;

	for (size_t i = 0; o->words[i]; i++)
		gp_buf_printf(out, "%s%s%s",
			      i == 0                  ? "" :
			      one && !o->words[i + 1] ? " or " :
							", ",
			      o->words[i], one && i == 0 && o->min == 0 ? " (default)" : "");
}
