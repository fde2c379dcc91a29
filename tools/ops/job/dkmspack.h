/* SPDX-License-Identifier: MIT */
#ifndef GP_OPS_JOB_DKMSPACK_H
#define GP_OPS_JOB_DKMSPACK_H

#include "base/digest.h"
#include "base/outfile.h"
#include "base/progress.h"
#include "core/payload/codec.h"
#include "ops/job/dkmsfiles.h"
#include "ops/tree/tree.h"

/* What is to be written, and how it looks everywhere. */
struct gp_dkmspack {
	const struct gp_tree *tree;
	const struct gp_dkmsfiles *files; /* in order */
	int64_t mtime;                    /* of all: seconds since the epoch */
	unsigned threads;
	enum gp_codec codec;
	uint64_t total; /* bytes of the files, for the progress */
	const volatile sig_atomic_t *cancel;
	const struct gp_progress *progress;
};

/* Into a new directory, with these modes whatever the umask is. Errors: GP_E_SYSTEM, … */
int gp_dkmspack_dir(const struct gp_dkmspack *p, const struct gp_tmpdir *to, struct gp_err *err);

/* What the archive came to. */
struct gp_dkmspack_sums {
	uint64_t size;
	char md5[GP_MD5_HEX], sha1[GP_SHA1_HEX], sha256[GP_SHA256_HEX];
};

/* As an archive, into an open file. */
int gp_dkmspack_tar(const struct gp_dkmspack *p, const struct gp_outfile *to, struct gp_dkmspack_sums *sums,
		    struct gp_err *err);

#endif
