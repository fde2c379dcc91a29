/* SPDX-License-Identifier: MIT */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define GRACE_S 3.0 /* between SIGTERM and SIGKILL */
#define LOOK_MS 10  /* how often a program that works is looked at */

/* What a new process becomes. */
struct start {
	const char *const *argv;
	const char *dir;
	char *const *env; /* NULL: ours */
	int out;
	int keep[2];
	const char *place; /* what GP_CONFINE_PLACE may be, and then: */
	const char *placed_dir;
	char *const *placed_env;
};

static bool is_placed(const char *place)
{
	struct stat a, b;

	return place && stat(place, &a) == 0 && stat(GP_CONFINE_PLACE, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* In the new process; errno where it cannot be. */
static int become(void *arg)
{
	const struct start *s = arg;
	bool placed = is_placed(s->place);
	const char *dir = placed ? s->placed_dir : s->dir;
	char *const *env = placed ? s->placed_env : s->env;
	int null = open("/dev/null", O_RDONLY);

	/* We ignore these two: programs expect to die of them. */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	for (size_t i = 0; i < GP_COUNT(s->keep); i++)
		if (s->keep[i] >= 0)
			fcntl(s->keep[i], F_SETFD, 0);
	if (env)
		environ = (char **)env;
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (s->out >= 0) {
		dup2(s->out, STDOUT_FILENO);
		dup2(s->out, STDERR_FILENO);
	}
	if (!dir || chdir(dir) == 0)
		execvp(s->argv[0], (char *const *)s->argv);
	return errno;
}

static int exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void drain(int fd, struct gp_buf *out)
{
	char block[4096];
	ssize_t n;

	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		if (out->len + (size_t)n <= GP_PROC_KEEP)
			gp_buf_add(out, block, (size_t)n);
	}
}

static int wait_for(pid_t pid, int *status, struct gp_err *err, const char *name)
{
	while (waitpid(pid, status, 0) < 0)
		if (errno != EINTR)
			return gp_fail_sys(err, errno, "cannot wait for '%s'", name);
	return 0;
}

int gp_proc_run(const char *const *argv, const char *dir, struct gp_buf *out, struct gp_err *err)
{
	/* Short work that is not out of a package: no namespaces. */
	const struct gp_confine how = { .ways = GP_CONFINE_WATCH };
	struct start s = { .argv = argv, .dir = dir, .out = -1, .keep = { -1, -1 } };
	struct gp_confined c = { 0 };
	int text[2] = { -1, -1 }, status = 0, sys;

	if (out && pipe2(text, O_CLOEXEC) < 0)
		return gp_fail_sys(err, errno, "cannot run '%s'", argv[0]);
	s.out = text[1];
	sys = gp_confine_start(&how, become, &s, &c);
	if (out)
		close(text[1]);
	if (out && !sys)
		drain(text[0], out);
	if (out)
		close(text[0]);
	if (sys)
		return gp_fail_sys(err, sys, "cannot run '%s'", argv[0]);
	return wait_for(c.keeper, &status, err, argv[0]) < 0 ? -1 : exit_status(status);
}

/* --- long work --- */

/* 0 it goes on, 1 it has ended, -1 it cannot be waited for. */
static int look(pid_t pid, int *status, struct gp_err *err, const char *name)
{
	pid_t got = waitpid(pid, status, WNOHANG);

	if (got == 0 || (got < 0 && errno == EINTR))
		return 0;
	return got == pid ? 1 : gp_fail_sys(err, errno, "cannot wait for '%s'", name);
}

/* What it started and left running goes with it. */
static int watch(const struct gp_proc_work *w, const struct gp_confined *c, struct gp_proc_end *end, struct gp_err *err)
{
	double began = gp_clock_s(), stop_at = 0;
	int rc, status = 0;

	while ((rc = look(c->keeper, &status, err, w->argv[0])) == 0) {
		double t = gp_clock_s();
		bool cancelled = w->cancel && *w->cancel;
		bool late = w->timeout_s > 0 && t - began >= w->timeout_s;

		if (!stop_at && (cancelled || late)) {
			end->cancelled = cancelled;
			end->timed_out = !cancelled;
			stop_at = t;
			gp_confine_ask(c);
		} else if (stop_at && t - stop_at >= GRACE_S) {
			gp_confine_kill(c);
		}
		poll(NULL, 0, LOOK_MS);
	}
	if (rc < 0)
		return -1;
	end->status = exit_status(status);
	return 0;
}

int gp_proc_work(const struct gp_proc_work *w, struct gp_proc_end *end, struct gp_err *err)
{
	struct start s = {
		.argv = w->argv,
		.dir = w->dir,
		.env = w->env,
		.out = w->out,
		.keep = { w->keep[0], w->keep[1] },
		.place = w->confine.place,
		.placed_dir = w->placed_dir,
		.placed_env = w->placed_env,
	};
	struct gp_confined c = { 0 };
	int sys;

	*end = (struct gp_proc_end){ 0 };
	sys = gp_confine_start(&w->confine, become, &s, &c);
	if (sys)
		return gp_fail_sys(err, sys, "cannot run '%s'", w->argv[0]);
	end->way = c.way;
	end->placed = c.placed;
	return watch(w, &c, end, err);
}
