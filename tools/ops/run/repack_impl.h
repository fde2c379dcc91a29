/* SPDX-License-Identifier: MIT */
/* Between the files of ops/run/repack: nobody else includes this. */
#ifndef GP_OPS_RUN_REPACK_IMPL_H
#define GP_OPS_RUN_REPACK_IMPL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/digest.h"
#include "base/outfile.h"
#include "core/payload/sums.h"
#include "ops/run/repack.h"

/* The output file: everything after line 3 also goes into the sums. */
struct gp_writer {
	struct gp_outfile file;
	struct gp_sum *sums;
	uint64_t size;
	uint64_t total; /* what it will be, of a splice; 0: not known */
	const struct gp_progress *progress;
	const volatile sig_atomic_t *cancel;
};

int gp_writer_put(void *arg, const void *p, size_t len, struct gp_err *err);

/* The same of what lies in gp_sum_room(w->sums), and its CRC. */
int gp_writer_filled(struct gp_writer *w, const void *p, size_t len, const struct gp_cksum *crc, struct gp_err *err);

/* The payload on its way from the input to the output. */
struct gp_copy {
	const struct gp_runfile *rf;
	uint64_t pos;        /* in the payload */
	struct gp_cksum crc; /* of the input read: it must be what was scanned */
	struct gp_sum *sums; /* and both sums, when nothing was scanned; NULL */
};

/* A new .run in the making. */
struct gp_output {
	struct gp_writer w;
	struct gp_buf stub;
	struct gp_stub_sums stub_sums;
	struct gp_copy copy;
	/* When it was begun early: a thread that copies up to limit. */
	bool threaded;
	pthread_t thread;
	atomic_bool stop, hurry;
	uint64_t limit;
	int rc;
};

struct gp_output *gp_output_open(const char *path, const struct gp_runfile *rf, uint64_t expect, struct gp_err *err);
int gp_output_stub(struct gp_output *out, struct gp_err *err); /* write it */
int gp_output_sums(struct gp_output *out, struct gp_err *err); /* fill them in, last */
void gp_output_run(struct gp_output *out);                     /* start the thread */
void gp_output_stop(struct gp_output *out, bool complete);     /* end it; complete: when it is done */

/* Copy the payload up to offset `to`; read it only, when write is false. */
int gp_output_go(struct gp_output *out, uint64_t to, bool write, struct gp_err *err);

/* Was the input what was scanned, or are its sums right? All of it was read. */
int gp_output_check_input(struct gp_output *out, struct gp_err *err);

/* What became of a member; NULL: nothing. */
const struct gp_tfile *gp_repack_change(const struct gp_tree *t, const struct gp_entry *e);

/* The payload, decoded and encoded again with the input's compression. */
int gp_repack_full(const struct gp_tree *t, const struct gp_repack *o, struct gp_writer *w, struct gp_repack_report *r,
		   struct gp_err *err);

/* As far as can be seen before the scan ends: will it be spliced without a
 * change near the payload's start? */
bool gp_splice_likely(const struct gp_runfile *rf);

/* Why it cannot be spliced, or NULL; free() it. */
char *gp_splice_problem(const struct gp_runfile *rf, const struct gp_tree *t);

/* What follows the kept part of the payload: all members that are new or changed go into
 * *append, which is made if there is none; and its end. */
int gp_splice_prepare(const struct gp_tree *t, const struct gp_repack *o, struct gp_append **append,
		      struct gp_err *err);

/* The payload by splice, from where out's copy is. Errors: GP_E_FORMAT the
 * input changed since the scan. */
int gp_repack_splice(const struct gp_append *append, struct gp_output *out, struct gp_err *err);

#endif
