/* SPDX-License-Identifier: MIT */
#ifndef GP_BASE_ERR_H
#define GP_BASE_ERR_H

#include <stdarg.h>

#define GP_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define GP_MUST_CHECK __attribute__((warn_unused_result))

/*
 * What kind of failure it is. The kinds are finer than the exit statuses so
 * that callers can tell them apart; gp_code_exit() folds them.
 */
enum gp_code {
	GP_OK = 0,
	GP_E_NO,          /* ran well, the answer is no                exit 1 */
	GP_E_USAGE,       /* the command line cannot be right          exit 2 */
	GP_E_FORMAT,      /* input damaged or malformed                exit 3 */
	GP_E_UNSUPPORTED, /* input well formed, but of an unknown kind exit 3 */
	GP_E_NOTFOUND,    /* a file, directory or tool is missing      exit 4 */
	GP_E_SYSTEM,      /* I/O, space, memory                        exit 4 */
	GP_E_CANCELLED,   /* a signal asked us to stop                 exit 4 */
	GP_E_BUG,         /* cannot happen                             exit 70 */
};

/*
 * The one error of a call chain. It lives on the stack of cmd_*() and is
 * passed down; zero it before use. Cause and context are apart so that a long
 * path cannot push the reason off the line.
 */
struct gp_err {
	enum gp_code code;
	int sys; /* errno, or 0 */
	char cause[640];
	char context[256];
};

/*
 * Set the cause of a failure.
 *
 * In:  err may be NULL. fmt's arguments may hold untrusted text: bytes that
 *      could drive a terminal are masked here.
 * Out: always -1, so that `return gp_fail(…)` reads well.
 */
int gp_fail(struct gp_err *err, enum gp_code code, const char *fmt, ...) GP_PRINTF(3, 4);

/* Set the cause of a failed system call; sys is a copy of errno. ENOENT and
 * ENOTDIR become GP_E_NOTFOUND, everything else GP_E_SYSTEM. Always -1. */
int gp_fail_sys(struct gp_err *err, int sys, const char *fmt, ...) GP_PRINTF(3, 4);

/* Prepend where it happened ("series '5.10': "); code and cause stay. Always -1. */
int gp_within(struct gp_err *err, const char *fmt, ...) GP_PRINTF(2, 3);

/* Append what came of it to the cause, after errno's text ("; nor could …"). Always -1. */
int gp_besides(struct gp_err *err, const char *fmt, ...) GP_PRINTF(2, 3);

/* Write "context: cause: strerror" into out (NUL-terminated, cut at cap). */
void gp_err_format(const struct gp_err *err, char *out, unsigned cap);

/* "no", "usage", "malformed", … */
const char *gp_code_name(enum gp_code code);

/* The exit status of a code; gridpatch(1) lists them. */
int gp_code_exit(enum gp_code code);

/* Out of memory: one line on stderr, exit 4. Like git, we do not thread this
 * through every append; sizes from outside are checked before they get here. */
_Noreturn void gp_oom(void);

/* What gp_oom() says besides: how far the run has come. state: a literal; NULL: nothing. */
void gp_oom_state(const char *state);

/*
 * What cannot be, whatever the input: else a line of ours is wrong. SAN=1 and
 * -DGP_DEBUG stop there and say where; other builds do not even evaluate it.
 */
#ifdef GP_DEBUG
#define gp_assert(cond) ((cond) ? (void)0 : gp_assert_fails(__FILE__, __LINE__, #cond))
#else
#define gp_assert(cond) ((void)(0 && (cond)))
#endif
_Noreturn void gp_assert_fails(const char *file, int line, const char *cond);

#endif
