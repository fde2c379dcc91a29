/* SPDX-License-Identifier: MIT */
#include "core/payload/chunker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum slot_state { SLOT_FREE, SLOT_READY, SLOT_BUSY, SLOT_DONE };

struct slot {
	struct gp_chunk piece;
	uint8_t *mem; /* dict_len + piece_len bytes */
	enum slot_state state;
	int rc;
};

struct gp_chunker {
	struct gp_chunk_ops ops;
	struct slot *slot; /* a ring */
	size_t nslot;
	size_t fill;   /* the slot being filled */
	size_t drain;  /* the oldest slot not handed on */
	size_t filled; /* bytes in the slot being filled */
	pthread_t *thread;
	unsigned nthread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stop;
};

static struct slot *take_ready(struct gp_chunker *c)
{
	for (size_t i = 0; i < c->nslot; i++) {
		struct slot *s = &c->slot[(c->drain + i) % c->nslot];

		if (s->state == SLOT_READY)
			return s;
	}
	return NULL;
}

static void *worker(void *arg)
{
	struct gp_chunker *c = arg;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		struct slot *s = take_ready(c);

		if (!s) {
			pthread_cond_wait(&c->changed, &c->lock);
			continue;
		}
		s->state = SLOT_BUSY;
		pthread_mutex_unlock(&c->lock);
		s->piece.out.len = 0;
		s->rc = c->ops.work(c->ops.arg, &s->piece);
		pthread_mutex_lock(&c->lock);
		s->state = SLOT_DONE;
		pthread_cond_broadcast(&c->changed);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

struct gp_chunker *gp_chunker_new(const struct gp_chunk_ops *ops, unsigned threads)
{
	struct gp_chunker *c = gp_alloc(sizeof(*c));

	c->ops = *ops;
	c->nslot = threads * 2 + 1;
	c->slot = gp_alloc(c->nslot * sizeof(*c->slot));
	for (size_t i = 0; i < c->nslot; i++)
		c->slot[i].mem = gp_alloc(ops->dict_len + ops->piece_len);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->changed, NULL);
	c->thread = gp_alloc(threads * sizeof(*c->thread));
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&c->thread[c->nthread], NULL, worker, c) == 0)
			c->nthread++;
	if (!c->nthread)
		gp_oom();
	return c;
}

/* Hand on the oldest piece; waits for it. */
static int drain_one(struct gp_chunker *c, struct gp_err *err)
{
	struct slot *s = &c->slot[c->drain];
	int rc;

	pthread_mutex_lock(&c->lock);
	while (s->state != SLOT_DONE)
		pthread_cond_wait(&c->changed, &c->lock);
	pthread_mutex_unlock(&c->lock);
	rc = s->rc == ENOMEM ? gp_fail_sys(err, ENOMEM, "cannot compress") :
	     s->rc < 0       ? gp_fail(err, GP_E_BUG, "a compressor failed") :
			       c->ops.done(c->ops.arg, &s->piece, err);
	/* Workers look through the ring from there on. */
	pthread_mutex_lock(&c->lock);
	s->state = SLOT_FREE;
	c->drain = (c->drain + 1) % c->nslot;
	pthread_mutex_unlock(&c->lock);
	return rc;
}

/* The slot being filled is complete: give it to the workers, begin the next. */
static int submit(struct gp_chunker *c, bool last, struct gp_err *err)
{
	struct slot *s = &c->slot[c->fill], *next;
	size_t dict = s->piece.dict_len, have = dict + c->filled;
	size_t keep = have < c->ops.dict_len ? have : c->ops.dict_len;

	s->piece.data = s->mem + dict;
	s->piece.dict = dict ? s->mem : NULL;
	s->piece.len = c->filled;
	s->piece.last = last;
	c->fill = (c->fill + 1) % c->nslot;
	/* The ring is full: the next slot is the oldest one. */
	if (!last && c->fill == c->drain && drain_one(c, err) < 0)
		return -1;
	next = &c->slot[c->fill];
	if (!last) {
		if (keep)
			memcpy(next->mem, s->mem + have - keep, keep);
		next->piece.dict_len = keep;
	}
	c->filled = 0;
	pthread_mutex_lock(&c->lock);
	s->state = SLOT_READY;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return 0;
}

int gp_chunker_write(struct gp_chunker *c, const void *p, size_t len, struct gp_err *err)
{
	const uint8_t *in = p;

	while (len) {
		struct slot *s = &c->slot[c->fill];
		size_t n = c->ops.piece_len - c->filled;

		/* Submit late, so that the last piece is never empty by accident. */
		if (!n) {
			if (submit(c, false, err) < 0)
				return -1;
			continue;
		}
		n = n < len ? n : len;
		memcpy(s->mem + s->piece.dict_len + c->filled, in, n);
		c->filled += n;
		in += n;
		len -= n;
	}
	return 0;
}

int gp_chunker_finish(struct gp_chunker *c, struct gp_err *err)
{
	if (submit(c, true, err) < 0)
		return -1;
	do {
		if (drain_one(c, err) < 0)
			return -1;
	} while (c->drain != c->fill);
	return 0;
}

void gp_chunker_free(struct gp_chunker *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->nthread; i++)
		pthread_join(c->thread[i], NULL);
	for (size_t i = 0; i < c->nslot; i++) {
		free(c->slot[i].mem);
		gp_buf_release(&c->slot[i].piece.out);
	}
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
	free(c->slot);
	free(c->thread);
	free(c);
}
