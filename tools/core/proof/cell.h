/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_PROOF_CELL_H
#define GP_CORE_PROOF_CELL_H

#include <stdbool.h>

#include "base/buf.h"
#include "core/rules/claim.h"

/*
 * How one driver fared with one kernel's headers. Each cell has exactly one
 * class: the first thing that went wrong.
 */
enum gp_cell_class {
	GP_CELL_OK,
	GP_CELL_BLOCKED, /* kernel-versions says that it cannot be; nothing was built */
	GP_CELL_UNKNOWN, /* newer than the newest line that kernel-versions knows */
	GP_CELL_HUNK,    /* a patch set, a user's patch or the hooks did not apply */
	GP_CELL_COMPILE, /* the compiler said no */
	GP_CELL_MODPOST, /* all objects are there, the modules could not be linked */
	GP_CELL_VERIFY,  /* the modules are there, and would not load or lack the hooks */
	GP_CELL_BOOT,    /* the kernel itself was booted, and refused them or complained */
	GP_CELL_TIMEOUT,
	GP_CELL_ENVIRONMENT, /* headers, compiler, disk, memory: says nothing of the driver */
	GP_CELL_CANCELLED,   /* a signal came first; the same as never begun */
	GP_CELL_CLASSES,
};

/* "ok", "blocked", … as reports and JSON say it. */
const char *gp_cell_class_name(enum gp_cell_class c);
bool gp_cell_class_parse(struct gp_str name, enum gp_cell_class *out);

/* What a class means for whoever asked: it is fine, it was known not to be
 * possible and nothing was built, or it should have worked and did not. */
enum gp_cell_group { GP_GROUP_OK, GP_GROUP_SKIPPED, GP_GROUP_FAILED };

enum gp_cell_group gp_cell_group(enum gp_cell_class c);

/* Does it say something of the driver? Not when the machine failed, or a signal came first. */
bool gp_cell_class_tells(enum gp_cell_class c);

/* Everything in it is the cell's own; NULL or empty where nothing is known. */
struct gp_cell {
	char *driver;    /* the version: "460.106.00" */
	char *kind;      /* "host", "merged", "guest", "general" */
	char *input;     /* the installer or tree, as the user named it */
	char *input_md5; /* of the .run, as its stub has it and a scan has checked; NULL for a tree */
	char *release;   /* "6.1.0-56-amd64" */
	char *headers;   /* the directory, as the user named it */
	enum gp_cell_class cls;
	char *verdict; /* of select: "supported", "untested", "blocked", "unknown", "no evidence" */
	struct gp_claim claims[GP_CLAIM_COUNT]; /* of select; each source is the cell's own */
	struct gp_list sets;                    /* patch sets that were applied, in order; users' folders among them */
	struct gp_list modules;                 /* "nvidia.ko" …, that were made */
	struct gp_list reasons;                 /* rules' reasons, warnings, overrides: one line each */
	bool hooks;                             /* they were integrated */
	char *error;                            /* the first error, one line; NULL when there is none */
	char *file;                             /* where the compiler found it, NULL */
	unsigned line;                          /* there; 0: not known */
	char *fact;                             /* what kernel-versions knows about that error, NULL */
	char *compiler;                         /* first line of CC --version, NULL */
	char *repeat;                           /* a shell command that does this cell again */
	char *log;                              /* where the whole log was kept, NULL */
	char *boot;                             /* "yes", "no", "not asked": the booted kernel; NULL: not booted */
	struct gp_list booted;                  /* what it said of each module, one line each; untrusted */
	char *log_tail;                         /* its last lines, NULL; untrusted bytes of make and the compiler */
	double patch_s, build_s, verify_s, boot_s, total_s; /* seconds, wall clock */
	bool expected;                                      /* it failed, and --expect says that it may */
	struct gp_list inputs;  /* what decided the result, by sums: core/proof/cellinput.h */
	char *built;            /* when it was really built, RFC 3339 in UTC; NULL: not known */
	bool compared;          /* the report of --baseline has a result for it, too: */
	enum gp_cell_class was; /* that one; core/proof/baseline.h says what it means */
	bool unchanged;         /* not built in this run: an earlier report had it, of the same inputs */
};

void gp_cell_release(struct gp_cell *c);

/* It failed so; the first thing that went wrong is what a cell is called by, and later ones
 * change nothing. text is copied. */
void gp_cell_fail(struct gp_cell *c, enum gp_cell_class cls, const char *text);
/* The same with an error's text; one that was cancelled is GP_CELL_CANCELLED. */
void gp_cell_fail_err(struct gp_cell *c, enum gp_cell_class cls, const struct gp_err *err);

/* A deep copy; *to is overwritten. */
void gp_cell_copy(struct gp_cell *to, const struct gp_cell *from);

/* All cells of a run, in the order drivers × headers were named. */
struct gp_cells {
	struct gp_cell *v;
	size_t n, cap;
	char *program; /* version of gridpatch that made it */
	char *started; /* RFC 3339, UTC */
	double wall_s, decode_s;
	unsigned jobs;
	struct gp_list planned; /* keys of the whole matrix in its order, also those of other shards */
	bool part;              /* of one shard: what it does not have, others do */
	struct gp_list twice;   /* keys that several of the joined runs had a result for */
	struct gp_cells_baseline {
		char *file;     /* NULL: there is none */
		char *started;  /* NULL: it does not say */
	} baseline;             /* what it was compared with */
	struct gp_list hosts;   /* the machines that built, each once: "Debian …, Linux 6.1.0, x86_64" */
	struct gp_list skipped; /* "RELEASE: why" of installed kernels that are not part of the matrix */
};

/* A new cell at the end, zeroed; borrowed until the next call. */
struct gp_cell *gp_cells_add(struct gp_cells *l);
void gp_cells_release(struct gp_cells *l);

/* How many there are of each class. */
void gp_cells_count(const struct gp_cells *l, size_t n[GP_CELL_CLASSES]);

/* The class of the first cell that is of that group or a worse one, and was not
 * expected to be, by its name; NULL: there is none. */
const char *gp_cells_reason(const struct gp_cells *l, enum gp_cell_group from);

/* The key that tells cells apart when results are joined: the input's base name, and
 * the release; it is known before an installer is opened. free() it. */
char *gp_cell_key(const struct gp_cell *c);

#endif
