/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_CONFINE_H
#define GP_BASE_CONFINE_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Programs that nothing survives: neither the program's end, nor ours, not even
 * by kill -9, nor what left its process group and its parent by setsid and two
 * forks. Between us and the program stands a process of ours, the keeper, that
 * ends when the program does or when we do, and everything with it:
 *
 *  - GP_CONFINE_PIDS: the keeper is the first of a PID namespace, and the kernel
 *    kills the rest with it. Needs CAP_SYS_ADMIN.
 *  - GP_CONFINE_USER: so, too, but in a user namespace, where we keep our user and
 *    group (files belong to whom they belonged), and nobody else has a name.
 *    Needs a kernel that lets users do that, and /proc to say who we are.
 *  - GP_CONFINE_WATCH: orphans become the keeper's children, and it kills them.
 *    Needs nothing; a keeper that is killed by itself kills nobody.
 *
 * In a namespace /proc is mounted anew, if it is there and that is allowed; then a
 * directory can be seen at a fixed place, too: GP_CONFINE_PLACE.
 */
enum gp_confine_way { GP_CONFINE_PIDS = 1, GP_CONFINE_USER = 2, GP_CONFINE_WATCH = 4 };

/*
 * An empty directory that the kernel makes in each proc file system for others to be
 * mounted on. In a proc of our own nobody else can reach it, nothing is hidden by what
 * is mounted there, and its name is the same everywhere.
 *
 * Source: proc_root_init() in fs/proc/root.c: proc_create_mount_point("fs/nfsd"), whatever
 *         is configured.
 */
#define GP_CONFINE_PLACE "/proc/fs/nfsd"

/* How a program shall be confined. */
struct gp_confine {
	unsigned ways;     /* that may be tried, the best first; 0: all */
	const char *place; /* a directory to be seen at GP_CONFINE_PLACE, too, where that can be; NULL */
};

/* One that runs. */
struct gp_confined {
	pid_t keeper; /* waitpid() for it: it exits as the program did, 128 + signal */
	enum gp_confine_way way;
	bool placed; /* its place is GP_CONFINE_PLACE */
};

/* "a PID namespace", … for messages. */
const char *gp_confine_name(enum gp_confine_way way);

/* "pids", "user" or "watch": that way only. false: it is none of them. */
bool gp_confine_parse(const char *word, struct gp_confine *out);

/*
 * Start a program.
 *
 * In:     program: called in the new process, execs; where that fails it returns
 *         errno. Nothing but what a signal handler may call: other threads' locks
 *         may be held for ever. The process is in the keeper's group.
 * Out:    0, and *out; or errno of fork or of what program returned. The calling
 *         thread must live as long as the keeper: the kernel tells the keeper of
 *         that thread's end.
 */
int gp_confine_start(const struct gp_confine *c, int (*program)(void *arg), void *arg, struct gp_confined *out);

/* Ask all in the program's group to end (SIGTERM). */
void gp_confine_ask(const struct gp_confined *c);

/* Kill all of it. */
void gp_confine_kill(const struct gp_confined *c);

#endif
