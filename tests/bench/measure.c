/* SPDX-License-Identifier: MIT */
/*
 * measure OUT DIR COMMAND...: run COMMAND in DIR and append one line to OUT,
 * "WALL-ms CPU-ms PEAK-kB", children of the command included. Its stdout is
 * thrown away. The wall clock runs from before the process is made until it is
 * reaped. The exit status is the command's.
 *
 * This process is small on purpose: until exec the child counts as large as its
 * parent, and a script's interpreter would be what is measured.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t fa;
	struct rusage u;
	double t;
	pid_t pid;
	int status;
	FILE *out;

	if (argc < 4 || !(out = fopen(argv[1], "ae")) || chdir(argv[2]) < 0) {
		perror("measure");
		return 126;
	}
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	t = now();
	if (posix_spawnp(&pid, argv[3], &fa, NULL, argv + 3, environ) != 0 || wait4(pid, &status, 0, &u) != pid) {
		perror(argv[3]);
		return 127;
	}
	t = now() - t;
	fprintf(out, "%.3f %.3f %ld\n", t, ms(u.ru_utime) + ms(u.ru_stime), u.ru_maxrss);
	if (fclose(out) != 0)
		return 126;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 125;
}
