/* SPDX-License-Identifier: MIT */
#include "base/confine.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"

#define END_ALL SIGUSR1   /* to a keeper that watches: from us, or because we died */
#define PID_END (1 << 22) /* PID_MAX_LIMIT of 64-bit Linux */
#define FD_END 65536      /* where there is no close_range(2) */
#define LOOK_NS 1000000   /* between two rounds of killing */

static const struct {
	enum gp_confine_way way;
	const char *word, *name;
	unsigned long flags;
} ways[] = { { GP_CONFINE_PIDS, "pids", "a PID namespace", CLONE_NEWPID | CLONE_NEWNS },
	     { GP_CONFINE_USER, "user", "a user and PID namespace", CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS },
	     { GP_CONFINE_WATCH, "watch", "a process that watches", 0 } };

/* What a keeper says before it is silent: the way is set up, it cannot be, or
 * the program could not be started. */
struct word {
	enum { READY, READY_AND_PLACED, NOT_THIS_WAY, NO_PROGRAM } what;
	int sys;
};

/* What a keeper needs to know. No memory is taken after the fork: see
 * gp_confine_start(). */
struct keeper {
	enum gp_confine_way way;
	int (*program)(void *arg);
	void *arg;
	const char *place;
	bool placed;
	int say[2];               /* pipe of words */
	char user[64], group[64]; /* lines of uid_map and gid_map: who we were */
	sigset_t signals;         /* our mask, which is the program's */
};

const char *gp_confine_name(enum gp_confine_way way)
{
	for (size_t i = 0; i < GP_COUNT(ways); i++)
		if (ways[i].way == way)
			return ways[i].name;
	return "nothing";
}

bool gp_confine_parse(const char *word, struct gp_confine *out)
{
	for (size_t i = 0; i < GP_COUNT(ways); i++) {
		if (strcmp(ways[i].word, word) == 0) {
			out->ways = ways[i].way;
			return true;
		}
	}
	return false;
}

/* fork(2) without what libc does around it: that would wait for locks which other
 * threads had when the keeper was made. */
static pid_t plain_fork(unsigned long flags)
{
	return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
}

/* --- the keeper --- */

/* false: nobody listens any more. */
static bool tell(const struct keeper *k, int what, int sys)
{
	struct word w = { .what = what, .sys = sys };

	return write(k->say[1], &w, sizeof(w)) == sizeof(w);
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool well = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return well;
}

static bool map_ids(const struct keeper *k)
{
	write_file("/proc/self/setgroups", "deny"); /* else nobody may map groups */
	return write_file("/proc/self/uid_map", k->user) && write_file("/proc/self/gid_map", k->group);
}

/* Its own processes are what a program sees. Without that /proc shows the others',
 * but /proc/self is right all the same. */
static bool own_proc(void)
{
	return access("/proc/self/stat", F_OK) == 0 && mount(NULL, "/proc", NULL, MS_PRIVATE, NULL) == 0 &&
	       mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

/* Only on a proc of our own: another's mounts are not ours to cover. */
static bool put_in_place(const char *dir)
{
	return dir && mount(dir, GP_CONFINE_PLACE, NULL, MS_BIND, NULL) == 0;
}

/* Set up what has to be in place before the program. errno of what failed. */
static int set_up(struct keeper *k)
{
	setpgid(0, 0);
	if (k->way == GP_CONFINE_WATCH) {
		prctl(PR_SET_NAME, "gp-keeper"); /* killall gridpatch shall not find it */
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		prctl(PR_SET_PDEATHSIG, END_ALL);
		return 0;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (k->way == GP_CONFINE_USER && !map_ids(k))
		return errno ? errno : EPERM;
	k->placed = own_proc() && put_in_place(k->place);
	return 0;
}

static _Noreturn void run_program(const struct keeper *k, pid_t keeper)
{
	int sys;

	sigprocmask(SIG_SETMASK, &k->signals, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(127); /* it died before the line above */
	sys = k->program(k->arg);
	tell(k, NO_PROGRAM, sys);
	_exit(127);
}

/* Others wait for the end of pipes that we have a copy of, and for locks. */
static void close_all(void)
{
	if (syscall(SYS_close_range, 0u, ~0u, 0u) == 0)
		return;
	for (int fd = 0; fd < FD_END; fd++)
		close(fd);
}

static int status_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Collect what has ended, waiting for it or not. false: there are no more children. */
static bool reap(pid_t program, int flags, bool *over, int *status)
{
	int s;
	pid_t pid;

	while ((pid = waitpid(-1, &s, flags)) > 0) {
		if (pid != program)
			continue;
		*over = true;
		*status = status_of(s);
		return true;
	}
	return pid == 0 || errno == EINTR;
}

static bool kill_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && kill(pid, SIGKILL) == 0;
}

static pid_t pid_of(const char *name)
{
	pid_t pid = 0;

	for (; *name >= '0' && *name <= '9' && pid < PID_END; name++)
		pid = pid * 10 + (*name - '0');
	return *name ? 0 : pid;
}

/* As readdir(3), which takes memory. */
static bool kill_those_in_proc(void)
{
	int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent64) char block[4096];
	bool any = false;
	long n;

	while (fd >= 0 && (n = syscall(SYS_getdents64, fd, block, sizeof(block))) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *d = (const struct dirent64 *)(const void *)(block + at);
			pid_t pid = pid_of(d->d_name);

			any |= pid > 0 && kill_child(pid);
			at += d->d_reclen;
		}
	}
	if (fd >= 0)
		close(fd);
	return any;
}

static bool kill_range(pid_t from, pid_t end)
{
	bool any = false;

	for (pid_t pid = from; pid < end; pid++)
		any |= kill_child(pid);
	return any;
}

/* The number of a process that is made now. Numbers are given in order, so those of
 * our children lie between ours and it, until they start anew at their end. */
static pid_t newest(void)
{
	pid_t pid = plain_fork(0);

	if (pid == 0)
		_exit(0);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return pid;
}

/* Without /proc numbers are tried: all of them take seconds. */
static bool kill_children(void)
{
	return kill_those_in_proc() || kill_range(getpid() + 1, newest()) || kill_range(1, PID_END);
}

/* Also those that have ended, or are about to. */
static bool has_children(void)
{
	siginfo_t info;

	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Those of a killed one are ours then: round by round. */
static void kill_all(pid_t program, bool *over, int *status)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };

	while (reap(program, WNOHANG, over, status) && has_children() && kill_children())
		nanosleep(&pause, NULL);
}

static int watch(pid_t program)
{
	int status = 128 + SIGKILL;
	bool over = false;
	sigset_t wanted;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGCHLD);
	sigaddset(&wanted, END_ALL);
	while (!over && sigwaitinfo(&wanted, NULL) != END_ALL)
		reap(program, WNOHANG, &over, &status);
	kill_all(program, &over, &status);
	return status;
}

/* The first of a PID namespace: what is left ends with it. */
static int wait_for(pid_t program)
{
	int status = 128 + SIGKILL;
	bool over = false;

	while (!over && reap(program, 0, &over, &status))
		;
	return status;
}

static _Noreturn void keep(struct keeper *k)
{
	pid_t self = getpid(), program;
	int sys;

	close(k->say[0]);
	sys = set_up(k);
	/* With the other end closed we missed the signal of our parent's death. */
	if (!tell(k, sys ? NOT_THIS_WAY : k->placed ? READY_AND_PLACED : READY, sys) || sys)
		_exit(127);
	program = plain_fork(0);
	if (program == 0)
		run_program(k, self);
	if (program < 0) {
		tell(k, NO_PROGRAM, errno);
		_exit(127);
	}
	close_all();
	_exit(k->way == GP_CONFINE_WATCH ? watch(program) : wait_for(program));
}

/* --- from outside --- */

static pid_t fork_keeper(struct keeper *k, unsigned long flags)
{
	sigset_t all;
	pid_t pid;

	/* A keeper gets no signal but those that it waits for, and SIGKILL. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &k->signals);
	pid = plain_fork(flags);
	if (pid == 0)
		keep(k);
	pthread_sigmask(SIG_SETMASK, &k->signals, NULL);
	return pid;
}

static ssize_t listen_to(int fd, struct word *w)
{
	ssize_t n;

	do
		n = read(fd, w, sizeof(*w));
	while (n < 0 && errno == EINTR);
	return n;
}

static void bury(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool is_ready(const struct word *w)
{
	return w->what == READY || w->what == READY_AND_PLACED;
}

/* 0 it runs, -1 not this way, else errno. */
static int try_way(struct keeper *k, unsigned long flags, struct gp_confined *out)
{
	struct word w = { NOT_THIS_WAY, 0 };
	pid_t pid;
	int sys = 0;

	if (pipe2(k->say, O_CLOEXEC) < 0)
		return errno;
	pid = fork_keeper(k, flags);
	sys = pid < 0 ? errno : 0;
	close(k->say[1]);
	if (pid > 0 && listen_to(k->say[0], &w) == sizeof(w) && is_ready(&w) && listen_to(k->say[0], &w) == 0) {
		*out = (struct gp_confined){ pid, k->way, w.what == READY_AND_PLACED };
		close(k->say[0]);
		return 0;
	}
	close(k->say[0]);
	if (pid > 0)
		bury(pid);
	if (pid < 0)
		return flags ? -1 : sys;
	return w.what == NO_PROGRAM ? w.sys : -1;
}

int gp_confine_start(const struct gp_confine *c, int (*program)(void *arg), void *arg, struct gp_confined *out)
{
	struct keeper k = { .program = program, .arg = arg, .place = c->place };
	int rc = -1;

	snprintf(k.user, sizeof(k.user), "%u %u 1", (unsigned)geteuid(), (unsigned)geteuid());
	snprintf(k.group, sizeof(k.group), "%u %u 1", (unsigned)getegid(), (unsigned)getegid());
	for (size_t i = 0; i < GP_COUNT(ways) && rc < 0; i++) {
		if (c->ways && !(c->ways & ways[i].way))
			continue;
		k.way = ways[i].way;
		rc = try_way(&k, ways[i].flags, out);
	}
	return rc < 0 ? EPERM : rc;
}

void gp_confine_ask(const struct gp_confined *c)
{
	kill(-c->keeper, SIGTERM);
}

void gp_confine_kill(const struct gp_confined *c)
{
	kill(c->keeper, c->way == GP_CONFINE_WATCH ? END_ALL : SIGKILL);
}
