/* SPDX-License-Identifier: MIT */
#include "core/payload/sums.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define SLOTS 8u
#define SLOT_SIZE (256u << 10)

struct gp_sums {
	struct gp_cksum crc;
	struct gp_hash *md5;
	uint8_t *mem[SLOTS];
	size_t len[SLOTS];
	size_t put, taken; /* slots handed over, slots dealt with */
	bool stop;
	bool threaded;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

static void sum(struct gp_sums *s, const void *p, size_t len)
{
	gp_cksum_add(&s->crc, p, len);
	gp_hash_add(s->md5, p, len);
}

static void *worker(void *arg)
{
	struct gp_sums *s = arg;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		size_t i = s->taken % SLOTS;

		while (s->taken == s->put && !s->stop)
			pthread_cond_wait(&s->changed, &s->lock);
		if (s->taken == s->put)
			break;
		pthread_mutex_unlock(&s->lock);
		sum(s, s->mem[i], s->len[i]);
		pthread_mutex_lock(&s->lock);
		s->taken++;
		pthread_cond_broadcast(&s->changed);
	}
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

struct gp_sums *gp_sums_new(void)
{
	struct gp_sums *s = gp_alloc(sizeof(*s));

	s->md5 = gp_hash_new(GP_HASH_MD5);
	for (unsigned i = 0; i < SLOTS; i++)
		s->mem[i] = gp_alloc(SLOT_SIZE);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	/* Without a thread it takes longer, that is all. */
	s->threaded = pthread_create(&s->thread, NULL, worker, s) == 0;
	return s;
}

static void hand_over(struct gp_sums *s, const void *p, size_t len)
{
	size_t i;

	pthread_mutex_lock(&s->lock);
	while (s->put - s->taken == SLOTS)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	i = s->put % SLOTS; /* only we write to put */
	memcpy(s->mem[i], p, len);
	s->len[i] = len;
	pthread_mutex_lock(&s->lock);
	s->put++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

void gp_sums_add(struct gp_sums *s, const void *p, size_t len)
{
	if (!s->threaded) {
		sum(s, p, len);
		return;
	}
	while (len) {
		size_t n = len < SLOT_SIZE ? len : SLOT_SIZE;

		hand_over(s, p, n);
		p = (const uint8_t *)p + n;
		len -= n;
	}
}

static void join(struct gp_sums *s)
{
	if (!s->threaded)
		return;
	pthread_mutex_lock(&s->lock);
	s->stop = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	pthread_join(s->thread, NULL);
	s->threaded = false;
}

void gp_sums_finish(struct gp_sums *s, char crc[16], char md5[GP_MD5_HEX])
{
	join(s);
	snprintf(crc, 16, "%lu", (unsigned long)gp_cksum_value(&s->crc));
	gp_hash_hex(s->md5, md5);
}

void gp_sums_free(struct gp_sums *s)
{
	if (!s)
		return;
	join(s);
	gp_hash_free(s->md5);
	for (unsigned i = 0; i < SLOTS; i++)
		free(s->mem[i]);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	free(s);
}
