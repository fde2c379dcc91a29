/* SPDX-License-Identifier: MIT */
#include "core/driver/instcmd.h"

#include <string.h>

/* Is the driver at least this version? */
static bool since(const struct gp_instcmd *c, const char *version)
{
	struct gp_version v;

	return gp_version_parse(gp_str_of(version), &v, NULL) == 0 &&
	       gp_version_cmp(&c->driver, &v) >= 0;
}

/* In single quotes unless it is plain: the line is meant for copying. */
static void put_word(struct gp_buf *out, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._+:/=-,@%";

	gp_buf_putc(out, ' ');
	if (*s && strspn(s, plain) == strlen(s)) {
		gp_buf_puts(out, s);
		return;
	}
	gp_buf_putc(out, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			gp_buf_puts(out, "'\\''");
		else
			gp_buf_putc(out, *s);
	}
	gp_buf_putc(out, '\'');
}

void gp_instcmd_format(const struct gp_instcmd *c, struct gp_buf *out)
{
	gp_buf_puts(out, "sh");
	put_word(out, c->run);
	gp_buf_puts(out, " --dkms -s");
	/* Which of the two trees: -m since 470.42, replaced by -M in 555. */
	if (since(c, "555"))
		gp_buf_puts(out, " -M proprietary");
	else if (c->two_trees && since(c, "470.42"))
		gp_buf_puts(out, " -m=kernel");
	gp_buf_puts(out, " --no-x-check --no-nouveau-check");
	if (!c->release)
		return;
	gp_buf_puts(out, " -k");
	put_word(out, c->release);
	if (c->source_path) {
		gp_buf_puts(out, " --kernel-source-path");
		put_word(out, c->source_path);
	}
	/* Modules of another kernel cannot be loaded for a test. */
	if (since(c, "550.40.07"))
		gp_buf_puts(out, " --skip-module-load");
}
