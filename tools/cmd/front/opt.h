/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_FRONT_OPT_H
#define GP_CMD_FRONT_OPT_H

#include "core/rules/kind.h"
#include "ops/job/inputs.h"
#include "ops/run/given.h"
#include "ops/vm/qemu.h"

enum gp_emit { GP_EMIT_NONE, GP_EMIT_GITHUB, GP_EMIT_GITLAB, GP_EMIT_LINES };

/* Which cells of a matrix make its answer a no. */
enum gp_fail_on { GP_FAIL_ON_ANY, GP_FAIL_ON_REGRESSION, GP_FAIL_ON_NONE };

/* --color: what is known of the terminal decides, or the user alone. */
enum gp_colour_when { GP_COLOUR_AUTO, GP_COLOUR_ALWAYS, GP_COLOUR_NEVER };

enum gp_progress_mode { GP_PROGRESS_AUTO, GP_PROGRESS_NONE, GP_PROGRESS_JSON };

/* A command line, read. Strings are borrowed from argv. */
struct gp_args {
	struct gp_patch_opts patch;
	struct gp_list positional;
	struct gp_given given;        /* words that are not files of the disk */
	struct gp_list outs;          /* what the installers so far were to become */
	bool several;                 /* one of several installers has its turn */
	const char *member;           /* --member */
	const char *dir;              /* -C, -d */
	const char *driver;           /* --driver */
	const char *gpu;              /* --gpu */
	const char *platform;         /* --platform */
	struct gp_list fetch_headers; /* build, matrix: DISTRO:VERSION */
	int kind;                     /* enum gp_kind; -1: not given */
	const char *to, *from;        /* fetch-hooks */
	struct gp_list runs;          /* lint-set's --from */
	struct gp_list reports;       /* lint-set's --evidence */
	struct gp_list proofs;        /* lint-set's --from-proof */
	bool newer_table;
	const char *sysroot, *record;                      /* doctor; sysroot: prove, upgrade-check, too; NULL */
	bool yes;                                          /* doctor */
	bool installed;                                    /* doctor */
	const char *log;                                   /* doctor: a log, "-"; NULL */
	bool hook;                                         /* upgrade-check */
	bool finish;                                       /* new-set */
	const char *blob;                                  /* verify */
	bool expect_hooks;                                 /* verify */
	bool explain;                                      /* select */
	bool markdown, why;                                /* support */
	bool merge;                                        /* matrix, and all of these */
	const char *junit, *html, *markdown_file, *expect; /* files, NULL */
	enum gp_fail_on fail_on;
	enum gp_emit emit;
	const char *resume;                  /* NULL */
	const char *since;                   /* NULL */
	const char *baseline;                /* NULL */
	unsigned shard, shards;              /* 1 <= shard <= shards; 0 0: not given */
	bool all;                            /* push, pop, matrix */
	bool fsync, quilt, recover, reverse; /* apply, push, pop */
	int fuzz, strip;                     /* -1: not given */
	const char *rejects;                 /* NULL */
	enum gp_progress_mode progress;
	struct gp_list modules;                            /* --modules, split */
	bool build;                                        /* patch --build, lint-set --build */
	bool undo;                                         /* patch */
	const char *cc, *keep_logs, *sign_key, *sign_cert; /* NULL */
	const char *out_dir;                               /* build's and matrix's -o, NULL */
	int jobs, timeout;                                 /* 0: not given */
	struct gp_args_boot {
		bool on;                     /* --boot */
		const char *image, *modules; /* NULL */
		struct gp_list packages;
		enum gp_accel accel;
	} boot;
	bool json;             /* --json or --json=FILE */
	const char *json_file; /* NULL: standard output */
	enum gp_colour_when colour;
	bool quiet, verbose, help;
};

/* What a verb leaves for --json. main writes it, whatever the verb ended with. */
struct gp_report {
	const char *verb;
	/* NULL: there is nothing to say but the error, or nobody asked: of many hunks it is
	 * larger than all else. */
	struct json_object *root;
	const char *reason; /* of a failure, in a word that says more than the error's code; NULL */
	const char *done;   /* NULL, or what has happened even if this cannot be written */
	bool withheld;      /* it is not to be written */
};

/* Of all verbs that patch, or look whether a patched driver builds. */
#define GP_PATCHING_OPTIONS \
	"member kernel headers hooks no-hooks hooks-patch no-hooks-patch patches patch-match set no-set allow " \
	"drop-dkms-patches data"

struct gp_cmd {
	const char *name;
	const char *alias;   /* NULL */
	const char *args;    /* "RUN" */
	const char *summary; /* one line of the list */
	const char *about;   /* the paragraphs of its help */
	const char *example; /* a command line that somebody would type; it stands in the man page, too */
	const char *options; /* names, with blanks between them; what every verb takes goes without saying */
	int (*run)(struct gp_args *a, struct gp_report *r, struct gp_err *err);
};

/*
 * Read the words behind a verb.
 *
 * In:     argv[0] is the verb (or the program's name).
 * Out:    when it fails, whether and where to --json goes is right all the same.
 * Errors: GP_E_USAGE.
 */
int gp_args_parse(const struct gp_cmd *cmd, int argc, char **argv, struct gp_args *out, struct gp_err *err);
void gp_args_release(struct gp_args *a);

/* What --kind names; host when it is not given. */
enum gp_kind gp_args_kind(const struct gp_args *a);

/* `VERB --help`, on standard output. */
void gp_cmd_help(const struct gp_cmd *cmd);

/*
 * `__options VERB`, on standard output: a line for each name of an option, with its
 * argument as the help has it, and the words that are allowed there (or likely):
 *
 *     --allow WORDS blocked unknown hooks altered
 *
 * It is for the tests, and no help shows it. A name in the verb's
 * record that no option has stands at the end, after a "?".
 */
void gp_cmd_options(const struct gp_cmd *cmd);

extern const struct gp_cmd gp_cmd_advise, gp_cmd_patch, gp_cmd_info, gp_cmd_extract, gp_cmd_verify, gp_cmd_select,
	gp_cmd_support, gp_cmd_fetch_hooks, gp_cmd_apply, gp_cmd_push, gp_cmd_pop, gp_cmd_applied, gp_cmd_lint_set,
	gp_cmd_build, gp_cmd_matrix, gp_cmd_dkms_tree, gp_cmd_new_set, gp_cmd_merge, gp_cmd_doctor, gp_cmd_prove,
	gp_cmd_upgrade_check, gp_cmd_data;

/* The verb of that name or alias; NULL: there is none. */
const struct gp_cmd *gp_main_cmd(const char *word);

/* Append the words that stand for a verb, in the order of the help. */
void gp_main_verbs(struct gp_list *out);

/* Ends of the signal handlers that main installs: nonzero when one came. */
const volatile sig_atomic_t *gp_main_cancel(void);

/* Of a line that tells of long work: if nobody reads it, the work is to stop as if a
 * signal had come. */
void gp_main_flush(void);

#endif
