/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

static void set(struct gp_err *err, enum gp_code code, int sys, const char *fmt, va_list ap) GP_PRINTF(4, 0);

static void set(struct gp_err *err, enum gp_code code, int sys, const char *fmt, va_list ap)
{
	if (!err)
		return;
	err->code = code;
	err->sys = sys;
	err->context[0] = '\0';
	vsnprintf(err->cause, sizeof(err->cause), fmt, ap);
	gp_text_mask(err->cause, strlen(err->cause));
}

int gp_fail(struct gp_err *err, enum gp_code code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(err, code, 0, fmt, ap);
	va_end(ap);
	return -1;
}

int gp_fail_sys(struct gp_err *err, int sys, const char *fmt, ...)
{
	enum gp_code code = sys == ENOENT || sys == ENOTDIR ? GP_E_NOTFOUND : GP_E_SYSTEM;
	va_list ap;

	va_start(ap, fmt);
	set(err, code, sys, fmt, ap);
	va_end(ap);
	return -1;
}

int gp_within(struct gp_err *err, const char *fmt, ...)
{
	char old[sizeof(err->context)];
	size_t len;
	va_list ap;

	if (!err)
		return -1;
	memcpy(old, err->context, sizeof(old));
	va_start(ap, fmt);
	vsnprintf(err->context, sizeof(err->context), fmt, ap);
	va_end(ap);
	len = strlen(err->context);
	snprintf(err->context + len, sizeof(err->context) - len, "%s%s", old[0] ? ": " : "", old);
	gp_text_mask(err->context, strlen(err->context));
	return -1;
}

int gp_besides(struct gp_err *err, const char *fmt, ...)
{
	size_t len;
	va_list ap;

	if (!err)
		return -1;
	len = strlen(err->cause);
	if (err->sys)
		snprintf(err->cause + len, sizeof(err->cause) - len, ": %s", strerror(err->sys));
	err->sys = 0;
	len = strlen(err->cause);
	va_start(ap, fmt);
	vsnprintf(err->cause + len, sizeof(err->cause) - len, fmt, ap);
	va_end(ap);
	gp_text_mask(err->cause, strlen(err->cause));
	return -1;
}

void gp_err_format(const struct gp_err *err, char *out, unsigned cap)
{
	snprintf(out, cap, "%s%s%s%s%s", err->context, err->context[0] ? ": " : "", err->cause, err->sys ? ": " : "",
		 err->sys ? strerror(err->sys) : "");
}

const char *gp_code_name(enum gp_code code)
{
	static const char *const names[] = { [GP_OK] = "ok",
					     [GP_E_NO] = "no",
					     [GP_E_USAGE] = "usage",
					     [GP_E_FORMAT] = "malformed",
					     [GP_E_UNSUPPORTED] = "unsupported",
					     [GP_E_NOTFOUND] = "not-found",
					     [GP_E_SYSTEM] = "system",
					     [GP_E_CANCELLED] = "cancelled",
					     [GP_E_BUG] = "bug" };

	return names[code];
}

int gp_code_exit(enum gp_code code)
{
	switch (code) {
	case GP_OK: return 0;
	case GP_E_NO: return 1;
	case GP_E_USAGE: return 2;
	case GP_E_FORMAT:
	case GP_E_UNSUPPORTED: return 3;
	case GP_E_NOTFOUND:
	case GP_E_SYSTEM:
	case GP_E_CANCELLED: return 4;
	case GP_E_BUG: break;
	}
	return 70;
}

/* Of the process, as standard error is. */
static const char *volatile oom_state;

void gp_oom_state(const char *state)
{
	oom_state = state;
}

static void write_err(const char *text)
{
	ssize_t ignored = write(STDERR_FILENO, text, strlen(text));

	(void)ignored;
}

void gp_oom(void)
{
	write_err("gridpatch: out of memory");
	if (oom_state) {
		write_err(": ");
		write_err(oom_state);
	}
	write_err("\n");
	_exit(4);
}

void gp_assert_fails(const char *file, int line, const char *cond)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "gridpatch: %s:%d: this cannot be: not %s\n", file, line, cond);
	ssize_t ignored = write(STDERR_FILENO, text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);

	(void)ignored;
	abort();
}
