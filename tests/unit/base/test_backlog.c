/* SPDX-License-Identifier: MIT */
/* base/backlog: all bytes in their order, whoever calls the sink, and what goes wrong. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/backlog.h"

#define RING 10007u /* no power of two, no multiple of what is put */

/* A sink that keeps what it gets, and may be slow, stopped, or fail. */
static struct slow {
	struct gp_buf got;
	long pause_ns;
	sem_t *gate; /* each call waits for it; NULL */
	uint64_t fail_at;
	size_t by_writer; /* calls of the test's own thread */
	pthread_t writer;
	atomic_bool called; /* it has some */
} slow;

static int write_slow(void *arg, const void *p, size_t len, struct gp_err *err)
{
	struct slow *s = arg;
	const struct timespec pause = { .tv_nsec = s->pause_ns };

	if (s->gate)
		sem_wait(s->gate);
	if (s->pause_ns)
		nanosleep(&pause, NULL);
	s->by_writer += pthread_equal(pthread_self(), s->writer) != 0;
	gp_buf_add(&s->got, p, len);
	atomic_store(&s->called, true);
	return s->fail_at && s->got.len >= s->fail_at ? gp_fail(err, GP_E_BUG, "the sink is full") : 0;
}

static int setup(void **state)
{
	(void)state;
	slow = (struct slow){ .writer = pthread_self() };
	return setenv("TMPDIR", "/tmp", 1);
}

static int teardown(void **state)
{
	(void)state;
	gp_buf_release(&slow.got);
	return 0;
}

static struct gp_backlog *new_backlog(const volatile sig_atomic_t *cancel)
{
	return gp_backlog_new((struct gp_sink){ write_slow, &slow }, RING, cancel);
}

static char byte_at(uint64_t i)
{
	return (char)(i * 7 + i / 251);
}

/* Bytes [from, to) of an endless row, in pieces of odd sizes. */
static int put(struct gp_backlog *b, uint64_t from, uint64_t to, struct gp_err *err)
{
	static char piece[4 * RING];
	uint64_t step = 1;

	for (uint64_t n; from < to; from += n, step = step * 3 % sizeof(piece) + 1) {
		n = to - from < step ? to - from : step;
		for (uint64_t i = 0; i < n; i++)
			piece[i] = byte_at(from + i);
		if (gp_backlog_put(b, piece, (size_t)n, err) < 0)
			return -1;
	}
	return 0;
}

static void is_row(uint64_t len)
{
	assert_int_equal(slow.got.len, len);
	for (uint64_t i = 0; i < len; i++)
		if (slow.got.data[i] != byte_at(i))
			fail_msg("byte %llu is another one", (unsigned long long)i);
}

static void put_all(uint64_t len)
{
	struct gp_backlog *b = new_backlog(NULL);
	struct gp_err err = { 0 };

	assert_int_equal(put(b, 0, len, &err), 0);
	assert_int_equal(gp_backlog_end(b, &err), 0);
	gp_backlog_free(b);
	is_row(len);
}

static void test_order(void **state)
{
	(void)state;
	put_all(50 * RING + 3);
	assert_int_equal(slow.by_writer, 0);
}

static void test_nothing(void **state)
{
	(void)state;
	put_all(0);
}

static void test_slow_sink(void **state)
{
	(void)state;
	slow.pause_ns = 200000;
	put_all(9 * RING);
}

/* A ring's worth is taken while the sink stands still; it would stand forever otherwise. */
static void test_writer_goes_on(void **state)
{
	struct gp_backlog *b;
	struct gp_err err = { 0 };
	sem_t gate;

	(void)state;
	sem_init(&gate, 0, 0);
	slow.gate = &gate;
	b = new_backlog(NULL);
	assert_int_equal(put(b, 0, RING, &err), 0);
	assert_int_equal(slow.got.len, 0);
	for (int i = 0; i < 100; i++)
		sem_post(&gate);
	assert_int_equal(gp_backlog_end(b, &err), 0);
	gp_backlog_free(b);
	is_row(RING);
	sem_destroy(&gate);
}

/* Where no file can be, the sink is called by the writer. */
static void test_no_place(void **state)
{
	(void)state;
	setenv("TMPDIR", "/proc/no/such", 1);
	put_all(5 * RING);
	assert_true(slow.by_writer > 0);
}

/* A full disk, when some have been stored already. */
static void test_no_room(void **state)
{
	struct rlimit was, limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	limit = (struct rlimit){ RING / 2, was.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	slow.pause_ns = 200000;
	put_all(5 * RING);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_true(slow.by_writer > 0);
}

static void test_sink_fails(void **state)
{
	struct gp_backlog *b = new_backlog(NULL);
	struct gp_err err = { 0 };

	(void)state;
	slow.fail_at = 3 * RING;
	assert_int_equal(put(b, 0, 100 * RING, &err), -1);
	assert_string_equal(err.cause, "the sink is full");
	err = (struct gp_err){ 0 };
	assert_int_equal(gp_backlog_end(b, &err), -1);
	assert_string_equal(err.cause, "the sink is full");
	gp_backlog_free(b);
	assert_true(slow.got.len < 5 * RING); /* nothing after that */
}

/* What fails last is said, too. */
static void test_sink_fails_at_the_end(void **state)
{
	struct gp_backlog *b = new_backlog(NULL);
	struct gp_err err = { 0 };

	(void)state;
	slow.fail_at = 100;
	slow.pause_ns = 1000000;
	assert_int_equal(gp_backlog_put(b, "x", 1, &err), 0);
	put(b, 1, 100, NULL);
	assert_int_equal(gp_backlog_end(b, &err), -1);
	assert_string_equal(err.cause, "the sink is full");
	gp_backlog_free(b);
}

static void test_cancel(void **state)
{
	volatile sig_atomic_t cancel = 1;
	struct gp_backlog *b = new_backlog(&cancel);
	struct gp_err err = { 0 };

	(void)state;
	put(b, 0, 3 * RING, NULL);
	assert_int_equal(gp_backlog_end(b, &err), -1);
	assert_int_equal(err.code, GP_E_CANCELLED);
	gp_backlog_free(b);
	assert_int_equal(slow.got.len, 0);
}

/* What waits is forgotten: only what was on its way arrives. */
static void test_forget(void **state)
{
	struct gp_backlog *b = new_backlog(NULL);
	struct gp_err err = { 0 };

	(void)state;
	slow.pause_ns = 20000000;
	assert_int_equal(gp_backlog_put(b, "a", 1, &err), 0);
	while (!atomic_load(&slow.called))
		sched_yield();
	assert_int_equal(put(b, 1, RING, &err), 0);
	gp_backlog_free(b);
	assert_true(slow.got.len < RING);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(test_order),    CASE(test_nothing), CASE(test_slow_sink),  CASE(test_writer_goes_on),
		CASE(test_no_place), CASE(test_no_room), CASE(test_sink_fails), CASE(test_sink_fails_at_the_end),
		CASE(test_cancel),   CASE(test_forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
