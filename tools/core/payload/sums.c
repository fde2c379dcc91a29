/* SPDX-License-Identifier: MIT */
#include "core/payload/sums.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/md5pair.h"

#define SLOTS 8u

struct slot {
	uint8_t *mem;
	size_t len;
	bool has_crc;
	struct gp_cksum crc; /* of these bytes alone */
};

struct gp_sum {
	struct gp_sums *all;
	struct gp_sum *next;
	struct gp_cksum crc;
	struct gp_md5 md5;
	struct slot slot[SLOTS];
	size_t put, taken; /* slots handed over, slots dealt with */
	size_t done;       /* bytes of the oldest one in the MD5 */
	bool ended;        /* no more will come */
	bool busy;         /* the thread is at it */
	bool patient;
};

struct gp_sums {
	unsigned shared; /* with so many more */
	struct gp_sum *first;
	bool stop, threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

/* --- the thread --- */

static struct slot *oldest(struct gp_sum *m)
{
	return &m->slot[m->taken % SLOTS];
}

static size_t left(struct gp_sum *m)
{
	return oldest(m)->len - m->done;
}

/* The MD5 of the next n bytes is taken. true: of the slot's last. */
static bool step(struct gp_sum *m, size_t n)
{
	struct slot *s = oldest(m);

	m->done += n;
	if (m->done < s->len)
		return false;
	if (s->has_crc)
		gp_cksum_join(&m->crc, &s->crc);
	else
		gp_cksum_add(&m->crc, s->mem, s->len);
	m->done = 0;
	return true;
}

static bool is_ready(const struct gp_sum *m)
{
	return m->taken != m->put;
}

/* For bytes of another one. */
static bool can_wait(const struct gp_sum *m)
{
	return !m->ended && (m->patient || m->put - m->taken < SLOTS);
}

/* Up to two streams that have something; NULL: it is better to wait. */
static void choose(const struct gp_sums *s, struct gp_sum **one, struct gp_sum **other)
{
	bool may_come = false;

	*one = *other = NULL;
	for (struct gp_sum *m = s->first; m && !*other; m = m->next) {
		if (!is_ready(m))
			may_come |= !m->ended;
		else if (*one)
			*other = m;
		else
			*one = m;
	}
	if (*one && !*other && may_come && can_wait(*one))
		*one = NULL;
}

/* Some bytes of one stream, or as many of each of two. What they are is nobody else's. */
static void sum(struct gp_sum *m, bool *m_done, struct gp_sum *other, bool *other_done)
{
	const uint8_t *p = oldest(m)->mem + m->done;
	size_t n = left(m);

	if (!other) {
		gp_md5_add(&m->md5, p, n);
	} else {
		n = n < left(other) ? n : left(other);
		gp_md5_add_both(&m->md5, p, &other->md5, oldest(other)->mem + other->done, n);
		*other_done = step(other, n);
	}
	*m_done = step(m, n);
}

static void work(struct gp_sums *s, struct gp_sum *one, struct gp_sum *other)
{
	bool one_done = false, other_done = false;

	one->busy = true;
	if (other)
		other->busy = true;
	pthread_mutex_unlock(&s->lock);
	sum(one, &one_done, other, &other_done);
	pthread_mutex_lock(&s->lock);
	one->busy = false;
	one->taken += one_done;
	if (other) {
		other->busy = false;
		other->taken += other_done;
	}
	pthread_cond_broadcast(&s->changed);
}

static void *worker(void *arg)
{
	struct gp_sums *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!s->stop) {
		struct gp_sum *one, *other;

		choose(s, &one, &other);
		if (one)
			work(s, one, other);
		else
			pthread_cond_wait(&s->changed, &s->lock);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct gp_sums *gp_sums_new(void)
{
	struct gp_sums *s = gp_alloc(sizeof(*s));

	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	return s;
}

struct gp_sums *gp_sums_share(struct gp_sums *s)
{
	s->shared++;
	return s;
}

static void stop(struct gp_sums *s)
{
	if (!s->threaded)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	s->threaded = s->stop = false;
}

void gp_sums_free(struct gp_sums *s)
{
	if (!s || s->shared--)
		return;
	gp_assert(!s->first);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	free(s);
}

/* --- a stream --- */

struct gp_sum *gp_sum_new(struct gp_sums *s)
{
	struct gp_sum *m = gp_alloc(sizeof(*m));

	m->all = s;
	gp_md5_init(&m->md5);
	for (unsigned i = 0; i < SLOTS; i++)
		m->slot[i].mem = gp_alloc(GP_SUM_BLOCK);
	pthread_mutex_lock(&s->lock);
	m->next = s->first;
	s->first = m;
	pthread_mutex_unlock(&s->lock);
	/* Without a thread it takes longer, that is all. */
	if (!m->next)
		s->threaded = pthread_create(&s->thread, NULL, worker, s) == 0;
	return m;
}

static void set_patient(struct gp_sum *m, bool patient)
{
	pthread_mutex_lock(&m->all->lock);
	m->patient = patient;
	pthread_cond_broadcast(&m->all->changed);
	pthread_mutex_unlock(&m->all->lock);
}

void gp_sum_patient(struct gp_sum *m)
{
	set_patient(m, true);
}

void gp_sum_hurry(struct gp_sum *m)
{
	set_patient(m, false);
}

/* Of `put` there is one writer, whoever hands over. */
void *gp_sum_room(struct gp_sum *m)
{
	struct gp_sums *s = m->all;

	pthread_mutex_lock(&s->lock);
	while (m->put - m->taken == SLOTS)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	return m->slot[m->put % SLOTS].mem;
}

void gp_sum_filled(struct gp_sum *m, size_t len, const struct gp_cksum *crc)
{
	struct gp_sums *s = m->all;
	struct slot *to = &m->slot[m->put % SLOTS];
	bool done;

	if (!len)
		return;
	gp_assert(len <= GP_SUM_BLOCK);
	to->len = len;
	to->has_crc = crc != NULL;
	if (crc)
		to->crc = *crc;
	pthread_mutex_lock(&s->lock);
	m->put++;
	if (s->threaded)
		pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	if (s->threaded)
		return;
	sum(m, &done, NULL, NULL);
	m->taken++;
}

void gp_sum_add(struct gp_sum *m, const void *p, size_t len, const struct gp_cksum *crc)
{
	gp_assert(!crc || len <= GP_SUM_BLOCK);
	while (len) {
		size_t n = len < GP_SUM_BLOCK ? len : GP_SUM_BLOCK;

		memcpy(gp_sum_room(m), p, n);
		gp_sum_filled(m, n, crc);
		p = (const uint8_t *)p + n;
		len -= n;
	}
}

void gp_sum_finish(struct gp_sum *m, char crc[16], char md5[GP_MD5_HEX])
{
	struct gp_sums *s = m->all;

	pthread_mutex_lock(&s->lock);
	m->ended = true;
	pthread_cond_broadcast(&s->changed);
	while (is_ready(m) || m->busy)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	snprintf(crc, 16, "%lu", (unsigned long)gp_cksum_value(&m->crc));
	gp_md5_hex(&m->md5, md5);
}

/* What it has not dealt with is forgotten. */
static void unlink_stream(struct gp_sum *m)
{
	struct gp_sums *s = m->all;
	struct gp_sum **at = &s->first;

	pthread_mutex_lock(&s->lock);
	while (m->busy)
		pthread_cond_wait(&s->changed, &s->lock);
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	pthread_cond_broadcast(&s->changed); /* another one waits for it no more */
	pthread_mutex_unlock(&s->lock);
}

void gp_sum_free(struct gp_sum *m)
{
	if (!m)
		return;
	unlink_stream(m);
	if (!m->all->first)
		stop(m->all);
	for (unsigned i = 0; i < SLOTS; i++)
		free(m->slot[i].mem);
	free(m);
}
