/* SPDX-License-Identifier: MIT */
/* base/proc: what our programs get from us, and what is left of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/proc.h"
#include "fx_table.h"

/* The shell says how it died: 128 and the signal. */
static void default_signals(void **state)
{
	const char *const pipe[] = { "sh", "-c", "kill -PIPE $$", NULL };
	const char *const size[] = { "sh", "-c", "ulimit -f 1; head -c 100000 /dev/zero > file; test $? -gt 128",
				     NULL };
	const char *const rm[] = { "rm", "-f", "file", NULL };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 }; /* a log that is a file would be limited, too */
	char dir[] = "/tmp/gp-proc-XXXXXX";
	struct gp_err err = { 0 };

	(void)state;
	assert_non_null(mkdtemp(dir));
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(gp_proc_run(pipe, NULL, &out, &err), 128 + SIGPIPE);
	assert_int_equal(gp_proc_run(size, dir, &out, &err), 0);
	assert_int_equal(gp_proc_run(rm, dir, NULL, &err), 0);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	assert_int_equal(rmdir(dir), 0);
}

/* --- what is left --- */

/* Another one each time: found in the environment of all that a program started. */
static char mark[64] = "GP_MARK=";
static char path[] = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
static char *env[] = { path, mark, NULL };

static void new_mark(void)
{
	static unsigned n;

	snprintf(mark, sizeof(mark), "GP_MARK=%ld-%u", (long)getpid(), n++);
}

static bool is_marked(const char *pid)
{
	char name[300], text[8192];
	FILE *f;
	size_t n;

	snprintf(name, sizeof(name), "/proc/%s/environ", pid);
	f = fopen(name, "r");
	n = f ? fread(text, 1, sizeof(text), f) : 0;
	if (f)
		fclose(f);
	return memmem(text, n, mark, strlen(mark) + 1) != NULL;
}

static unsigned marked(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	unsigned n = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		n += e->d_name[0] >= '0' && e->d_name[0] <= '9' && is_marked(e->d_name);
	closedir(d);
	return n;
}

/* In hundredths of a second; -1: it did not come to that. */
static int until_marked(unsigned n, int limit)
{
	for (int i = 0; i <= limit; i++) {
		if (n ? marked() >= n : marked() == 0)
			return i;
		usleep(10000);
	}
	return -1;
}

/* A daemon of each sort: out of the group, out of the family, deaf, and with
 * children that it left as well. */
#define DAEMONS \
	"setsid sh -c 'sleep 300 & sleep 300 & exit 0' & (setsid sh -c \"trap '' TERM HUP; (sleep 300; :)\" &) & "

static int work(const char *script, enum gp_confine_way way, struct gp_proc_end *end)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct gp_proc_work w = { .argv = argv, .env = env, .out = -1, .keep = { -1, -1 }, .confine.ways = way };
	struct gp_err err = { 0 };

	return gp_proc_work(&w, end, &err);
}

/* Where a container or a kernel forbids a way there is nothing to test. */
static enum gp_confine_way way_of(void **state)
{
	enum gp_confine_way way = *(const enum gp_confine_way *)*state;
	struct gp_proc_end end;

	new_mark();
	if (work("exit 0", way, &end) < 0) {
		print_message("not allowed here: %s\n", gp_confine_name(way));
		skip();
	}
	assert_int_equal(end.way, way);
	return way;
}

static void ends_with_the_program(void **state)
{
	enum gp_confine_way way = way_of(state);
	struct gp_proc_end end;

	assert_int_equal(work(DAEMONS "sleep 0.1; exit 7", way, &end), 0);
	assert_int_equal(end.status, 7);
	assert_int_equal(marked(), 0);
	assert_int_equal(work("kill -9 $$", way, &end), 0);
	assert_int_equal(end.status, 128 + 9);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left, no zombie */
	assert_int_equal(errno, ECHILD);
}

/* Somebody who may do nothing, as far as we can be that. */
static void become_nobody(void)
{
	if (geteuid() != 0)
		return;
	if (setgroups(0, NULL) < 0 || setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
		_exit(3);
	prctl(PR_SET_DUMPABLE, 1); /* as behind exec */
}

static void ends_with_us(void **state)
{
	enum gp_confine_way way = way_of(state);
	pid_t pid = fork();
	struct gp_proc_end end;
	int took;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (way != GP_CONFINE_PIDS)
			become_nobody();
		work(DAEMONS "sleep 300", way, &end);
		_exit(0);
	}
	assert_true(until_marked(5, 500) >= 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	took = until_marked(0, 100);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_true(took >= 0);
}

static void has_its_time(void **state)
{
	enum gp_confine_way way = way_of(state);
	const char *const argv[] = { "sh", "-c", DAEMONS "sleep 300", NULL };
	struct gp_proc_work w = {
		.argv = argv, .env = env, .out = -1, .keep = { -1, -1 }, .timeout_s = 0.2, .confine.ways = way
	};
	struct gp_proc_end end;

	assert_int_equal(gp_proc_work(&w, &end, NULL), 0);
	assert_true(end.timed_out);
	assert_int_equal(end.status, 128 + SIGTERM);
	assert_int_equal(marked(), 0);
}

static void files_are_ours(void **state)
{
	enum gp_confine_way way = way_of(state);
	char dir[] = "/tmp/gp-proc-XXXXXX", script[128];
	struct gp_proc_end end;
	struct stat st;
	char file[64];

	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(script, sizeof(script), "umask 027; : > %s && [ $(id -u) = %u ] && test -d /proc/$$", file, geteuid());
	assert_int_equal(work(script, way, &end), 0);
	assert_int_equal(end.status, 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_uid, geteuid());
	assert_int_equal(st.st_gid, getegid());
	assert_int_equal(st.st_mode & 07777, 0640);
	unlink(file);
	assert_int_equal(rmdir(dir), 0);
}

static void without_proc(void **state)
{
	enum gp_confine_way way = way_of(state);
	struct gp_proc_end end;
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		    umount2("/proc", MNT_DETACH) < 0)
			_exit(77);
		if (work(DAEMONS "sleep 0.1; exit 7", way, &end) < 0)
			_exit(78); /* we cannot say who we are */
		_exit(end.status);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(WEXITSTATUS(status), way == GP_CONFINE_USER ? 78 : 7);
	assert_int_equal(marked(), 0);
}

/* Others wait for the end of pipes, and for locks, that a keeper would have a copy of. */
static void holds_nothing(void **state)
{
	enum gp_confine_way way = way_of(state);
	struct gp_proc_end end;

	assert_int_equal(work("sleep 0.1; test -d /proc/$PPID && test -z \"$(ls -A /proc/$PPID/fd)\"", way, &end), 0);
	assert_int_equal(end.status, 0);
}

static void a_run_leaves_nothing(void **state)
{
	const char *const argv[] = { "sh", "-c", DAEMONS "sleep 0.1; echo out", NULL };
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };
	double began = gp_clock_s();

	(void)state;
	new_mark();
	assert_int_equal(putenv(mark), 0);
	/* The daemons have the pipe: to wait for its end is to wait for theirs. */
	assert_int_equal(gp_proc_run(argv, NULL, &out, NULL), 0);
	unsetenv("GP_MARK");
	assert_true(gp_clock_s() - began < 5);
	assert_string_equal(out.data, "out\n");
	assert_int_equal(marked(), 0);
}

static void words(void **state)
{
	struct gp_confine c = { 0 };

	(void)state;
	assert_true(gp_confine_parse("user", &c));
	assert_int_equal(c.ways, GP_CONFINE_USER);
	assert_false(gp_confine_parse("", &c));
	assert_false(gp_confine_parse("users", &c));
}

int main(void)
{
	static const enum gp_confine_way ways[] = { GP_CONFINE_PIDS, GP_CONFINE_USER, GP_CONFINE_WATCH };
	static const struct {
		const char *name;
		void (*func)(void **);
	} each[] = { { "ends with the program", ends_with_the_program },
		     { "ends with us", ends_with_us },
		     { "has its time", has_its_time },
		     { "files are ours", files_are_ours },
		     { "without /proc", without_proc },
		     { "holds nothing", holds_nothing } };
	static const struct CMUnitTest rest[] = { cmocka_unit_test(default_signals),
						  cmocka_unit_test(a_run_leaves_nothing), cmocka_unit_test(words) };
	static char names[GP_COUNT(ways) * GP_COUNT(each)][80];

	for (size_t i = 0; i < GP_COUNT(names); i++) {
		enum gp_confine_way way = ways[i % GP_COUNT(ways)];

		snprintf(names[i], sizeof(names[i]), "%s: %s", gp_confine_name(way), each[i / GP_COUNT(ways)].name);
		fx_add((struct CMUnitTest){ .name = names[i],
					    .test_func = each[i / GP_COUNT(ways)].func,
					    .initial_state = (void *)(uintptr_t)&ways[i % GP_COUNT(ways)] });
	}
	FX_TESTS(rest);
	return fx_run(NULL, NULL);
}
