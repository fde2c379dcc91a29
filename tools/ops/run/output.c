/* SPDX-License-Identifier: MIT */
/* A new .run in the making: file, stub, sums, and the payload's way into it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ops/run/repack_impl.h"

#include "base/digest.h"
#include "base/fsio.h"

#define STEP (1u << 20)

/* The place to continue from lies in the last blocks of the payload: an early copy
 * ends before them. */
#define MARGIN (1u << 20)

static int write_on(struct gp_writer *w, const void *p, size_t len, struct gp_err *err)
{
	if (gp_check_cancel(w->cancel, err) < 0)
		return -1;
	w->size += len;
	if (w->total)
		gp_progress_tell(w->progress, GP_PHASE_WRITE, w->size, w->total);
	return gp_write_fd(w->file.fd, p, len, w->file.path, err);
}

int gp_writer_put(void *arg, const void *p, size_t len, struct gp_err *err)
{
	struct gp_writer *w = arg;

	gp_sum_add(w->sums, p, len, NULL);
	return write_on(w, p, len, err);
}

int gp_writer_filled(struct gp_writer *w, const void *p, size_t len, const struct gp_cksum *crc, struct gp_err *err)
{
	/* Before it is handed over: it is ours so long. */
	int rc = write_on(w, p, len, err);

	gp_sum_filled(w->sums, len, crc);
	return rc;
}

/* Both sums also cover what lies between line 4 and the payload. */
static void take_in_head(struct gp_copy *c)
{
	const struct gp_runheader *h = &c->rf->header;
	const char *p = c->rf->head.data + h->sums_off;
	size_t len = (size_t)(h->payload_off - h->sums_off);

	gp_cksum_add(&c->crc, p, len);
	if (c->sums)
		gp_sum_add(c->sums, p, len, NULL);
}

struct gp_output *gp_output_open(const char *path, const struct gp_runfile *rf, uint64_t expect, struct gp_err *err)
{
	struct gp_output *out = gp_alloc(sizeof(*out));

	if ((path ? gp_outfile_open(&out->w.file, path, expect, err) : gp_outfile_spool(&out->w.file, expect, err)) <
	    0) {
		free(out);
		return NULL;
	}
	out->w.sums = gp_sum_new(rf->sums);
	out->w.cancel = rf->cancel;
	out->w.progress = rf->progress;
	out->copy.rf = rf;
	if (rf->from_index)
		out->copy.sums = gp_sum_new(rf->sums);
	take_in_head(&out->copy);
	return out;
}

void gp_output_free(struct gp_output *out)
{
	if (!out)
		return;
	gp_output_stop(out, false);
	gp_sum_free(out->w.sums);
	gp_sum_free(out->copy.sums);
	gp_outfile_release(&out->w.file);
	gp_buf_release(&out->stub);
	free(out);
}

int gp_output_stub(struct gp_output *out, struct gp_err *err)
{
	struct gp_writer *w = &out->w;
	size_t summed = (size_t)out->stub_sums.sums_off;

	if (gp_write_fd(w->file.fd, out->stub.data, summed, w->file.path, err) < 0)
		return -1;
	w->size = summed;
	return gp_writer_put(w, out->stub.data + summed, out->stub.len - summed, err);
}

/* The sums stand before what they cover, so they are filled in last. */
int gp_output_sums(struct gp_output *out, struct gp_err *err)
{
	const struct gp_outfile *f = &out->w.file;
	char crc[16], md5[GP_MD5_HEX];

	gp_sum_finish(out->w.sums, crc, md5);
	if (gp_pwrite_fd(f->fd, crc, strlen(crc), out->stub_sums.crc_off, f->path, err) < 0)
		return -1;
	return gp_pwrite_fd(f->fd, md5, 32, out->stub_sums.md5_off, f->path, err);
}

/* --- the payload --- */

/* Of the input, at most len bytes; each is read once, and its CRC taken once for both files. */
static int go_on(struct gp_output *out, size_t len, bool write, struct gp_err *err)
{
	struct gp_copy *c = &out->copy;
	void *block = gp_sum_room(out->w.sums);
	ssize_t n = gp_pread(c->rf->fd, block, len, c->rf->header.payload_off + c->pos, c->rf->path, err);
	struct gp_cksum crc = { 0 };

	if (n < 0)
		return -1;
	if (n == 0)
		return gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
	gp_cksum_add(&crc, block, (size_t)n);
	gp_cksum_join(&c->crc, &crc);
	if (c->sums)
		gp_sum_add(c->sums, block, (size_t)n, &crc);
	c->pos += (uint64_t)n;
	return write ? gp_writer_filled(&out->w, block, (size_t)n, &crc, err) : 0;
}

int gp_output_go(struct gp_output *out, uint64_t to, bool write, struct gp_err *err)
{
	while (out->copy.pos < to && !atomic_load(&out->stop)) {
		uint64_t left = to - out->copy.pos;

		if (go_on(out, left < GP_SUM_BLOCK ? (size_t)left : GP_SUM_BLOCK, write, err) < 0)
			return -1;
	}
	return 0;
}

int gp_output_check_input(struct gp_output *out, struct gp_err *err)
{
	struct gp_copy *c = &out->copy;
	char crc[16], md5[GP_MD5_HEX];

	if (c->sums) {
		gp_sum_finish(c->sums, crc, md5);
		return gp_runheader_check_sums(&c->rf->header, crc, md5, err);
	}
	snprintf(crc, sizeof(crc), "%lu", (unsigned long)gp_cksum_value(&c->crc));
	if (strcmp(crc, c->rf->header.crc) != 0)
		return gp_fail(err, GP_E_FORMAT, "the input changed while it was read");
	return 0;
}

/* --- early --- */

static void *copy_early(void *arg)
{
	static const struct timespec wait = { .tv_nsec = 2000000 };
	struct gp_output *out = arg;

	/* Why it fails will show again when it is done in earnest. */
	out->rc = gp_outfile_reserve(&out->w.file, out->copy.rf->size, NULL);
	/* After the scan, not ahead of it: what it read is in memory, and the
	 * decoder, which everything waits for, keeps its core. */
	while (out->rc == 0 && out->copy.pos < out->limit && !atomic_load(&out->stop)) {
		uint64_t scanned = atomic_load(&out->hurry) ? out->limit : out->copy.rf->scanned;
		uint64_t to = scanned < out->limit ? scanned : out->limit;

		if (to < out->limit && to < out->copy.pos + STEP)
			nanosleep(&wait, NULL);
		else
			out->rc = gp_output_go(out, to, true, NULL);
	}
	return NULL;
}

void gp_output_run(struct gp_output *out)
{
	uint64_t payload = out->copy.rf->size - out->copy.rf->header.payload_off;

	out->limit = payload > MARGIN ? payload - MARGIN : 0;
	out->threaded = out->limit && pthread_create(&out->thread, NULL, copy_early, out) == 0;
}

void gp_output_stop(struct gp_output *out, bool complete)
{
	if (!out->threaded)
		return;
	atomic_store(complete ? &out->hurry : &out->stop, true);
	pthread_join(out->thread, NULL);
	out->threaded = false;
}
