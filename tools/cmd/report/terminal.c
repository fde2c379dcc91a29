/* SPDX-License-Identifier: MIT */
#include "cmd/report/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

size_t gp_terminal_columns(int fd)
{
	const char *env = getenv("COLUMNS");
	size_t window = 0;
	struct winsize w;
	uint64_t asked;

	if (ioctl(fd, TIOCGWINSZ, &w) == 0)
		window = w.ws_col;
	if (!env || !gp_parse_u64(gp_str_of(env), 10000, &asked) || !asked)
		return window ? window : 80;
	return window && window < asked ? window : (size_t)asked;
}

/* A variable that is set, and to something else than no. */
static bool is_on(const char *name)
{
	const char *value = getenv(name);

	return value && *value && strcmp(value, "0") != 0;
}

static enum gp_colour_when colours; /* of this run */

void gp_terminal_set_colours(enum gp_colour_when when)
{
	colours = when;
}

bool gp_terminal_read(int fd)
{
	return colours == GP_COLOUR_ALWAYS || is_on("CLICOLOR_FORCE") || isatty(fd);
}

bool gp_terminal_has_colours(int fd)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM"), *wanted = getenv("CLICOLOR");

	if (colours != GP_COLOUR_AUTO)
		return colours == GP_COLOUR_ALWAYS;
	if (no && *no)
		return false;
	if (is_on("CLICOLOR_FORCE"))
		return true;
	if (wanted && strcmp(wanted, "0") == 0)
		return false;
	return isatty(fd) && term && *term && strcmp(term, "dumb") != 0;
}
