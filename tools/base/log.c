/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static enum gp_log_level current;
static bool colours;

#define COLOUR(code, text) (colours ? "\033[" #code "m" text "\033[0m" : (text))

void gp_log_set(enum gp_log_level level)
{
	current = level;
}

void gp_log_set_colours(bool on)
{
	colours = on;
}

static void emit(const char *mark, const char *fmt, va_list ap) GP_PRINTF(2, 0);

static void emit(const char *mark, const char *fmt, va_list ap)
{
	char line[1024];

	vsnprintf(line, sizeof(line), fmt, ap);
	gp_text_mask(line, strlen(line));
	fprintf(stderr, "gridpatch: %s%s\n", mark, line);
}

void gp_warn(const char *fmt, ...)
{
	va_list ap;

	if (current < GP_LOG_NORMAL)
		return;
	va_start(ap, fmt);
	emit(COLOUR(33, "warning: "), fmt, ap);
	va_end(ap);
}

void gp_warn_loud(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(COLOUR(33, "warning: "), fmt, ap);
	va_end(ap);
}

void gp_print_error(const struct gp_err *err)
{
	char line[1024];

	gp_err_format(err, line, sizeof(line));
	fprintf(stderr, "%s%s\n", COLOUR(31, "gridpatch: "), line);
}

void gp_debug(const char *fmt, ...)
{
	va_list ap;

	if (current < GP_LOG_VERBOSE)
		return;
	va_start(ap, fmt);
	emit("", fmt, ap);
	va_end(ap);
}
