/* SPDX-License-Identifier: MIT */
#include "base/limited.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"

#define KEEP (1u << 20)
#define GRACE_S 2.0 /* between SIGTERM and SIGKILL */

void gp_limited_release(struct gp_limited *l)
{
	gp_buf_release(&l->text);
	*l = (struct gp_limited){ 0 };
}

/* In the new process, with our handlers. */
_Noreturn static void work_there(int (*work)(void *arg, int out), void *arg, int out, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have gone before that was asked for. */
	if (getppid() != parent)
		_exit(128 + SIGKILL);
	_exit(work(arg, out) & 0xff);
}

/* Until it ends, or until then. Out: false: the time is over. */
static bool read_until(int fd, double end, struct gp_buf *text)
{
	for (;;) {
		double left = end - gp_clock_s();
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int ready = left > 0 ? poll(&p, 1, (int)(left * 1000) + 1) : 0;
		char block[4096];
		ssize_t n;

		if (left <= 0 || ready == 0)
			return false;
		if (ready < 0)
			continue;
		n = read(fd, block, sizeof(block));
		if (n == 0 || (n < 0 && errno != EINTR))
			return true;
		if (n > 0 && text->len + (size_t)n <= KEEP)
			gp_buf_add(text, block, (size_t)n);
	}
}

/* Its end of the pipe is closed: does it end, too? */
static bool ends(pid_t pid, double end, int *status)
{
	pid_t got;

	while ((got = waitpid(pid, status, WNOHANG)) != pid) {
		if (got < 0 && errno != EINTR)
			return true;
		if (gp_clock_s() >= end)
			return false;
		poll(NULL, 0, 1);
	}
	return true;
}

int gp_limited_run(int (*work)(void *arg, int out), void *arg, double seconds, struct gp_limited *l, struct gp_err *err)
{
	double end = gp_clock_s() + seconds;
	pid_t parent = getpid(), pid;
	int ways[2], status = 0;

	*l = (struct gp_limited){ 0 };
	if (pipe2(ways, O_CLOEXEC) < 0)
		return gp_fail_sys(err, errno, "cannot make a pipe");
	pid = fork();
	if (pid == 0)
		work_there(work, arg, ways[1], parent);
	close(ways[1]);
	if (pid < 0) {
		close(ways[0]);
		return gp_fail_sys(err, errno, "cannot start a process");
	}
	l->over = !read_until(ways[0], end, &l->text) || !ends(pid, end, &status);
	close(ways[0]);
	if (l->over && kill(pid, SIGTERM) == 0 && !ends(pid, gp_clock_s() + GRACE_S, &status)) {
		kill(pid, SIGKILL);
		/* One that the kernel holds ends when that lets go: nobody waits for it. */
		ends(pid, gp_clock_s() + 1, &status);
	}
	l->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return 0;
}
