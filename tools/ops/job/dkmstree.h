/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_DKMSTREE_H
#define GP_OPS_JOB_DKMSTREE_H

#include "core/payload/codec.h"
#include "ops/job/decide.h"
#include "ops/job/patchjob.h"

/*
 * The patched kernel/ of a driver as DKMS wants it in /usr/src, for those who never run
 * the installer: a directory, an archive of one, or a Debian source package that has it.
 */
enum gp_dkmstree_form { GP_DKMSTREE_DIR, GP_DKMSTREE_TAR, GP_DKMSTREE_DSC };
extern const char *const gp_dkmstree_forms[]; /* their names; NULL after the last */

/* What is asked for, and in the end what stands on the disk. Zeroed is empty. */
struct gp_dkmstree {
	enum gp_dkmstree_form form;
	enum gp_codec codec;  /* of an archive */
	char *name, *version; /* DKMS's words for the module; NULL: it did not come so far */
	char *out;            /* the directory, the archive or the .dsc */
	char *tar;            /* of a .dsc: the archive that it names, beside it; else NULL */
	char *package;        /* of a .dsc: what it builds, "NAME_VERSION_ARCH" */
	char *source;         /* of a .dsc: where dpkg-source unpacks it, "NAME-VERSION" */
	size_t files;
	uint64_t bytes; /* of these files */
	uint64_t size;  /* of the archive; 0: there is none */
	bool done;      /* everything went well */
	bool output;    /* it stands there */
	bool lock;      /* and so does a lock file */
};

/*
 * What the output is to be, and whether it can: as far as that is to be known before
 * the driver. in->opts->out is a name that ends in .tar.xz, .tar.gz, .tar.zst or .dsc,
 * else a directory; NULL: NAME-VERSION in the current one.
 *
 * Errors: GP_E_USAGE another form ("-", .zip), or it is the input; GP_E_NO it is there;
 *         GP_E_NOTFOUND, GP_E_SYSTEM.
 */
int gp_dkmstree_name(const struct gp_inputs *in, struct gp_dkmstree *t, struct gp_err *err);

/*
 * Write the tree, and the lock file if one was asked for; in a dry run, find out what
 * it would be. Each output appears complete or not at all, and is the same everywhere:
 * sorted, owned by root, with the one time of SOURCE_DATE_EPOCH or of the driver.
 *
 * In:     t as gp_dkmstree_name() left it. A directory that is there takes the tree in,
 *         as NAME-VERSION, as cp -r does.
 * Errors: as gp_dkmsfiles_collect(); GP_E_NO the output is there, and force is false, or
 *         it is a directory of something else; GP_E_UNSUPPORTED an architecture that
 *         Debian has no word for; GP_E_SYSTEM, GP_E_CANCELLED.
 */
int gp_dkmstree_write(const struct gp_inputs *in, const struct gp_decision *d, const struct gp_changes *c,
		      struct gp_dkmstree *t, struct gp_err *err);

/*
 * The job: as gp_patch_job_run(), with such a tree in the end.
 *
 * In:     dir, rf: the driver's sources, blobs too, as gp_driver_open_dir() has them.
 * Out:    job and t, whatever the result; release both.
 */
int gp_dkmstree_run(struct gp_patch_job *job, const struct gp_patch_opts *opts, const char *dir,
		    const struct gp_runfile *rf, struct gp_dkmstree *t, struct gp_err *err);

/* The names only, before a long proof. Errors: as gp_dkmstree_name(). */
int gp_dkmstree_check_names(const struct gp_patch_opts *opts, struct gp_err *err);

void gp_dkmstree_release(struct gp_dkmstree *t);

#endif
