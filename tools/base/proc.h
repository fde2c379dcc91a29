/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_PROC_H
#define GP_BASE_PROC_H

#include <signal.h>
#include <stdbool.h>

#include "base/buf.h"
#include "base/confine.h"

#define GP_PROC_KEEP (1u << 20)

/*
 * Run a program of this machine (never one out of a package), without a shell.
 *
 * In:     argv, NULL-terminated, argv[0] looked up in PATH; dir, where to run
 *         it, or NULL for here. stdin is /dev/null.
 * Out:    the exit status (128 + signal when killed), or -1; out gets stdout and
 *         stderr together (at most GP_PROC_KEEP bytes are kept), NULL to let them through.
 *         What it leaves running is ended.
 * Errors: GP_E_NOTFOUND no such program; GP_E_SYSTEM.
 */
int gp_proc_run(const char *const *argv, const char *dir, struct gp_buf *out, struct gp_err *err);

/* A program that may run for long. */
struct gp_proc_work {
	const char *const *argv;             /* as above */
	const char *dir;                     /* NULL: here */
	char *const *env;                    /* NULL: ours; else all of it, NULL-terminated */
	int out;                             /* where stdout and stderr go, or -1: through */
	int keep[2];                         /* descriptors that it may use, or -1 */
	double timeout_s;                    /* seconds; 0: none */
	const volatile sig_atomic_t *cancel; /* may be NULL */
	struct gp_confine confine;
	/* With confine.place: the directory and the surroundings if it is in place. */
	const char *placed_dir;
	char *const *placed_env;
};

struct gp_proc_end {
	int status; /* as above */
	bool timed_out, cancelled;
	enum gp_confine_way way; /* how it was confined */
	bool placed;             /* it saw confine.place at GP_CONFINE_PLACE */
};

/*
 * Run it in a process group of its own, with what it starts. When the time is
 * over, or a signal asks us to stop, the whole group gets SIGTERM, and SIGKILL
 * if that does not end it within three seconds. Nothing that it started is left
 * when it ends, and nothing should we be killed: see base/confine.h.
 *
 * Out:    *end; 0. That it failed, or was stopped, is not an error of this call.
 * Errors: as above.
 */
int gp_proc_work(const struct gp_proc_work *w, struct gp_proc_end *end, struct gp_err *err);

#endif
