/* SPDX-License-Identifier: MIT */
/* base/limited: what work says, how it ends, and that it ends when its time is over. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/limited.h"

static int says(void *arg, int out)
{
	dprintf(out, "%s", (const char *)arg);
	return 3;
}

static int says_much(void *arg, int out)
{
	char block[4096];

	(void)arg;
	memset(block, 'x', sizeof(block));
	for (int i = 0; i < 300; i++)
		if (write(out, block, sizeof(block)) != (ssize_t)sizeof(block))
			return 1;
	return 0;
}

/* Its number first: whoever waits sees whether it is there still. */
static int hangs(void *arg, int out)
{
	sigset_t all;

	(void)arg;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	dprintf(out, "%d\n", (int)getpid());
	while (pause())
		;
	return 0;
}

static int hangs_silently(void *arg, int out)
{
	dprintf(out, "%d\n", (int)getpid());
	close(out);
	(void)arg;
	while (pause())
		;
	return 0;
}

static volatile sig_atomic_t asked;

static void note(int sig)
{
	asked = sig;
}

static int cleans_up(void *arg, int out)
{
	(void)arg;
	while (!asked)
		usleep(1000);
	dprintf(out, "cleaned up");
	return 0;
}

static int dies(void *arg, int out)
{
	(void)arg;
	(void)out;
	raise(SIGTERM);
	return 0;
}

static void test_ends(void **state)
{
	struct gp_limited l;

	(void)state;
	assert_int_equal(gp_limited_run(says, (void *)"two words", 20, &l, NULL), 0);
	assert_string_equal(l.text.data, "two words");
	assert_int_equal(l.status, 3);
	assert_false(l.over);
	gp_limited_release(&l);
	assert_int_equal(gp_limited_run(says, (void *)"", 20, &l, NULL), 0);
	assert_int_equal(l.text.len, 0);
	gp_limited_release(&l);
}

static void test_much(void **state)
{
	struct gp_limited l;

	(void)state;
	assert_int_equal(gp_limited_run(says_much, NULL, 20, &l, NULL), 0);
	assert_int_equal(l.status, 0);
	assert_int_equal(l.text.len, 1 << 20);
	gp_limited_release(&l);
}

static void test_signal(void **state)
{
	struct gp_limited l;

	(void)state;
	assert_int_equal(gp_limited_run(dies, NULL, 20, &l, NULL), 0);
	assert_int_equal(l.status, 128 + SIGTERM);
	assert_false(l.over);
	gp_limited_release(&l);
}

static void over(int (*work)(void *, int))
{
	double begin = gp_clock_s();
	struct gp_limited l;
	int pid = 0;

	assert_int_equal(gp_limited_run(work, NULL, 0.3, &l, NULL), 0);
	assert_true(l.over);
	assert_true(gp_clock_s() - begin >= 0.3);
	assert_true(gp_clock_s() - begin < 10);
	/* NOLINTNEXTLINE(cert-err34-c): our own number */
	assert_int_equal(sscanf(l.text.data, "%d", &pid), 1);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	gp_limited_release(&l);
}

static void test_over(void **state)
{
	(void)state;
	over(hangs);
	over(hangs_silently);
}

static void test_asked(void **state)
{
	double begin = gp_clock_s();
	struct gp_limited l;

	(void)state;
	signal(SIGTERM, note);
	assert_int_equal(gp_limited_run(cleans_up, NULL, 0.2, &l, NULL), 0);
	signal(SIGTERM, SIG_DFL);
	assert_true(l.over);
	assert_int_equal(l.status, 0);
	assert_true(gp_clock_s() - begin < 2);
	gp_limited_release(&l);
}

static void test_no_pipe(void **state)
{
	struct gp_err err = { 0 };
	struct gp_limited l;
	struct rlimit was, few = { 0 };

	(void)state;
	getrlimit(RLIMIT_NOFILE, &was);
	few.rlim_max = was.rlim_max;
	setrlimit(RLIMIT_NOFILE, &few);
	assert_int_equal(gp_limited_run(says, (void *)"x", 1, &l, &err), -1);
	assert_int_equal(err.code, GP_E_SYSTEM);
	setrlimit(RLIMIT_NOFILE, &was);
	gp_limited_release(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ends),   cmocka_unit_test(test_much),    cmocka_unit_test(test_over),
		cmocka_unit_test(test_signal), cmocka_unit_test(test_no_pipe), cmocka_unit_test(test_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
