/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/json.h"
#include "base/path.h"
#include "base/scratch.h"
#include "core/proof/cells_json.h"
#include "ops/job/dkmstree.h"
#include "ops/job/patchjob.h"
#include "ops/proof/source.h"
#include "ops/run/given.h"
#include "cmd/proof/build_args.h"
#include "cmd/report/input.h"
#include "cmd/report/progress.h"
#include "cmd/report/report.h"

/* All of one run. */
struct making {
	struct gp_cells cells;
	struct gp_source source; /* the job reads it */
	struct gp_patch_job job;
	struct gp_dkmstree tree;
	char *scratch;
	int lock;
};

static void making_release(struct making *m)
{
	gp_patch_job_release(&m->job);
	gp_dkmstree_release(&m->tree);
	gp_source_release(&m->source);
	gp_cells_release(&m->cells);
	if (!m->scratch)
		return;
	gp_remove_tree(m->scratch);
	free(m->scratch);
	close(m->lock);
}

/* The first word is the driver; directories after it are headers. */
static int positional(struct gp_args *a, struct gp_err *err)
{
	if (!a->positional.n)
		return gp_fail(err, GP_E_USAGE, "no installer given; see 'gridpatch dkms-tree --help'");
	a->patch.run = a->positional.v[0];
	if (gp_take_input(a, GP_INPUT_DRIVER, &a->patch.run, err) < 0)
		return -1;
	for (size_t i = 1; i < a->positional.n; i++) {
		if (!gp_is_dir(a->positional.v[i]))
			return gp_fail(err, GP_E_USAGE, "'%s' is not a directory with kernel headers",
				       a->positional.v[i]);
		gp_list_add(&a->patch.headers, a->positional.v[i]);
	}
	if ((a->patch.lock || a->patch.write_lock) && gp_given_dir(&a->given, a->patch.run))
		return gp_fail(err, GP_E_USAGE, "a lock file is about an installer, and '%s' is none", a->patch.run);
	return 0;
}

/* The blobs are too large for memory: an installer's sources lie on the disk meanwhile. */
static int open_source(const struct gp_args *a, struct making *m, struct gp_err *err)
{
	gp_auto(gp_list_release) struct gp_list also = { 0 };
	gp_auto(gp_free_ptr) char *store = NULL;
	struct gp_source_opts o = {
		.also = &also, .given = &a->given, .cancel = a->patch.cancel, .progress = a->patch.progress
	};

	if (gp_patch_job_check(&a->patch, &also, err) < 0)
		return -1;
	m->scratch = gp_scratch_dir(&m->lock, err);
	if (!m->scratch)
		return -1;
	store = gp_path_join(m->scratch, "source");
	o.store = store;
	return gp_source_open(&m->source, a->patch.run, &o, err);
}

static int make(struct gp_args *a, struct making *m, struct gp_err *err)
{
	if (gp_dkmstree_check_names(&a->patch, err) < 0 ||
	    (a->build && gp_build_proof(a, a->patch.run, &m->cells, err) < 0))
		return -1;
	a->patch.progress = gp_progress_begin(a);
	if (open_source(a, m, err) < 0)
		return -1;
	return gp_dkmstree_run(&m->job, &a->patch, m->source.dir, &m->source.rf, &m->tree, err);
}

static int run(struct gp_args *a, struct gp_report *r, struct gp_err *err)
{
	gp_auto(making_release) struct making m = { .lock = -1 };
	gp_auto(gp_list_release) struct gp_list warnings = { 0 };
	int rc;

	if (positional(a, err) < 0)
		return -1;
	gp_job_args(a);
	rc = make(a, &m, err);
	gp_progress_end();
	gp_report_job(a, &m.job);
	gp_report_dkmstree(a, &m.job, &m.tree);
	gp_main_flush(); /* what follows goes to standard error */
	gp_patch_job_warnings(&m.job, &warnings);
	gp_report_warnings(&warnings);
	if (rc < 0)
		gp_say_why(a, gp_patch_job_why(&m.job));
	if (a->json)
		r->root = gp_json_fill(gp_json_dkmstree(a, &m.job, &m.tree),
				       GP_J("input", gp_json_input(a, a->patch.run)),
				       GP_J("build", a->build ? gp_cells_json(&m.cells) : NULL));
	r->reason = gp_job_reason(a, &m.job, &m.cells);
	return rc;
}

const struct gp_cmd gp_cmd_dkms_tree = {
	.name = "dkms-tree",
	.args = "RUN|TREE [HEADERS-DIR…]",
	.summary = "the patched kernel sources for DKMS, without any installer",
	.about = "Patches the kernel sources of the installer RUN, or of TREE, an extracted one or\n"
		 "the sources of an installed driver, as 'gridpatch patch' does, and writes\n"
		 "kernel/ as it belongs in /usr/src/nvidia-VERSION, with a finished dkms.conf,\n"
		 "for those who never run the installer. Patches for some kernels only are\n"
		 "applied by DKMS, kernel by kernel. Neither the input nor the system is changed.\n"
		 "\n"
		 "OUT is a directory: one that is there takes in nvidia-VERSION, another one\n"
		 "becomes the tree. A name that ends in .tar.xz, .tar.gz or .tar.zst is an archive\n"
		 "of it, and .dsc a Debian source package, which builds a package for DKMS. The\n"
		 "same input, data and options give the same bytes. Without -o it is\n"
		 "./nvidia-VERSION.\n"
		 "\n"
		 "The report ends with the commands that come next. $TMPDIR (or /var/tmp) holds an\n"
		 "installer's sources meanwhile.",
	.example = "gridpatch dkms-tree RUN -k installed -o /usr/src",
	.options = GP_PATCHING_OPTIONS " lock write-lock output force dry-run build jobs cc timeout no-cache progress",
	.run = run,
};
