/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_MERGING_H
#define GP_OPS_JOB_MERGING_H

#include "core/merge/mergefit.h"
#include "core/merge/mergemanifest.h"
#include "core/merge/mergepaths.h"
#include "core/merge/mergetable.h"
#include "core/merge/mergetext.h"
#include "core/payload/sums.h"
#include "ops/job/inputs.h"
#include "ops/run/ahead.h"
#include "ops/run/append.h"
#include "ops/select/select.h"

#define GP_MERGE_NEEDS 16

/* What became of a file of the host's. */
struct gp_merged_file {
	char *path;
	unsigned sides; /* bits of gp_side: who has it */
	bool same;      /* both have it, with the same bytes */
	bool streamed;  /* the host's is taken, and is not in memory */
	struct gp_merge_choice choice;
	enum gp_merge_edit edit; /* of a text that is made of both */
};

/* Where the streamed files' bytes go while the host is read. */
struct gp_merge_pass;

/* Reading both is one phase for whoever listens. */
struct gp_merge_progress {
	struct gp_progress as;
	const struct gp_progress *to;
	uint64_t before, all, last; /* bytes: of what was read before, of both, told last */
};

/*
 * Two installers on their way to be one: the first part of a job, which leaves a driver
 * in the job's inputs that looks as if it had been one from the start. Zeroed is empty.
 */
struct gp_merging {
	struct gp_driver host;
	struct gp_merge_half half[2]; /* as they were given, the host first; swapped: they were put right */
	bool swapped;
	enum gp_merge_fit fit;
	struct gp_merge_paths paths;
	struct gp_merge_case by;     /* what is chosen by */
	struct gp_merged_file *file; /* all that the host has but directories */
	size_t n, cap;
	struct gp_map by_file; /* path to its number */
	struct gp_merge_listed listed;
	struct gp_append *append;                         /* for a splice, with all that is not in memory; NULL */
	const struct gp_merge_rule *need[GP_MERGE_NEEDS]; /* what it does not do by itself */
	size_t nneed;
	/* Before all is read: the versions that the stubs' targetdirs have, n is 0 where one has
	 * none, and the host's if one names a host; the modules of both; and, where no more needs
	 * to be read, what is said of the kernels. */
	struct gp_version named[2], guess;
	char *modules;
	struct gp_selection early;
	struct gp_merge_pass *pass;
	struct gp_runfile looked[2]; /* their stubs, in the order that they were given */
	struct gp_sums *sums;        /* of both, and of the new one */
	struct gp_ahead *ahead;      /* the host's, while the desktop is read */
	struct gp_merge_progress progress;
	bool complete; /* all went well, up to here */
	char *sources; /* a directory: the kernel sources are stored there, too; NULL */
};

/*
 * Look at both stubs, so that what cannot be opened is known before anything is read.
 *
 * Out:    in->name: what the output is called by the desktop's; that it may be the host
 *         that was named second is seen later.
 * Errors: as gp_runfile_open().
 */
int gp_merging_look(struct gp_merging *m, struct gp_inputs *in, struct gp_err *err);

/*
 * After that: read both installers, each once: the desktop's payload, of which the sums of
 * all files are taken; then the host's, of which each member is decided on as it comes. What
 * is wanted and is no source is compressed at once, behind the desktop's payload (m->append);
 * nothing of it is in memory or on the disk as it is.
 *
 * In:     in: with its data loaded. opts->host and ->run: either may be the host. sources:
 *         a directory of ours, for a build, or NULL.
 * Out:    in->driver is the merged driver. m, gp_merging_release() it before in, whatever
 *         the result: a thread of it may still be reading in's.
 * Errors: GP_E_NO they do not fit, or are altered; GP_E_FORMAT one is damaged, or names
 *         files that it has not; GP_E_UNSUPPORTED they do not go into one tree, or a place
 *         for the host's module was not found; as gp_driver_open().
 */
int gp_merging_open(struct gp_merging *m, struct gp_inputs *in, const struct gp_list *also, struct gp_err *err);
void gp_merging_release(struct gp_merging *m);

/* gp_repack.stream: the files that are not in memory, from the host once more; arg is a
 * gp_merging. */
int gp_merging_stream(void *arg, struct gp_tarout *to, struct gp_err *err);

/* How many files are whose; of both those that differ. */
struct gp_merge_counts {
	size_t host, desktop, made, left_out, same, differ;
};
struct gp_merge_counts gp_merging_counts(const struct gp_merging *m);

/* "NVIDIA-Linux-x86_64-VERSION-merged-vgpu-kvm", of a desktop's name; free() it. version:
 * what the name should have; NULL: as it has. */
char *gp_merged_name(const char *targetdir, const char *version);

#endif
