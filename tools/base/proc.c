/* SPDX-License-Identifier: MIT */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define KEEP_OUTPUT (1u << 20)
#define GRACE_S 3.0     /* between SIGTERM and SIGKILL */
#define LOOK_MS 10      /* how often a program that works is looked at */

static _Noreturn void child(const char *const *argv, const char *dir, int out, int status_fd)
{
	int null = open("/dev/null", O_RDONLY);
	int sys;

	/* We ignore these two: programs expect to die of them. */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
	}
	if (!dir || chdir(dir) == 0)
		execvp(argv[0], (char *const *)argv);
	sys = errno;
	if (write(status_fd, &sys, sizeof(sys)) < 0)
		_exit(126);
	_exit(127);
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
		if (out->len + (size_t)n <= KEEP_OUTPUT)
			gp_buf_add(out, block, (size_t)n);
	}
}

int gp_proc_run(const char *const *argv, const char *dir, struct gp_buf *out, struct gp_err *err)
{
	int text[2] = { -1, -1 }, exec_err[2], status, sys = 0;
	ssize_t n;
	pid_t pid;

	if (pipe2(exec_err, O_CLOEXEC) < 0)
		return gp_fail_sys(err, errno, "cannot run '%s'", argv[0]);
	if (out && pipe2(text, O_CLOEXEC) < 0) {
		sys = errno;
		close(exec_err[0]);
		close(exec_err[1]);
		return gp_fail_sys(err, sys, "cannot run '%s'", argv[0]);
	}
	pid = fork();
	if (pid == 0)
		child(argv, dir, text[1], exec_err[1]);
	sys = pid < 0 ? errno : 0;
	close(exec_err[1]);
	if (out)
		close(text[1]);
	if (pid > 0 && out)
		drain(text[0], out);
	if (out)
		close(text[0]);
	n = pid > 0 ? read(exec_err[0], &sys, sizeof(sys)) : 0;
	close(exec_err[0]);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return gp_fail_sys(err, errno, "cannot wait for '%s'", argv[0]);
	if (pid < 0 || n > 0)
		return gp_fail_sys(err, sys, "cannot run '%s'", argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- long work --- */

static _Noreturn void worker(const struct gp_proc_work *w, pid_t parent, int status_fd)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(127); /* it died before the line above */
	for (size_t i = 0; i < GP_COUNT(w->keep); i++)
		if (w->keep[i] >= 0)
			fcntl(w->keep[i], F_SETFD, 0);
	if (w->env)
		environ = (char **)w->env;
	child(w->argv, w->dir, w->out, status_fd);
}

/* 0 it goes on, 1 it has ended, -1 it cannot be waited for. */
static int look(pid_t pid, int *status, struct gp_err *err, const char *name)
{
	pid_t got = waitpid(pid, status, WNOHANG);

	if (got == 0 || (got < 0 && errno == EINTR))
		return 0;
	return got == pid ? 1 : gp_fail_sys(err, errno, "cannot wait for '%s'", name);
}

/* What it started and left running goes with it. */
static int watch(const struct gp_proc_work *w, pid_t pid, struct gp_proc_end *end, struct gp_err *err)
{
	double began = gp_clock_s(), stop_at = 0;
	int rc, status = 0;

	while ((rc = look(pid, &status, err, w->argv[0])) == 0) {
		double t = gp_clock_s();
		bool cancelled = w->cancel && *w->cancel;
		bool late = w->timeout_s > 0 && t - began >= w->timeout_s;

		if (!stop_at && (cancelled || late)) {
			end->cancelled = cancelled;
			end->timed_out = !cancelled;
			stop_at = t;
			kill(-pid, SIGTERM);
		} else if (stop_at && t - stop_at >= GRACE_S) {
			kill(-pid, SIGKILL);
		}
		poll(NULL, 0, LOOK_MS);
	}
	kill(-pid, SIGKILL);
	if (rc < 0)
		return -1;
	end->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return 0;
}

int gp_proc_work(const struct gp_proc_work *w, struct gp_proc_end *end, struct gp_err *err)
{
	pid_t parent = getpid(), pid;
	int exec_err[2], sys = 0;
	ssize_t n;

	*end = (struct gp_proc_end){ 0 };
	if (pipe2(exec_err, O_CLOEXEC) < 0)
		return gp_fail_sys(err, errno, "cannot run '%s'", w->argv[0]);
	pid = fork();
	if (pid == 0)
		worker(w, parent, exec_err[1]);
	sys = errno;
	close(exec_err[1]);
	n = pid > 0 ? read(exec_err[0], &sys, sizeof(sys)) : -1;
	close(exec_err[0]);
	if (pid > 0 && n <= 0)
		return watch(w, pid, end, err); /* it has exec'ed: the group is there */
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return gp_fail_sys(err, sys, "cannot run '%s'", w->argv[0]);
}
