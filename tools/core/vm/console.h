/* SPDX-License-Identifier: MIT */
#ifndef GP_CORE_VM_CONSOLE_H
#define GP_CORE_VM_CONSOLE_H

#include <stdbool.h>

#include "base/buf.h"

/* What one step of a plan came to. */
struct gp_console_step {
	bool begun, ended;
	long result;        /* 0, -errno, or a program's exit status; when it has ended */
	struct gp_buf text; /* what the kernel said meanwhile, a line each, without times; masked */
	struct gp_buf out;  /* what was read, or what a program printed; masked */
};

/* What a virtual machine's console says of a plan. */
struct gp_console {
	struct gp_console_step *step;
	size_t n;
	bool started; /* the kernel ran init, and init its plan */
	bool done;    /* to the end */
	bool lost;    /* the kernel says that lines are missing */
	/* What was said before, between and after the steps; masked. */
	struct gp_buf before, between;
};

/* What is kept of the text of one step, and of the rest, at most. */
#define GP_CONSOLE_TEXT ((size_t)256 << 10)

/*
 * Read a console: lines of the kernel's, and among them those of init
 * (ops/vm/guest/init.c), which begin with the token.
 *
 * What has no token in it is never taken for init's, whatever it says; a line that comes
 * twice, or out of turn, does not count.
 *
 * In:     text: untrusted. n: the steps of the plan.
 * Out:    gp_console_release().
 */
void gp_console_parse(struct gp_str text, const char *token, size_t n, struct gp_console *out);
void gp_console_release(struct gp_console *c);

/* Without the time and caller that printk puts in front: "[    1.234567][   T12] ". */
struct gp_str gp_console_line(struct gp_str line);

#endif
