/* SPDX-License-Identifier: MIT */
#ifndef GP_CMD_FRONT_OPT_H
#define GP_CMD_FRONT_OPT_H

#include "ops/job/patchjob.h"

/* One number per option; a command names those that it takes. */
enum gp_opt_id {
	OPT_END = 0,
	OPT_ALL = 256,
	OPT_ALLOW,
	OPT_BLOB,
	OPT_DATA,
	OPT_DIR,
	OPT_DRIVER,
	OPT_DROP_DKMS,
	OPT_DRY_RUN,
	OPT_EXPECT_HOOKS,
	OPT_EXPLAIN,
	OPT_FORCE,
	OPT_FROM,
	OPT_FROM_RUN,
	OPT_FSYNC,
	OPT_FUZZ,
	OPT_HEADERS,
	OPT_HEADERS2,
	OPT_HEADERS3,
	OPT_HELP,
	OPT_HOOKS,
	OPT_HOOKS_PATCH,
	OPT_NO_HOOKS_PATCH,
	OPT_JSON,
	OPT_KERNEL,
	OPT_KIND,
	OPT_LOCK,
	OPT_MARKDOWN,
	OPT_NEWER_TABLE,
	OPT_NO_CACHE,
	OPT_NO_HOOKS,
	OPT_NO_SET,
	OPT_OUTPUT,
	OPT_PATCHES,
	OPT_PATCH_MATCH,
	OPT_PROGRESS,
	OPT_QUIET,
	OPT_QUILT,
	OPT_RECOVER,
	OPT_REJECTS,
	OPT_REPACK,
	OPT_REVERSE,
	OPT_SET,
	OPT_STRIP,
	OPT_TO,
	OPT_VERBOSE,
	OPT_WRITE_LOCK,
	/* What builds takes these besides. */
	OPT_BUILD,
	OPT_BUILD_TOO,
	OPT_CC,
	OPT_JOBS,
	OPT_KEEP_LOGS,
	OPT_MODULES,
	OPT_OUT_DIR,
	OPT_SIGN_CERT,
	OPT_SIGN_KEY,
	OPT_TIMEOUT,
	OPT_EMIT,
	OPT_EXPECT,
	OPT_FAIL_ON,
	OPT_HTML,
	OPT_JUNIT,
	OPT_MARKDOWN_FILE,
	OPT_MERGE,
	OPT_RESUME,
	OPT_SHARD, /* matrix */
};

enum gp_emit { GP_EMIT_NONE, GP_EMIT_GITHUB, GP_EMIT_GITLAB, GP_EMIT_LINES };

/* Which cells of a matrix make its answer a no. */
enum gp_fail_on { GP_FAIL_ON_ANY, GP_FAIL_ON_REGRESSION, GP_FAIL_ON_NONE };

enum gp_progress_mode { GP_PROGRESS_AUTO, GP_PROGRESS_NONE, GP_PROGRESS_JSON };

/* A command line, read. Strings are borrowed from argv. */
struct gp_args {
	struct gp_patch_opts patch;
	struct gp_list positional;
	const char *dir;       /* -C, -d */
	const char *driver;    /* --driver */
	const char *kind;      /* --kind */
	const char *to, *from; /* fetch-hooks */
	struct gp_list runs;   /* lint-set's --from */
	bool newer_table;
	const char *blob;                                  /* verify */
	bool expect_hooks;                                 /* verify */
	bool explain;                                      /* select */
	bool markdown;                                     /* support */
	bool merge;                                        /* matrix, and all of these */
	const char *junit, *html, *markdown_file, *expect; /* files, NULL */
	enum gp_fail_on fail_on;
	enum gp_emit emit;
	const char *resume;                       /* NULL */
	unsigned shard, shards;                   /* 1 <= shard <= shards; 0 0: not given */
	bool all, fsync, quilt, recover, reverse; /* apply, push, pop */
	int fuzz, strip;                          /* -1: not given */
	const char *rejects;                      /* NULL */
	enum gp_progress_mode progress;
	struct gp_list modules;                            /* --modules, split */
	bool build;                                        /* patch --build, lint-set --build */
	const char *cc, *keep_logs, *sign_key, *sign_cert; /* NULL */
	const char *out_dir;                               /* build's and matrix's -o, NULL */
	int jobs, timeout;                                 /* 0: not given */
	bool json;                                         /* --json or --json=FILE */
	const char *json_file;                             /* NULL: standard output */
	bool quiet, verbose, help;
};

/* What a verb leaves for --json. main writes it, whatever the verb ended with. */
struct gp_report {
	const char *verb;
	struct json_object *root; /* NULL: there is nothing to say but the error */
	const char *done;         /* NULL, or what has happened even if this cannot be written */
	bool withheld;            /* it is not to be written */
};

struct gp_cmd {
	const char *name;
	const char *alias;   /* NULL */
	const char *args;    /* "RUN" */
	const char *summary; /* one line of the list */
	const char *about;   /* the paragraphs of its help */
	const enum gp_opt_id *opts;
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

/* The kind that --kind names; host when it is not given. GP_E_USAGE. */
int gp_args_kind(const struct gp_args *a, enum gp_kind *kind, struct gp_err *err);

/* `VERB --help`, on standard output. */
void gp_cmd_help(const struct gp_cmd *cmd);

extern const struct gp_cmd gp_cmd_patch, gp_cmd_info, gp_cmd_extract, gp_cmd_verify, gp_cmd_select, gp_cmd_support,
	gp_cmd_fetch_hooks, gp_cmd_apply, gp_cmd_push, gp_cmd_pop, gp_cmd_applied, gp_cmd_lint_set, gp_cmd_build,
	gp_cmd_matrix;

/* Ends of the signal handlers that main installs: nonzero when one came. */
const volatile sig_atomic_t *gp_main_cancel(void);

/* Of a line that tells of long work: if nobody reads it, the work is to stop as if a
 * signal had come. */
void gp_main_flush(void);

#endif
