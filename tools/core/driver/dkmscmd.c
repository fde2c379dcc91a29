/* SPDX-License-Identifier: MIT */
#include "core/driver/dkmscmd.h"

#include "base/text.h"

static void put(struct gp_buf *out, const char *option, const char *value)
{
	if (!value)
		return;
	gp_buf_printf(out, " %s ", option);
	gp_text_shell_word(out, value);
}

static void line(const struct gp_dkmscmd *c, const char *verb, const char *release, const char *headers,
		 struct gp_list *lines)
{
	gp_auto(gp_buf_release) struct gp_buf out = { 0 };

	gp_buf_printf(&out, "dkms %s", verb);
	put(&out, "-m", c->name);
	put(&out, "-v", c->version);
	put(&out, "-k", release);
	put(&out, "--kernelsourcedir", headers);
	put(&out, "--sourcetree", c->sourcetree);
	put(&out, "--dkmstree", c->dkmstree);
	gp_list_add(lines, out.data);
}

void gp_dkmscmd_add(const struct gp_dkmscmd *c, struct gp_list *lines)
{
	if (c->added)
		line(c, "remove --all", NULL, NULL, lines);
	line(c, "add", NULL, NULL, lines);
}

void gp_dkmscmd_build(const struct gp_dkmscmd *c, const char *release, const char *headers, struct gp_list *lines)
{
	line(c, "build", release, headers, lines);
	line(c, "install", release, NULL, lines);
}
