/* SPDX-License-Identifier: MIT */
#include "ops/run/ahead.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/fsio.h"

struct gp_ahead {
	const struct gp_runfile *rf;
	struct gp_sum *sum; /* NULL: it is finished */
	atomic_bool stop;
	bool threaded;
	pthread_t thread;
	int rc; /* of the thread: -1, and why */
	struct gp_err why;
	char crc[16], md5[GP_MD5_HEX];
};

static int read_all(struct gp_ahead *a)
{
	const struct gp_runheader *h = &a->rf->header;

	/* Both sums also cover what lies between line 4 and the payload. */
	for (uint64_t at = h->sums_off; at < a->rf->size && !atomic_load(&a->stop);) {
		uint64_t left = a->rf->size - at;
		void *to = gp_sum_room(a->sum);
		ssize_t n = gp_pread(a->rf->fd, to, left < GP_SUM_BLOCK ? (size_t)left : GP_SUM_BLOCK, at, a->rf->path,
				     &a->why);

		if (n < 0)
			return -1;
		if (n == 0)
			return gp_fail(&a->why, GP_E_FORMAT, "the input changed while it was read");
		gp_sum_filled(a->sum, (size_t)n, NULL);
		at += (uint64_t)n;
	}
	return 0;
}

static void *reader(void *arg)
{
	struct gp_ahead *a = arg;

	a->rc = read_all(a);
	return NULL;
}

struct gp_ahead *gp_ahead_new(const struct gp_runfile *rf, struct gp_sums *sums)
{
	struct gp_ahead *a = gp_alloc(sizeof(*a));

	a->rf = rf;
	a->sum = gp_sum_new(sums);
	gp_sum_patient(a->sum);
	a->threaded = pthread_create(&a->thread, NULL, reader, a) == 0;
	if (a->threaded)
		return a;
	gp_ahead_free(a);
	return NULL;
}

bool gp_ahead_is_of(const struct gp_ahead *a, const struct gp_runheader *h)
{
	const struct gp_runheader *own = &a->rf->header;

	return strcmp(own->crc, h->crc) == 0 && strcmp(own->md5, h->md5) == 0 && own->sums_off == h->sums_off &&
	       own->payload_off == h->payload_off;
}

static void join(struct gp_ahead *a)
{
	if (a->threaded)
		pthread_join(a->thread, NULL);
	a->threaded = false;
}

int gp_ahead_finish(struct gp_ahead *a, char crc[16], char md5[GP_MD5_HEX], struct gp_err *err)
{
	if (a->sum) {
		gp_sum_hurry(a->sum);
		join(a);
		gp_sum_finish(a->sum, a->crc, a->md5);
		gp_sum_free(a->sum);
		a->sum = NULL;
	}
	memcpy(crc, a->crc, sizeof(a->crc));
	memcpy(md5, a->md5, sizeof(a->md5));
	if (a->rc < 0 && err)
		*err = a->why;
	return a->rc;
}

void gp_ahead_free(struct gp_ahead *a)
{
	if (!a)
		return;
	atomic_store(&a->stop, true);
	if (a->sum)
		gp_sum_hurry(a->sum); /* it may wait for room */
	join(a);
	gp_sum_free(a->sum);
	free(a);
}
