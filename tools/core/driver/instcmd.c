/* SPDX-License-Identifier: MIT */
#include "core/driver/instcmd.h"

#include "base/text.h"

/* Is the driver at least this version? */
static bool since(const struct gp_instcmd *c, const char *version)
{
	struct gp_version v;

	return gp_version_parse(gp_str_of(version), &v, NULL) == 0 && gp_version_cmp(&c->driver, &v) >= 0;
}

static void put_word(struct gp_buf *out, const char *s)
{
	gp_buf_putc(out, ' ');
	gp_text_shell_word(out, s);
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
