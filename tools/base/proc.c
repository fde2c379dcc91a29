/* SPDX-License-Identifier: MIT */
#include "base/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEEP_OUTPUT (1u << 20)

static _Noreturn void child(const char *const *argv, const char *dir, int out, int status_fd)
{
	int null = open("/dev/null", O_RDONLY);
	int sys;

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
