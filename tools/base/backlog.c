/* SPDX-License-Identifier: MIT */
#include "base/backlog.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/fsio.h"
#include "base/outfile.h"

#define BLOCK (256u << 10)

struct gp_backlog {
	struct gp_sink to;
	const volatile sig_atomic_t *cancel;
	struct gp_outfile file;
	uint64_t ring;
	uint64_t put, taken; /* bytes of all; byte n lies at n % ring */
	bool direct;         /* the writer calls the sink; only the writer asks */
	bool stop, complete; /* forget the rest; no more will come */
	bool threaded;
	int rc; /* of the thread: -1, and why */
	struct gp_err why;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

/* Up to a block that lies in one piece. */
static size_t piece(const struct gp_backlog *b, uint64_t at, uint64_t len)
{
	uint64_t to_end = b->ring - at % b->ring;

	len = len < to_end ? len : to_end;
	return len < BLOCK ? (size_t)len : BLOCK;
}

static int take(struct gp_backlog *b, char *block, size_t len)
{
	ssize_t n = gp_pread(b->file.fd, block, len, b->taken % b->ring, b->file.path, &b->why);

	if (n < 0 || gp_check_cancel(b->cancel, &b->why) < 0)
		return -1;
	if ((size_t)n != len)
		return gp_fail(&b->why, GP_E_SYSTEM, "'%s' lost its end", b->file.path);
	return b->to.write(b->to.arg, block, len, &b->why);
}

static void *taker(void *arg)
{
	gp_auto(gp_free_ptr) char *block = gp_alloc(BLOCK);
	struct gp_backlog *b = arg;

	pthread_mutex_lock(&b->lock);
	while (b->rc == 0 && !b->stop) {
		size_t len = piece(b, b->taken, b->put - b->taken);
		int rc;

		if (!len && b->complete)
			break;
		if (!len) {
			pthread_cond_wait(&b->changed, &b->lock);
			continue;
		}
		pthread_mutex_unlock(&b->lock);
		rc = take(b, block, len);
		pthread_mutex_lock(&b->lock);
		b->rc = rc;
		b->taken += len;
		pthread_cond_broadcast(&b->changed);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

struct gp_backlog *gp_backlog_new(struct gp_sink to, uint64_t ring, const volatile sig_atomic_t *cancel)
{
	struct gp_backlog *b = gp_alloc(sizeof(*b));

	*b = (struct gp_backlog){ .to = to, .cancel = cancel, .ring = ring };
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	b->direct = gp_outfile_spool(&b->file, 0, NULL) < 0;
	if (!b->direct)
		b->threaded = pthread_create(&b->thread, NULL, taker, b) == 0;
	if (!b->direct && !b->threaded) {
		gp_outfile_release(&b->file);
		b->direct = true;
	}
	return b;
}

/* Until at most `left` bytes wait. */
static int wait_for(struct gp_backlog *b, uint64_t left, struct gp_err *err)
{
	int rc;

	pthread_mutex_lock(&b->lock);
	while (b->rc == 0 && b->put - b->taken > left)
		pthread_cond_wait(&b->changed, &b->lock);
	rc = b->rc;
	if (rc < 0 && err)
		*err = b->why;
	pthread_mutex_unlock(&b->lock);
	return rc;
}

/* Into the ring. 1: there is no room on the disk. */
static int store(struct gp_backlog *b, const char *p, size_t len, struct gp_err *err)
{
	if (wait_for(b, b->ring - len, err) < 0)
		return -1;
	if (gp_pwrite_fd(b->file.fd, p, len, b->put % b->ring, b->file.path, NULL) < 0)
		return 1;
	pthread_mutex_lock(&b->lock);
	b->put += len;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
	return 0;
}

int gp_backlog_put(struct gp_backlog *b, const void *p, size_t len, struct gp_err *err)
{
	const char *at = p;

	while (len && !b->direct) {
		size_t n = piece(b, b->put, len);
		int rc = store(b, at, n, err);

		if (rc < 0)
			return -1;
		/* The thread has nothing to do any more, and so the sink is ours. */
		if (rc > 0 && wait_for(b, 0, err) < 0)
			return -1;
		b->direct = rc > 0;
		at += rc > 0 ? 0 : n;
		len -= rc > 0 ? 0 : n;
	}
	return len ? b->to.write(b->to.arg, at, len, err) : 0;
}

static void join(struct gp_backlog *b, bool stop)
{
	if (!b->threaded)
		return;
	pthread_mutex_lock(&b->lock);
	b->complete = true;
	b->stop = stop;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
	b->threaded = false;
}

int gp_backlog_end(struct gp_backlog *b, struct gp_err *err)
{
	join(b, false);
	return wait_for(b, b->put, err);
}

void gp_backlog_free(struct gp_backlog *b)
{
	if (!b)
		return;
	join(b, true);
	if (b->file.path)
		gp_outfile_release(&b->file);
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->changed);
	free(b);
}
