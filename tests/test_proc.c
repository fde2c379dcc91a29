/* SPDX-License-Identifier: MIT */
/* base/proc: what our programs get from us, and what is left of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/proc.h"

/* The shell says how it died: 128 and the signal. */
static void default_signals(void **state)
{
	const char *const pipe[] = { "sh", "-c", "kill -PIPE $$", NULL };
	const char *const size[] = { "sh", "-c", "ulimit -f 1; head -c 100000 /dev/zero > file; test $? -gt 128", NULL };
	const char *const rm[] = { "rm", "-f", "file", NULL };
	char dir[] = "/tmp/gp-proc-XXXXXX";
	struct gp_err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(gp_proc_run(pipe, NULL, NULL, &err), 128 + SIGPIPE);
	assert_int_equal(gp_proc_run(size, dir, NULL, &err), 0);
	assert_int_equal(gp_proc_run(rm, dir, NULL, &err), 0);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(default_signals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
